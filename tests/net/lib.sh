# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every network test starts with (and the demo): namespaces of its own, daemons that are
# stopped by pid, bounded waiting, TAP. Touches nothing that it did not make, and no clock:
# every ptp4l runs with free_running. Needs root and BUILD, the folder with the programs.
#
# The network is a switch (namespace sw, bridge br0) with one cable to each host. A host NAME
# has eth0 with 192.0.2.N and fd00::N; its cable's other end in sw is called NAME.

set -u
# shellcheck source=tests/net/pki.sh
. "$(dirname "${BASH_SOURCE[0]}")/pki.sh"

BUILD=${BUILD:?the folder with the programs}

PTP4L_NTS=${PTP4L_NTS:-$BUILD/ptp4l-nts}
STOCK=${STOCK:-$BUILD/stock}
TOOLS=${TOOLS:-$BUILD/tools}
export LSAN_OPTIONS=${LSAN_OPTIONS:-detect_leaks=0}

# For the key agent's sake, which is not root, others may pass through this folder, not list it.
T=$(mktemp -d "${TMPDIR:-/tmp}/nts-net-XXXXXX")
chmod 711 "$T"
NET_TAG=nts$$
KE_ADDRESS=192.0.2.1
declare -A NET_PIDS=()
NET_HOSTS=()
NET_RUN=0
NET_FAILED=0

# ---- TAP ----

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1
	shift
	NET_RUN=$((NET_RUN + 1))
	if "$@"; then
		echo "ok $NET_RUN - $name"
	else
		echo "not ok $NET_RUN - $name"
		NET_FAILED=$((NET_FAILED + 1))
	fi
}

not() {
	! "$@"
}

# is NAME GOT WANTED
is() {
	ok "$1" [ "$2" = "$3" ]
	[ "$2" = "$3" ] || diag "got '$2', wanted '$3'"
}

