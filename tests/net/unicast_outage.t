#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong around a grantor: killed and restarted, the KE server gone for half a lifetime,
# registrations revoked. Requesters recover without an operator.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

rotated_since() {
	[ "$(counter gm rotations)" -gt "$1" ]
}

gm_status_is() {
	[ "$(counter r2 'unicast.grantors[0].status')" = "$1" ]
}

follows_gm2() {
	grep -q "selected best master clock $(identity_of gm2)" "$T/r1.log"
}

net_up ke gm gm2 r1 r2 r3
net_pki gm gm2 r1 r2 r3
unicast_ked lifetime=24 update_period=12 lead=4 grace_period=3
ok "the KE server listens" ked_start
unicast_grantor gm UDPv4 priority1 100 nts_revoke_on_exit 1
unicast_grantor gm2 UDPv4 priority1 110
unicast_requester r1 UDPv4 'gm gm2'
unicast_requester r2 UDPv4 gm
unicast_requester r3 UDPv4 gm
ok "the requesters follow" wait_for 40 all_synced 3

stop gm KILL
mark
nts_start gm
ok "a killed grantor is followed again" wait_for 60 all_go_on 4
diag "after $((SECONDS - since)) s, without an operator"

ok "a rotation" wait_for 40 rotated_since "$(counter gm rotations)"
declare -A lines
for name in gm r2 r3; do
	lines[$name]=$(log_lines "$name")
done
stop ked
mark
sleep 12
ok "half a lifetime without the KE server" all_go_on 8
for name in $REQUESTERS; do
	diag "$name printed $(($(offsets "$name") - before[$name])) offsets in 12 s of it"
done
ok "the KE server is back" ked_start
mark
ok "two more rotations" wait_for 90 rotated_since $(($(counter gm rotations) + 1))
ok "and all go on" wait_for 20 all_go_on 8
for name in gm r2 r3; do
	is "$name's port stayed as it was" "$(state_changes "$name" "${lines[$name]}")" 0
	is "$name never ran out of keys" "$(counter "$name" expiries)" 0
done

stop gm
ok "the registration is revoked" grep -q 'PTP Registration Revoke .*: granted' "$T/ked.log"
ok "another grantor of the table is used" wait_for 20 follows_gm2
ok "who has none is told why" wait_for 40 gm_status_is ST_NOT_REGISTERED
mark
nts_start gm
ok "registered anew, it is followed again" wait_for 90 all_go_on 4
diag "after $((SECONDS - since)) s"
done_testing
