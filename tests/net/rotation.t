#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Four changes of keys under traffic: no message is lost, no port changes its state.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

rotated() {
	[ "$(counter gm rotations)" -ge "$1" ] && [ "$(counter slave rotations)" -ge "$1" ]
}

net_up ke gm slave
net_pki gm slave
# Spans are whole seconds on the wire: the last quarter of the update period must be longer.
ked_conf lifetime=6 update_period=3 grace_period=4
ok "the KE server listens" ked_start
nts_pair
ok "the slave follows" wait_for 30 synced slave 2
lost_before=$(missing gm slave)
lines=$(log_lines slave)
gm_lines=$(log_lines gm)
before=$(counter gm rotations)
watch_start wire
ok "four rotations on both" wait_for 60 rotated $((before + 4))
ok "no message of the grandmaster was lost" none_lost gm slave "$lost_before"
watch_end wire
is "the slave's port stayed as it was" "$(state_changes slave "$lines")" 0
is "the grandmaster's port stayed as it was" "$(state_changes gm "$gm_lines")" 0
for name in gm slave; do
	is "$name refused nothing" "$(counter $name refused_total)" 0
	is "$name suppressed nothing" "$(counter $name suppressed.no_key)" 0
	is "$name came up once" "$(counter $name port_ups)" 1
	is "$name never went down" "$(counter $name port_downs)" 0
	is "$name never ran out of keys" "$(counter $name expiries)" 0
done
is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
num "at least five keys were on the wire" "$(watched wire keys)" -ge 5
ok "Syncs without a gap" grep -qE '^Sync .* gaps 0$' "$T/wire.log"
done_testing
