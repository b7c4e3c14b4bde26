#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Cost of a running daemon per PTP message, at 128 Sync/s, grandmaster and slave:
#  - CPU time (user and kernel), from the scheduler's own account, rounds interleaved;
#  - instructions inside the clock's loop, from callgrind: all, and those of the MAC itself.
#    Callgrind's processor has no SHA instructions, so its MAC is far dearer than a real one:
#    what it tells is the cost around the MAC.
# Kinds: stock linuxptp of the same tree, ours without nts_server, ours secured; and, where
# PTP4L_STATIC names a stock ptp4l of linuxptp 4.4 (its pmc beside it), that with static keys.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-5}
kinds='stock unsecured secured'
[ -z "${PTP4L_STATIC:-}" ] || kinds="$kinds static44"

# Messages that a daemon has received and sent, by linuxptp's own counters; pmc waits for its
# answer only briefly.
messages() {
	local pmc=$STOCK/pmc sum=0 try
	[ "$kind" != static44 ] || pmc=$(dirname "$PTP4L_STATIC")/pmc
	for try in {1..20}; do
		sum=$("$pmc" -u -s "$T/$1.uds" -b 0 -i "$T/$1.pmc$try" 'GET PORT_STATS_NP' \
			2>/dev/null | awk '$1 ~ /^[rt]x_/ { sum += $2 } END { print sum + 0 }')
		[ "$sum" = 0 ] || break
	done
	echo "$sum"
}

cpu_ns() {
	awk '{ print $1 }' "/proc/$1/schedstat"
}

conf() {
	local kind=$1 name=$2
	shift 2
	case $kind in
	stock | unsecured) ptp_conf "$name" logSyncInterval -7 "$@" ;;
	secured) nts_conf "$name" logSyncInterval -7 "$@" ;;
	static44) # by interface: else pmc would have to sign, too
		ptp_conf "$name" logSyncInterval -7 sa_file "$T/static.sa" "$@"
		printf '[eth0]\nspp 1\nactive_key_id 1\n' >>"$T/$name.conf" ;;
	esac
}

program() {
	case $1 in
	stock) echo "$STOCK/ptp4l" ;;
	unsecured | secured) echo "$PTP4L_NTS" ;;
	static44) echo "$PTP4L_STATIC" ;;
	esac
}

pair_up() {
	local kind=$1 wrap_gm=${2:-} wrap_slave=${3:-}
	conf "$kind" gm
	conf "$kind" slave clientOnly 1
	: >"$T/slave.log"
	# shellcheck disable=SC2086
	start gm gm $wrap_gm "$(program "$kind")" -f "$T/gm.conf" -i eth0
	# shellcheck disable=SC2086
	start slave slave $wrap_slave "$(program "$kind")" -f "$T/slave.conf" -i eth0
	wait_for 60 synced slave 2 || { echo "$kind: no synchronization"; exit 1; }
}

round() {
	local kind=$1 name m0 c0 m1 c1
	local -A before=() cpu=()
	pair_up "$kind"
	for name in gm slave; do
		before[$name]=$(messages $name)
		cpu[$name]=$(cpu_ns "${NET_PIDS[$name]}")
	done
	sleep "$SECONDS_EACH"
	for name in gm slave; do
		m0=${before[$name]} c0=${cpu[$name]}
		m1=$(messages $name) c1=$(cpu_ns "${NET_PIDS[$name]}")
		echo "$kind $name $(((c1 - c0) / (m1 - m0)))" >>"$T/cpu"
	done
	stop slave
	stop gm
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# One daemon of the pair under callgrind, counting only inside the clock's loop.
instructions() {
	local kind=$1 role=$2 loop=clock_poll m0 out=$T/callgrind.$1.$2 vg total mac
	[ "$kind" != secured ] || loop=__wrap_clock_poll
	vg="valgrind -q --tool=callgrind --toggle-collect=$loop --callgrind-out-file=$out"
	if [ "$role" = gm ]; then
		pair_up "$kind" "$vg" ""
	else
		pair_up "$kind" "" "$vg"
	fi
	sleep "$SECONDS_EACH"
	m0=$(messages "$role")
	stop slave
	stop gm
	total=$(awk '/^(summary|totals):/ { print $2; exit }' "$out")
	mac=$(callgrind_annotate --inclusive=yes "$out" 2>/dev/null |
		awk '/crypto_mac_compute/ { gsub(",", "", $1); print $1; exit }')
	printf '  %-10s %-6s %8d %8d\n' "$kind" "$role" $((total / m0)) $((${mac:-0} / m0))
}

net_up ke gm slave
net_pki gm slave
ked_conf
ked_start || { echo "no KE server"; exit 1; }
printf '[security_association]\nspp 1\n1 SHA256-128 HEX:%064d\n' 1 >"$T/static.sa"

echo "CPU time per message, ns (user and kernel), median of $ROUNDS interleaved rounds"
for ((i = 1; i <= ROUNDS; i++)); do
	for kind in $kinds; do
		echo "  round $i: $kind" >&2
		round "$kind"
	done
done
for name in gm slave; do
	base=$(awk -v n="$name" '$1 == "stock" && $2 == n { print $3 }' "$T/cpu" | median)
	for kind in $kinds; do
		v=$(awk -v k="$kind" -v n="$name" '$1 == k && $2 == n { print $3 }' "$T/cpu" | median)
		awk -v k="$kind" -v n="$name" -v v="$v" -v b="$base" \
			'BEGIN { printf "  %-10s %-6s %8d  %.2fx stock\n", k, n, v, v / b }'
	done
done

echo "instructions per message inside the clock's loop (callgrind): all, and inside the MAC"
for kind in $kinds; do
	for name in gm slave; do
		instructions "$kind" "$name"
	done
done
