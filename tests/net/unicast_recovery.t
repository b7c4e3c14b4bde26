#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys that are no good long before their end: the grantor has another ticket key, the requester
# or the grantor another address. Requesters ask the KE server anew by themselves, within seconds,
# and not often.
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"

# move HOST N: to 192.0.2.N. The old address stays, in the second place, or messages to it would
# wait for ARP, which makes a port of linuxptp FAULTY.
move() {
	local old
	old=$(address_of "$1" UDPv4)
	printf '%s dev eth0\n' "addr del $old/24" "addr add 192.0.2.$2/24" "addr add $old/24" |
		ip -n "$NET_TAG-$1" -batch -
}

# Sync comes to the old address as before; what is sent from the new one is refused, or is not.
served_there() {
	local refused
	refused=$(counter gm refused.wrong_peer)
	sleep 2
	[ "$(counter gm refused.wrong_peer)" = "$refused" ]
}

net_up ke gm r1 r2 r3
net_pki gm r1 r2 r3
unicast_ked lifetime=3600
ok "the KE server listens" ked_start
unicast_three UDPv4
ok "the requesters follow" wait_for 40 all_synced 3

stop gm KILL
mark
nts_start gm
ok "a killed grantor is followed again, under the key that there was" wait_for 40 all_go_on 4
diag "after $((SECONDS - since)) s"
is "the grantor serves three" "$(counter gm unicast.requesters)" 3

stop gm KILL
stop ked
rm -f "$T"/ked/store*
ok "the KE server has lost its store" ked_start
mark
nts_start gm
ok "a grantor with a new ticket key is followed within seconds" wait_for 40 all_go_on 4
diag "after $((SECONDS - since)) s, with keys that were good for an hour"
is "the grantor serves three" "$(counter gm unicast.requesters)" 3

key=$(counter r1 key_id)
move r1 77
mark
ok "a requester with another address goes on" wait_for 40 all_go_on 4
ok "it is served there" wait_for 40 served_there
diag "after $((SECONDS - since)) s"
refused=$(counter gm refused.wrong_peer)
is "under the key that it had" "$(counter r1 key_id)" "$key"
is "the grantor serves three" "$(counter gm unicast.requesters)" 3
mark
ok "and go on" wait_for 20 all_go_on 4
is "and nothing of it is refused" "$(counter gm refused.wrong_peer)" "$refused"

move gm 78
stop r3
sed -i 's/^UDPv4 .*/UDPv4 192.0.2.78/' "$T/r3.conf"
n=$(offsets r3)
nts_start r3
ok "a grantor with another address is found there" wait_for 60 synced r3 $((n + 3))

# Gone for good: that is no reason to ask the KE server all the time.
stop gm KILL
ok "that nobody answers is noticed" wait_for 30 grep -q 'asking the KE server anew' "$T/r3.log"
done_testing
