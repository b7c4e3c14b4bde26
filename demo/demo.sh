#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh BUILD: a KE server, a grandmaster, a slave and an attacker in network namespaces on a
# common switch; keys that live for seconds; then what happened, from counters and logs. Exit 0
# only if all of it held. Writes the page BUILD/demo/report.html, of what is then in BUILD/demo/run.

BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/net/lib.sh
. "$HERE/../tests/net/lib.sh"
# shellcheck source=nts4ptp/drill/steps.sh
. "$HERE/../nts4ptp/drill/steps.sh"
# shellcheck source=demo/unicast.sh
. "$HERE/unicast.sh"

CALM=12		# seconds before the attack
ATTACK=10	# seconds of it
AFTER=11	# seconds behind it
LIFETIME=6	# of a key, in seconds
ROTATIONS_MIN=4
OUT=$BUILD/demo
RUN=$OUT/run

die() {
	say "FAILED: $*"
	NET_FAILED=1	# keeps the logs
	exit 1
}

# "seconds offset" ten times a second, as the slave's data set has it.
sample_offsets() {
	local field value _
	while [ -e "$T/sampling" ]; do
		echo 'GET CURRENT_DATA_SET'
		sleep 0.1
	done | in_ns slave "$STOCK/pmc" -u -b 0 -s "$T/slave.uds" -i "$T/pmc.sampler" 2>/dev/null |
		while read -r field value _; do
			[ "$field" != offsetFromMaster ] || echo "$EPOCHREALTIME $value"
		done >"$T/offsets"
}

# watch_for SECONDS: tells of every rotation, and every third second how things are.
watch_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) next=0 now line
	while now=${EPOCHREALTIME/./} && [ "$now" -lt "$end" ]; do
		line=$(status_get slave '.ports[0] | "\(.rotations) \(.key_id) \(.verified) " +
			"\(.refused_total) \(.port_state)"')
		# shellcheck disable=SC2086
		set -- $line
		if [ "$1" -gt "$seen" ]; then
			seen=$1
			say "slave: key rotation $((seen - first)), now $2"
		elif [ "$now" -ge "$next" ]; then
			say "slave: $5, verified $3, refused $4"
			next=$((now + 3000000))
		fi
		sleep 0.1
	done
}

attack_with() {
	in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" "$@" | sed "s/sent/attacker: $1, sent/"
}

# A rogue master; in the last seconds replays and forgeries, too.
attack() {
	say "attacker: a stock ptp4l with priority1 1 wants to be master"
	start rogue attacker "$STOCK/ptp4l" -f "$T/rogue.conf" -i eth0
	watch_for $((ATTACK - 3))
	capture "$T/captured" -n 40
	{
		attack_with replay -T 0,8
		attack_with forge -T 0,8
		attack_with forge -T 11
		attack_with flip -T 0 -n 1
	} | while read -r line; do
		say "$line"
	done
	watch_for 3
	stop rogue
	say "attacker: gone"
}

# phase NAME FROM TO: mean, standard deviation, largest absolute value in microseconds, and samples.
phase() {
	awk -v name="$1" -v from="$2" -v to="$3" '$1 >= from && $1 <= to {
		n++; s += $2; q += $2 * $2; a = $2 < 0 ? -$2 : $2; if (a > m) m = a
	} END {
		if (!n) exit 1
		d = q / n - (s / n) ^ 2
		printf "%s\t%.1f\t%.1f\t%.1f\t%d\n", name, s / n / 1000, sqrt(d > 0 ? d : 0) / 1000,
			m / 1000, n
	}' "$T/offsets" >>"$RUN/phases"
}

largest_offset_us() {
	awk '{ a = $2 < 0 ? -$2 : $2; if (a > m) m = a } END { printf "%d", m / 1000 }' "$T/offsets"
}

# fact NAME VALUE...: for the page.
fact() {
	local IFS=$'\t'
	echo "$*" >>"$RUN/facts"
}

# When the slave changed keys, by its log; that counts from boot, the samples do not.
rotation_times() {
	local up _
	read -r up _ </proc/uptime
	awk -v now="$EPOCHREALTIME" -v up="$up" -F '[][]' \
		'/is current now/ { printf "%.3f\n", now - up + $2 }' "$T/slave.log"
}

# The report of a field of all refusals, from the slave and the grandmaster together.
refused() {
	echo $(($(counter slave "refused.$1") + $(counter gm "refused.$1")))
}

# Every result is on the page.
page_tells_all() {
	local verdict words value
	while IFS=$'\t' read -r verdict words value; do
		[ "$verdict" = section ] || grep -qF -- ">$words</th><td class=\"v\">$value<" "$OUT/report.html" ||
			return 1
	done <"$RUN/results"
}

# ---- the network and the clocks ----

