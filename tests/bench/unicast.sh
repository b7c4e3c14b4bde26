#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real grantor and many requesters: signed unicast messages per second, lost ones, and its CPU
# time (user and kernel) per message, beside stock linuxptp with the same requesters. Requesters are
# one process's (unicast_load), with an address, key and ticket each; the ticket key is nts-ked's.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# Requesters, and log2 of the seconds between their Sync: each a load that two busy cores bear.
# What is lost is lost to full socket buffers: linuxptp serves all its requesters in one go.
LOADS=${LOADS:-1:-7 10:-7 100:-5 1000:-1 10000:2}
SECONDS_EACH=${SECONDS_EACH:-3}
LIMIT=1.2	# CPU time per message with the most requesters, of that with 10

load() {
	local kind=$1 n=$2 interval=$3 pid=${NET_PIDS[gm]}
	if [ "$kind" = stock ]; then
		in_ns r1 "$BUILD/bench/unicast_load" -p "$gm" "$pid" "$n" "$interval" "$SECONDS_EACH"
	else
		in_ns r1 "$BUILD/bench/unicast_load" "$gm" "$pid" "$n" "$interval" "$SECONDS_EACH" \
			"$KE_ADDRESS" "$T/pki/ca.crt" "$T/pki/gm.crt" "$T/load.key"
	fi
}

gm_is_master() {
	grep -q 'to \(GRAND_\)\?MASTER on' "$T/gm.log"
}

# A daemon of its own for each, without what the last one kept: contracts would go on, and requesters
# that number as those before them would be replays.
round() {
	local kind=$1 n=$2 interval=$3
	: >"$T/gm.log"
	rm -rf "$T"/state-*
	if [ "$kind" = stock ]; then
		ptp_conf gm unicast_listen 1 announceReceiptTimeout 2 \
			tx_timestamp_timeout 1000
		start gm gm "$STOCK/ptp4l" -f "$T/gm.conf" -i eth0
	else
		nts_conf gm nts_mode ticket unicast_listen 1 announceReceiptTimeout 2 \
			tx_timestamp_timeout 1000
		nts_start gm
		wait_for 20 grep -q 'is registered as grantor' "$T/gm.log" || exit 1
	fi
	wait_for 20 gm_is_master || exit 1
	load "$kind" "$n" "$interval" | sed "s/^/$kind /" >>"$T/table"
	stop gm
}

# value KIND N NAME
value() {
	awk -v k="$1" -v n="$2" -v name="$3" '$1 == k && $3 == n {
		for (i = 2; i < NF; i += 2) if ($i == name) print $(i + 1) }' "$T/table"
}

# All have their contracts, all that came was signed right, and of the Sync that was due most came.
served() {
	[ "$(value secured "$1" granted)" = "$1" ] && [ "$(value secured "$1" bad)" = 0 ] &&
		[ $(($(value secured "$1" sync) * 4)) -ge $(($(value secured "$1" due) * 3)) ]
}

net_up ke gm r1
net_pki gm
install -m 600 "$T/pki/gm.key" "$T/load.key"
unicast_ked
ked_start || { echo "no KE server"; exit 1; }
gm=192.0.2.2
ip -n "$NET_TAG-gm" route add 10.1.0.0/16 via 192.0.2.3
ip -n "$NET_TAG-r1" route add local 10.1.0.0/16 dev lo
most=0
for pair in $LOADS; do
	for kind in stock secured; do
		round "$kind" "${pair%%:*}" "${pair#*:}"
	done
	most=${pair%%:*}
done
printf '%10s %10s %9s %12s %24s %10s %8s %8s\n' requesters messages/s "one CPU's" 'Sync lost' \
	'Delay_Req lost (stock)' 'CPU ns' stock ratio
failed=0
for pair in $LOADS; do
	n=${pair%%:*}
	served "$n" || { echo "$n requesters were not served"; failed=1; }
	awk -v n="$n" -v m="$(value secured "$n" messages_s)" -v b="$(value secured "$n" busy)" \
		-v l="$(value secured "$n" lost_sync)" -v s="$(value secured "$n" sync)" \
		-v u="$(value secured "$n" unanswered)" -v d="$(value secured "$n" delay_req)" \
		-v us="$(value stock "$n" unanswered)" -v ds="$(value stock "$n" delay_req)" \
		-v c="$(value secured "$n" cpu_ns)" -v p="$(value stock "$n" cpu_ns)" 'BEGIN {
		printf "%10d %10d %8.0f%% %5d/%6d %5d/%5d (%4d/%5d) %10d %8d %7.2fx\n",
			n, m, b * 100, l, s, u, d, us, ds, c, p, c / p }'
done
awk -v a="$(value secured 10 cpu_ns)" -v b="$(value secured "$most" cpu_ns)" -v n="$most" \
	-v limit=$LIMIT 'BEGIN { printf "CPU time per message with %d requesters is %.2f of that " \
	"with 10, at most %.1f: %s\n", n, b / a, limit, b <= limit * a ? "yes" : "NO"
	exit b > limit * a }' || failed=1
[ "$failed" = 0 ] || { echo "a target is missed"; exit 1; }
