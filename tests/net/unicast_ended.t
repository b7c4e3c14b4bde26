#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unicast while the KE server is gone for longer than keys last: what ends with them, and that
# registrations, keys, requests and services are there again by themselves within seconds of its return.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

# ms_of NAME REGEX: of the first such line behind from[NAME], by the log's own clock.
declare -A from
ms_of() {
	tail -n "+$((${from[$1]} + 1))" "$T/$1.log" | grep -E -m 1 "$2" |
		sed -E 's/^[^[]*\[([0-9]+)\.([0-9]+)\].*/\1\2/'
}

all_down() {
	local name
	for name in $REQUESTERS; do
		is_down "$name" || return 1
	done
}

served() {
	[ "$(counter gm unicast.requesters)" = "$1" ]
}

net_up ke gm r1 r2 r3
net_pki gm r1 r2 r3
unicast_ked lifetime=10 update_period=6 lead=2 grace_period=1
ok "the KE server listens" ked_start
# shellcheck disable=SC2046
unicast_three UDPv4 $(often)
ok "the requesters follow" wait_for 40 all_synced 8
watch_start wire
stop ked
ok "when keys end the requesters' ports go down" wait_for 50 all_down
ok "and the grantor serves nobody" wait_for 20 served 0
for name in gm $REQUESTERS; do
	from[$name]=$(log_lines "$name")
done
mark
ok "the KE server is back" ked_start
back=${EPOCHREALTIME/./}
ok "all follow again" wait_for 60 all_go_on 2
took=$(((${EPOCHREALTIME/./} - back) / 1000))
worst=0
for name in $REQUESTERS; do
	late=$(($(ms_of "$name" 'master offset') - $(ms_of "$name" 'NTS: keys for')))
	worst=$((late > worst ? late : worst))
done
num "from its keys a requester took to its first offset at most, ms" "$worst" -le 10000
ok "the grantor serves three" wait_for 10 served 3
watch_end wire
is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
for name in gm $REQUESTERS; do
	ok "$name has lived on" running "$name"
done
diag "after the server's return all followed within $took ms; from keys to the first offset at most" \
	"$worst ms"
done_testing
