#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nsm speaks unsigned PTP on the network: an unsecured port answers it as ever, a secured port
# refuses it, by design, and goes on.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# nsm_asks FILE: what nsm prints when it asks the grandmaster.
nsm_asks() {
	in_ns monitor timeout 15 "$STOCK/nsm" -f "$T/nsm.conf" -i eth0 'NSM 192.0.2.2' >"$1" 2>&1
}

net_up ke gm slave monitor
net_pki gm slave
printf '[global]\ntime_stamping software\ntx_timestamp_timeout 200\n' >"$T/nsm.conf"

ptp_conf gm net_sync_monitor 1 hybrid_e2e 1
nts_start gm
ok "a grandmaster without keys" wait_for 20 grep -q 'assuming the grand master' "$T/gm.log"
nsm_asks "$T/plain.txt"
ok "answers nsm" grep -q 'NSM MEASUREMENT COMPLETE' "$T/plain.txt" ||
	diag "$(cat "$T/plain.txt")"
stop gm

ked_conf
ok "the KE server listens" ked_start
nts_pair net_sync_monitor 1 hybrid_e2e 1
ok "with keys: the slave follows" wait_for 40 synced slave 3
before=$(counter gm refused.no_tlv)
nsm_asks "$T/secured.txt"
ok "nsm is not answered" not grep -q 'NSM MEASUREMENT COMPLETE' "$T/secured.txt" ||
	diag "$(cat "$T/secured.txt")"
num "its request is refused: no TLV" "$(counter gm refused.no_tlv)" -gt "$before"
ok "the slave goes on" wait_for 20 synced slave $(($(offsets slave) + 2))
is "having refused nothing" "$(counter slave refused_total)" 0
done_testing
