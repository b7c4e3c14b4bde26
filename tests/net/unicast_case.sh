# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One grantor and three requesters over one transport: what unicast_udp4, _udp6 and _l2 share.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "${BASH_SOURCE[0]}")/unicast.sh"

# unicast_case TRANSPORT
unicast_case() {
	local transport=$1 name type keys
	net_up ke gm r1 r2 r3
	net_pki gm r1 r2 r3
	unicast_ked
	ok "the KE server listens" ked_start
	watch_start wire
	unicast_three "$transport"
	ok "three requesters follow the grantor" wait_for 40 all_synced 4
	ok "and go on" wait_for 20 all_synced 6
	for name in gm $REQUESTERS; do
		is "$name is in ticket mode" "$(counter "$name" mode)" ticket
		is "$name refused nothing" "$(counter "$name" refused_total)" 0
		is "$name suppressed nothing" "$(counter "$name" suppressed.no_key)" 0
	done
	for name in $REQUESTERS; do
		num "$name verified messages" "$(counter "$name" verified)" -gt 50
		diag "$name: verified $(counter "$name" verified), signed $(counter "$name" signed)"
	done
	is "the grantor serves three" "$(counter gm unicast.requesters)" 3
	is "and has opened three tickets" "$(counter gm unicast.tickets_opened)" 3
	keys=$(for name in $REQUESTERS; do counter "$name" key_id; done | sort -u | wc -l)
	is "each pair has a key of its own" "$keys" 3
	watch_end wire
	is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
	is "three keys were on the wire" "$(watched wire keys)" 3
	for type in Announce Sync Follow_Up Delay_Req Delay_Resp Signaling; do
		ok "$type was on the wire, signed" \
			grep -qE "^$type [^ ]+ signed [1-9][0-9]* unsigned 0 " "$T/wire.log"
	done
	done_testing
}