rm -rf "$RUN" "$OUT/report.html"
mkdir -p "$RUN"
began=$(date -u '+%-d %B %Y, %H:%M UTC')
say "namespaces: ke, gm, slave, attacker on a switch"
net_up ke gm slave attacker
say "a throw-away CA and three certificates"
net_pki gm slave
ked_conf lifetime=$LIFETIME update_period=5 grace_period=2
ked_start || die "nts-ked does not listen"
say "nts-ked listens on $KE_ADDRESS:4460, a key lives $LIFETIME s"
watch_cable from-gm gm -d
watch_cable from-slave slave -d
nts_conf gm clockClass 6
nts_conf slave slaveOnly 1
ptp_conf rogue priority1 1 clockClass 6
# The first Sync on the wire: messageType 0.
start first sw tshark -i gm -c 1 -F pcap -w "$T/first.pcap" -f 'udp dst port 319 and udp[8] & 15 = 0'
wait_for 20 grep -q 'Capturing on' "$T/first.log" || die "tshark does not capture"
nts_start gm
nts_start slave
wait_for 20 is_up slave || die "no keys for the slave"
say "both have keys: slave's is $(counter slave key_id), grandmaster's $(counter gm key_id)"
wait_for 20 synced slave 1 || die "the slave does not follow"
settle slave
wait_for 10 is_slave slave || die "the slave's port is not SLAVE"
say "the slave follows the grandmaster, 16 Sync/s"
wait_for 10 not running first || die "no Sync was captured"
"$NTS4PTP" decode --octets "$T/first.pcap" >"$RUN/sync" || die "the first Sync is malformed"
say "the first Sync on the wire, its AUTHENTICATION TLV:"
sed -n '/tlvType AUTHENTICATION/,/ICV$/p' "$RUN/sync"

# ---- the run ----

: >"$T/sampling"
sample_offsets &
sampler=$!
first=$(counter slave rotations)
seen=$first
lost_before=$(missing gm slave)
slave_line=$(log_lines slave)
gm_line=$(log_lines gm)
watch_for $CALM
attack_start=$EPOCHREALTIME
attack
attack_end=$EPOCHREALTIME
watch_for $AFTER
lost=$(($(missing gm slave) - lost_before))
rm "$T/sampling"
wait "$sampler"
watch_end from-gm
watch_end from-slave
rotation_times >"$RUN/rotations"
cp "$T/offsets" "$RUN/offsets"
echo "$attack_start $attack_end" >"$RUN/attack"
phase before 0 "$attack_start"
phase during "$attack_start" "$attack_end"
phase after "$attack_end" 9999999999
"$NTS4PTP" status --address "$T/slave.status" |
	sed -nE 's/^ {18}([0-9]+) ([^:]*)(: (.*))?/\1\t\2\t\4/p' | sort -rn >"$RUN/refused"

# ---- what happened ----

gaps=$(awk '/^Sync/ { print $NF }' "$T/from-gm.log")
syncs=$(awk '/^Sync/ { print $4 }' "$T/from-gm.log")
rogue=$(identity_of attacker)
plain=$(($(watched from-gm unsigned) + $(watched from-slave unsigned)))
changes=$(($(state_changes slave "$slave_line") + $(state_changes gm "$gm_line")))

fact release "$("$PTP4L_NTS" -v)"
fact begin "$began"
verified=$(counter slave verified)
fact tile "$verified" "messages verified by the slave"
fact tile "$((seen - first))" "changes of the key, $lost messages lost"
fact tile "$(counter slave refused_total)" "messages refused by the slave"
fact tile "$(largest_offset_us) µs" "largest offset, attack and all"
echo
section multicast "What happened, from counters and logs"
result "messages verified by the slave" "$verified" [ "$verified" -gt 500 ]
result "messages verified by the grandmaster" "$(counter gm verified)" counter_above gm verified 100
result "key rotations crossed" "$((seen - first))" [ $((seen - first)) -ge $ROTATIONS_MIN ]
result "Syncs and others lost: signed, never verified" "$lost" [ "$lost" -eq 0 ]
result "gaps in the grandmaster's Syncs on the wire" "$gaps of $syncs" [ "$gaps" = 0 ]
result "port state changes, both clocks" "$changes" [ "$changes" -eq 0 ]
result "times a port went down for want of a key" \
	"$(($(counter slave port_downs) + $(counter gm port_downs)))" \
	[ $(($(counter slave port_downs) + $(counter gm port_downs))) -eq 0 ]
result "rogue and forged messages refused: no TLV" "$(refused no_tlv)" \
	[ "$(refused no_tlv)" -gt 100 ]
result "replayed messages refused: stale" "$(refused stale)" [ "$(refused stale)" -gt 0 ]
result "changed messages refused: wrong ICV" "$(refused bad_icv)" [ "$(refused bad_icv)" -gt 0 ]
result "rogue $rogue taken as master" "$(grep -c "master.*$rogue" "$T/slave.log")" \
	not grep -q "master.*$rogue" "$T/slave.log"
result "largest offset, us (an accepted forgery: 1000000)" "$(largest_offset_us)" \
	[ "$(largest_offset_us)" -lt 100000 ]
result "messages of both clocks without a TLV" "$plain" [ "$plain" -eq 0 ]
result "sanitizer reports" "$(no_sanitizer_reports >/dev/null && echo none)" no_sanitizer_reports
awk -F '\t' '{ printf "  offset %s the attack: mean %s us, deviation %s us, at most %s us, of %d samples\n",
	$1, $2, $3, $4, $5 }' "$RUN/phases"
echo "  the slave's refusals: $(awk -F '\t' '{ printf "%s%d %s", (NR > 1 ? ", " : ""), $1, $2 }' "$RUN/refused")"
echo
unicast_act
echo
fact seconds "$(since_begin "${EPOCHREALTIME/./}")"
cp "$T/results" "$T/steps" "$RUN"
[ ! -s "$OUT/keys.svg" ] || cp "$OUT/keys.svg" "$RUN"
"$HERE/report.sh" "$RUN" >"$OUT/report.html" || die "no page"
page_tells_all || die "the page lacks something that was printed"
say "the page to look at: $OUT/report.html"
NET_FAILED=$FAILED
if [ "$FAILED" -ne 0 ]; then
	say "the demo FAILED"
	exit 1
fi
say "all of it held"
