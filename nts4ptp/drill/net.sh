# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What drills, the demo and the network tests stand on: namespaces of their own, daemons that are
# stopped by pid, bounded waiting. Touches nothing that it did not make. Needs root and iproute2.
#
# The network is a switch (namespace sw, bridge br0) with one cable to each host. A host NAME
# has eth0 with 192.0.2.N and fd00::N; its cable's other end in sw is called NAME.

# For the key agent's sake, which is not root, others may read certificates, and pass through this
# folder, not list it.
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/${NET_NAME:-nts-net}-XXXXXX") || exit 1
chmod 711 "$T"
[ "$EUID" != 0 ] || setpriv --reuid=65534 --clear-groups test -x "$T/." || {
	echo "$T: not for others to pass through, and the key agent is not root: set another TMPDIR" >&2
	rmdir "$T"
	exit 2
}
NET_TAG=${NET_TAG:-nts$$}
declare -A NET_PIDS=()
NET_HOSTS=()
NET_BAD_ENDS=()

# ---- waiting ----

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# not COMMAND...: it fails; but a grep that could not read its file has not looked.
not() {
	local status=0
	"$@" || status=$?
	[ "$status" != 0 ] && { [ "$1" != grep ] || [ "$status" = 1 ]; }
}

# ---- namespaces ----

net_refused() {
	echo "there can be no network namespaces here: $(tail -n 1 "$T/ip.log")" >&2
	echo "This needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN;" \
		"a container gets them by --privileged." >&2
	exit 2
}

net_ns() {
	local name
	for name in "$@"; do
		ip netns add "$NET_TAG-$name" 2>"$T/ip.log" || net_refused
		NET_HOSTS+=("$name")
		in_ns "$name" ip link set lo up
		in_ns "$name" sh -c 'for d in default all; do
			echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done' 2>/dev/null
	done
}

# The command takes the place of ip: its pid is the one that $! tells.
in_ns() {
	local name=$1
	shift
	ip netns exec "$NET_TAG-$name" "$@"
}

# net_up HOST...: a switch and hosts; the first one is .1, where the KE server lives. The switch
# forwards 01-80-C2-00-00-0E, too: Pdelay messages over Ethernet.
net_up() {
	local host n=0
	net_ns sw "$@"
	in_ns sw ip link add br0 type bridge mcast_snooping 0 group_fwd_mask 0x4000 2>"$T/ip.log" ||
		net_refused
	in_ns sw ip link set br0 up
	for host in "$@"; do
		n=$((n + 1))
		ip -n "$NET_TAG-$host" link add eth0 type veth \
			peer name "$host" netns "$NET_TAG-sw" 2>"$T/ip.log" || net_refused
		in_ns sw ip link set "$host" master br0 up
		ip -n "$NET_TAG-$host" addr add "192.0.2.$n/24" dev eth0
		ip -n "$NET_TAG-$host" addr add "fd00::$n/64" dev eth0 nodad
		ip -n "$NET_TAG-$host" link set eth0 up
	done
}

# cable HOST IFACE HOST IFACE NET: with addresses 198.51.NET.1 and .2, fd00:NET::1 and ::2.
cable() {
	ip -n "$NET_TAG-$1" link add "$2" type veth \
		peer name "$4" netns "$NET_TAG-$3" 2>"$T/ip.log" || net_refused
	ip -n "$NET_TAG-$1" addr add "198.51.$5.1/24" dev "$2"
	ip -n "$NET_TAG-$3" addr add "198.51.$5.2/24" dev "$4"
	ip -n "$NET_TAG-$1" addr add "fd00:$5::1/64" dev "$2" nodad
	ip -n "$NET_TAG-$3" addr add "fd00:$5::2/64" dev "$4" nodad
	ip -n "$NET_TAG-$1" link set "$2" up
	ip -n "$NET_TAG-$3" link set "$4" up
}

# net_names HOST SERVER: the host's name server. Needs an /etc/resolv.conf to hide.
net_names() {
	local dir=/etc/netns/$NET_TAG-$1
	mkdir -p "$dir"
	echo "nameserver $2" >"$dir/resolv.conf"
}

# The clockIdentity that a clock on eth0 of this host makes of its MAC address.
identity_of() {
	in_ns "$1" cat /sys/class/net/eth0/address |
		sed 's/^\(..\):\(..\):\(..\):\(..\):\(..\):\(..\)$/\1\2\3.fffe.\4\5\6/'
}

# ---- processes ----

# start NAME HOST COMMAND...: in the background; its output goes to NAME.log, which is appended
# to when NAME is started again.
start() {
	local name=$1 host=$2
	shift 2
	ip netns exec "$NET_TAG-$host" "$@" >>"$T/$name.log" 2>&1 </dev/null &
	NET_PIDS[$name]=$!
}

running() {
	kill -0 "${NET_PIDS[$1]}" 2>/dev/null
}

# stop NAME [SIGNAL]: and waits for its end, at most ten seconds. NET_BAD_ENDS tells of those that
# had died before, or went on.
stop() {
	local pid=${NET_PIDS[$1]:-} status=0
	[ -n "$pid" ] || return 0
	unset "NET_PIDS[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	kill -CONT "$pid" 2>/dev/null
	wait_for 10 not kill -0 "$pid" || {
		kill -KILL "$pid" 2>/dev/null
		NET_BAD_ENDS+=("$1 did not end on SIG${2:-TERM}")
	}
	wait "$pid" 2>/dev/null || status=$?
	case $status in
	132 | 134 | 135 | 136 | 139) NET_BAD_ENDS+=("$1 died of signal $((status - 128))") ;;
	esac
}

net_stop() {
	local name
	for name in "${!NET_PIDS[@]}"; do
		kill -TERM "${NET_PIDS[$name]}" 2>/dev/null
	done
	for name in "${!NET_PIDS[@]}"; do
		stop "$name"
	done
}

# Stops and removes all of it but $T.
net_down() {
	local name
	net_stop
	for name in "${NET_HOSTS[@]}"; do
		ip netns del "$NET_TAG-$name"
		rm -rf "/etc/netns/$NET_TAG-$name"
	done
	NET_HOSTS=()
}
