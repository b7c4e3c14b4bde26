#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several KE servers: tried in turn, the one that answers is kept, all are shown; and two that
# share no state are noticed, not flapped between.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# server I FIELD: of the grandmaster's status
server() {
	status_get "${3:-gm}" ".ports[0].servers[$1].$2"
}

server_is() {
	[ "$(server "$1" "$2" "${4:-gm}")" = "$3" ]
}

uses() {
	[ "$(counter "$1" server)" = "$KE_ADDRESS:$2" ]
}

# other_ked PORT: a KE server for the same group with a store of its own.
other_ked() {
	mkdir -m 700 "$T/ked$1"
	sed "s/:4460/:$1/; s,$T/ked/,$T/ked$1/," "$T/ked.conf" >"$T/ked$1.conf"
	start "ked$1" ke "$BUILD/nts-ked" -f "$T/ked$1.conf"
}

net_up ke gm slave
net_pki gm slave
ked_conf lifetime=16 update_period=11 grace_period=4
ok "the KE server listens" ked_start
nts_pair nts_server "$KE_ADDRESS:4469,$KE_ADDRESS,$KE_ADDRESS:4462"
ok "the slave follows" wait_for 30 synced slave 2
ok "the second server granted" uses gm 4460
ok "the first one's failure is shown" server_is 0 status ST_CONNECT
num "its failures are counted" "$(server 0 failures)" -ge 1
is "the third one was not asked" "$(server 2 asked_ago_s)" null
"$BUILD/nts4ptp" status --address "$T/gm.status" >"$T/status.txt"
ok "people are told, too" grep -q \
	"server .*:4469: connection failed (.*: Connection refused), .* failures in a row" "$T/status.txt"

tried=$(server 0 failures)
ok "the one that granted is asked again" wait_for 30 counter_above gm rotations 0
is "and not the dead one before it" "$(server 0 failures)" "$tried"

# The other server takes over, and has other keys.
lines=$(log_lines slave)
other_ked 4462
stop ked
ok "other keys are noticed: grandmaster" wait_for 30 server_is 2 other_keys true gm
ok "other keys are noticed: slave" wait_for 30 server_is 2 other_keys true slave
ok "the log says so" grep -q 'other keys than another KE server handed out' "$T/gm.log"
ok "the keys in hand are used on" uses gm 4460
ok "when they end, the other's are taken: grandmaster" wait_for 40 uses gm 4462
ok "when they end, the other's are taken: slave" wait_for 40 uses slave 4462
offsets=$(offsets slave)
ok "the slave follows" wait_for 10 synced slave $((offsets + 2))
num "ports that went down" "$(($(counter gm port_downs) + $(counter slave port_downs)))" -eq 0

# The first one is back: nobody changes to it.
ok "the KE server listens again" ked_start
rotations=$(counter gm rotations)
ok "two rotations on" wait_for 60 counter_above gm rotations $((rotations + 1))
ok "the grandmaster stays where it is" uses gm 4462
grants=$(server 2 grants)
ok "the grandmaster's agent is killed" agent_killed gm
asked_again() {
	[ "$(server 2 grants)" != "$grants" ]
}
ok "the next one asks the server that granted" wait_for 10 asked_again
is "and none before it" "$(server 0 asked_ago_s)$(server 1 asked_ago_s)" nullnull
ok "the grandmaster stays where it is after that, too" uses gm 4462
ok "the slave stays where it is" uses slave 4462
same_key() {
	[ "$(counter slave key_id)" = "$(counter gm key_id)" ]
}
ok "both use the same key" wait_for 5 same_key
diag "states $(state_changes slave "$lines"), lost meanwhile: refused $(counter slave refused_total)," \
	"server failures $(server 1 failures)"
done_testing