# num NAME A OP B: OP as for test: -eq -ge ...
num() {
	local op=$3
	ok "$1" test "${2:-0}" "$op" "$4"
	test "${2:-0}" "$op" "$4" || diag "$2 is not $op $4"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# Ends every test: no daemon died or was reported by a sanitizer, then the plan.
done_testing() {
	ok "no sanitizer has anything to say" no_sanitizer_reports
	echo "1..$NET_RUN"
	exit "$((NET_FAILED > 0))"
}

no_sanitizer_reports() {
	! grep -lE 'ERROR: AddressSanitizer|runtime error:|DEADLYSIGNAL' "$T"/*.log 2>/dev/null |
		sed 's/^/# /' | grep .
}

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

# ---- namespaces ----

net_ns() {
	local name
	for name in "$@"; do
		ip netns add "$NET_TAG-$name" || exit 1
		NET_HOSTS+=("$name")
		in_ns "$name" ip link set lo up
		in_ns "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.all.accept_dad=0 2>/dev/null
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
	in_ns sw ip link add br0 type bridge mcast_snooping 0 group_fwd_mask 0x4000
	in_ns sw ip link set br0 up
	for host in "$@"; do
		n=$((n + 1))
		ip -n "$NET_TAG-$host" link add eth0 type veth \
			peer name "$host" netns "$NET_TAG-sw" || exit 1
		in_ns sw ip link set "$host" master br0 up
		ip -n "$NET_TAG-$host" addr add "192.0.2.$n/24" dev eth0
		ip -n "$NET_TAG-$host" addr add "fd00::$n/64" dev eth0 nodad
		ip -n "$NET_TAG-$host" link set eth0 up
	done
}

# net_names HOST SERVER [LINE...]: the host's name server and its /etc/hosts, from the next start of a
# program on; and changed at once for those that run, when it is called again.
net_names() {
	local dir=/etc/netns/$NET_TAG-$1
	mkdir -p "$dir"
	echo "nameserver $2" >"$dir/resolv.conf"
	shift 2
	printf '%s\n' '127.0.0.1 localhost' "$@" >"$dir/hosts"
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

# stop NAME [SIGNAL]: and waits for its end, at most five seconds.
stop() {
	local pid=${NET_PIDS[$1]:-}
	[ -n "$pid" ] || return 0
	unset "NET_PIDS[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait_for 5 not kill -0 "$pid" || kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

show_logs() {
	local log
	for log in "$T"/*.log; do
		[ -e "$log" ] || continue
		diag "---- last lines of $log"
		tail -n 15 "$log" | sed 's/^/#   /'
	done
}

net_down() {
	local name
	for name in "${!NET_PIDS[@]}"; do
		kill -TERM "${NET_PIDS[$name]}" 2>/dev/null
	done
	for name in "${!NET_PIDS[@]}"; do
		stop "$name"
	done
	for name in "${NET_HOSTS[@]}"; do
		ip netns del "$NET_TAG-$name"
		rm -rf "/etc/netns/$NET_TAG-$name"
	done
	if [ "$NET_FAILED" -gt 0 ]; then
		show_logs
		diag "everything is kept in $T"
	else
		rm -rf "$T"
	fi
}
trap net_down EXIT
trap 'exit 1' INT TERM

# ---- KE server ----

# cert NAME LINE...: a key and a certificate signed by the CA; lines are certtool's template.
cert() {
	pki_issue "$T/pki" ca "$1" "cn = $1" 'expiration_days = 30' "${@:2}"
}

# net_pki HOST...: a CA, the server's certificate and one for each host, in $T/pki.
net_pki() {
	local host
	mkdir -m 711 "$T/pki"
	pki_ca "$T/pki" ca
	cert ke tls_www_server "ip_address = $KE_ADDRESS" 'dns_name = ke.test'
	for host in "$@"; do
		cert "$host" tls_www_client "dns_name = $host.test"
		chown nobody "$T/pki/$host.key"
	done
}

# ked_conf [OPTION=VALUE...]: one group, domain 0; options replace or add lines of [group main].
ked_conf() {
	ked_file 'group main' domain=0 lifetime=3600 update_period=600 grace_period=5 \
		members='*.test' "$@"
}

# ked_file SECTION OPTION=VALUE...: ked.conf with one section; of an option's values the last one.
ked_file() {
	local section=$1 option
	local -A lines=()
	shift
	for option in "$@"; do
		lines[${option%%=*}]=${option#*=}
	done
	mkdir -p "$T/ked"
	chmod 700 "$T/ked"
	{
		printf '[server]\nlisten = %s:4460\n' "$KE_ADDRESS"
		printf 'certificate = %s\nprivate_key = %s\nclient_ca = %s\nstore = %s\n' \
			"$T/pki/ke.crt" "$T/pki/ke.key" "$T/pki/ca.crt" "$T/ked/store"
		printf '\n[%s]\n' "$section"
		for option in "${!lines[@]}"; do
			printf '%s = %s\n' "$option" "${lines[$option]}"
		done
	} >"$T/ked.conf"
}

# Starts nts-ked in the host ke and waits until it listens.
ked_start() {
	start ked ke "$BUILD/nts-ked" -f "$T/ked.conf"
	wait_for 10 ked_listens
}

ked_listens() {
	in_ns ke ss -Hltn "sport = :4460" | grep -q .
}

# ---- clocks ----

# has_option NAME: does this release of linuxptp know the option?
has_option() {
	grep -aqw -- "$1" "$STOCK/ptp4l"
}

# ptp_conf NAME [OPTION VALUE...]: NAME.conf for an unsecured ptp4l.
ptp_conf() {
	local name=$1
	shift
	{
		printf '[global]\nfree_running 1\ntime_stamping software\nuse_syslog 0\nverbose 1\n'
		printf 'tx_timestamp_timeout 200\nlogSyncInterval -4\nlogMinDelayReqInterval -3\n'
		printf 'logAnnounceInterval -2\nannounceReceiptTimeout 8\n'
		printf 'summary_interval -4\nfreq_est_interval 0\n'
		printf 'uds_address %s\n' "$T/$name.uds"
		! has_option uds_ro_address || printf 'uds_ro_address %s\n' "$T/$name.uds-ro"
		[ $# -eq 0 ] || printf '%s %s\n' "$@"
	} >"$T/$name.conf"
}

# nts_conf NAME [OPTION VALUE...]: NAME.conf for a secured one.
nts_conf() {
	local name=$1
	shift
	ptp_conf "$name" nts_server "$KE_ADDRESS" nts_ca_file "$T/pki/ca.crt" \
		nts_cert_file "$T/pki/$name.crt" nts_key_file "$T/pki/$name.key" \
		nts_state_dir "$T/state-$name" nts_status_address "$T/$name.status" nts_start_jitter 0 "$@"
}

# nts_start NAME [ARGUMENT...]: ptp4l-nts in the host NAME with NAME.conf.
nts_start() {
	local name=$1
	shift
	start "$name" "$name" "$PTP4L_NTS" -f "$T/$name.conf" -i eth0 "$@"
}

# The usual pair: KE server, grandmaster and slave; options for both clocks.
nts_pair() {
	nts_conf gm "$@"
	nts_conf slave slaveOnly 1 "$@"
	nts_start gm
	nts_start slave
}

# status_get NAME FILTER: one value of `nts4ptp status --json`, by jq.
status_get() {
	"$BUILD/nts4ptp" status --address "$T/$1.status" --json 2>>"$T/nts4ptp.log" | jq -r "$2"
}

# counter NAME FIELD: of the first port, e.g. verified, refused.stale; 0 when nobody answers.
counter() {
	local value
	value=$(status_get "$1" ".ports[0].$2")
	echo "${value:-0}"
}

counter_above() {
	[ "$(counter "$1" "$2")" -gt "$3" ]
}

# agent_killed NAME: and another one started, at the latest ten seconds later.
agent_killed() {
	local pid
	pid=$(counter "$1" agent.pid)
	kill -KILL "$pid" && wait_for 15 has_other_agent "$1" "$pid"
}

# has_other_agent NAME PID
has_other_agent() {
	local pid
	pid=$(counter "$1" agent.pid)
	[ "$pid" != 0 ] && [ "$pid" != "$2" ]
}

is_up() {
	[ "$(counter "$1" up)" = true ]
}

is_down() {
	[ "$(counter "$1" up)" = false ]
}

port_state() {
	counter "$1" port_state
}

# Lines of offsets that a slave has printed; 3.1.1 sums many Syncs a second up.
offsets() {
	grep -cE 'master offset|rms +[0-9]+ max' "$T/$1.log"
}

# synced NAME N: N offsets have been printed.
synced() {
	[ "$(offsets "$1")" -ge "$2" ]
}

# offset_max NAME [LINES]: the largest absolute offset of the log behind so many lines, in ns.
offset_max() {
	tail -n "+$((${2:-0} + 1))" "$T/$1.log" | awk '/master offset/ {
		for (i = 1; i < NF; i++) if ($i == "offset") v = $(i + 1)
		if (v < 0) v = -v
		if (v > max) max = v
	} END { printf "%d\n", max }'
}

# ---- the wire ----

# watch_start NAME [OPTION...]: counts on the cable of the grandmaster, where all multicast passes.
watch_start() {
	local name=$1
	shift
	watch_cable "$name" gm "$@"
}

# watch_cable NAME HOST [OPTION...]: on another cable; with -d only what the host itself sends.
watch_cable() {
	local name=$1 host=$2
	shift 2
	start "$name" sw "$TOOLS/ptpwatch" count "$host" -t 300 "$@"
	wait_for 5 grep -q counting "$T/$name.log"
}

# Ends it; the table is in NAME.log.
watch_end() {
	stop "$1" INT
}

# watched NAME signed|unsigned|keys: a sum of the table.
watched() {
	awk -v what="$2" '/^total/ { for (i = 1; i < NF; i++) if ($i == what) print $(i + 1) }' \
		"$T/$1.log"
}

# missing FROM TO: messages that FROM has signed and TO never verified.
missing() {
	"$TOOLS/missing" "$T/$1.status" "$T/$2.status"
}

# state_changes NAME [LINES]: how often the log, behind so many lines, tells of a change of port 1.
state_changes() {
	tail -n "+$((${2:-0} + 1))" "$T/$1.log" |
		grep -cE 'port 1( \(eth0\))?: [A-Z_]+ to [A-Z_]+ on'
}

log_lines() {
	wc -l <"$T/$1.log"
}

# capture FILE [OPTION...]
capture() {
	in_ns sw "$TOOLS/ptpwatch" capture gm "$@" >>"$T/capture.log"
}
