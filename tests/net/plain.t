#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without nts_server ptp4l-nts is ptp4l: it synchronizes a stock one, and nothing is signed.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

net_up ke gm slave
ptp_conf gm
ptp_conf slave slaveOnly 1
watch_start wire
nts_start gm
start slave slave "$STOCK/ptp4l" -f "$T/slave.conf" -i eth0
ok "a stock slave follows" wait_for 30 synced slave 2
watch_end wire
is "nothing was signed" "$(watched wire signed)" 0
num "there was traffic" "$(watched wire unsigned)" -gt 30
ok "the log tells nothing of NTS" not grep -qi 'nts4ptp\|ptp4l-nts 0\|on linuxptp' "$T/gm.log"
is "-v tells what ptp4l's does" "$("$PTP4L_NTS" -v 2>/dev/null)" "$("$STOCK/ptp4l" -v)"
ok "no key agent runs" not pgrep -P "${NET_PIDS[gm]}"
done_testing
