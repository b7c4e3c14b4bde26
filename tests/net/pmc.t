#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The stock pmc: over the local socket it works as ever, over the network it is a stranger.
# And nts4ptp status: what it prints and how it ends.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

net_up ke gm slave attacker
net_pki gm slave

"$BUILD/nts4ptp" status --address "$T/gm.status" >"$T/status.txt" 2>&1
is "status, nobody there: exit 2" $? 2
nts_pair
ok "status answers before there are keys" wait_for 10 is_down gm
"$BUILD/nts4ptp" status --address "$T/gm.status" >"$T/status.txt"
is "status, port down: exit 1" $? 1
ok "it says so" grep -q 'DOWN' "$T/status.txt"
ked_conf
ok "the KE server listens" ked_start
ok "the slave follows" wait_for 50 synced slave 1
"$BUILD/nts4ptp" status --address "$T/gm.status" >"$T/status.txt"
is "status, all up: exit 0" $? 0
for word in 'mode  *group' "KE server  *$KE_ADDRESS" 'key  *0x[0-9a-f]\{8\}, SPP' 'expires in' \
	'next key' 'signed  *[1-9]' 'refused  *0' 'certificate  *29 days'; do
	ok "status tells: $word" grep -q "$word" "$T/status.txt"
done

ok "the log tells both versions" grep -q \
	"ptp4l-nts $("$BUILD/nts4ptp" --version | cut -d' ' -f2) on linuxptp $("$STOCK/ptp4l" -v 2>&1)" "$T/gm.log"
ok "pmc reads over the local socket" grep -q 'portState  *MASTER' \
	<(pmc_local gm 'GET PORT_DATA_SET')
pmc_local slave 'SET SYNCHRONIZATION_UNCERTAIN_NP 0' >/dev/null
pmc_local gm 'SET SYNCHRONIZATION_UNCERTAIN_NP 0' >/dev/null
ok "it writes, too: the slave is SLAVE" wait_for 20 is_slave slave

before=$(counter gm refused.no_tlv)
in_ns attacker timeout 10 "$STOCK/pmc" -4 -b 1 -i eth0 'GET PORT_DATA_SET' >"$T/pmc.txt" 2>&1
ok "over the network nobody answers pmc" not grep -q RESPONSE "$T/pmc.txt"
ok "its request is refused: no TLV" wait_for 5 counter_above gm refused.no_tlv "$before"
done_testing
