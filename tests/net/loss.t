#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A path that loses messages, and is gone for longer than any window: nothing honest is refused,
# neither meanwhile nor behind it.
# shellcheck source=tests/net/relay.sh
. "$(dirname "$0")/relay.sh"

ALL=0,1,8,9,11,12,13

# burst SECONDS LOST: nothing gets through for so long, at least so many messages.
burst() {
	local refused verified from
	relay_start lose $ALL 100
	ok "burst of $1 s: messages go through before" verifies_more 20
	refused=$(counter slave refused_total)
	tampering
	sleep "$1"
	verified=$(counter slave verified)
	from=${EPOCHREALTIME/./}
	tampering
	ok "burst of $1 s: the slave verifies again" wait_for 10 counter_above slave verified "$verified"
	num "burst of $1 s: within ms" "$(ms_since "$from")" -le 3000
	diag "burst of $1 s: verifies again within $(ms_since "$from") ms"
	ok "burst of $1 s: and goes on to" verifies_more 200
	is "burst of $1 s: honest messages refused" $(($(counter slave refused_total) - refused)) 0
	relay_end
	diag "burst of $1 s: $changed messages lost"
	num "burst of $1 s: lost" "$changed" -ge "$2"
}

relayed_pair logSyncInterval -7 logAnnounceInterval -5 announceReceiptTimeout 250 \
	logMinDelayReqInterval -5
relay_start lose $ALL 30
ok "the slave follows" wait_for 40 synced slave 2
from_line=$(log_lines slave)
tampering
verified=$(counter slave verified)
refused=$(counter slave refused_total)
refused_gm=$(counter gm refused_total)
ok "30 % lost: the slave verifies the others" \
	wait_for 20 counter_above slave verified $((verified + 1000))
verified=$(($(counter slave verified) - verified))
is "30 % lost: honest messages refused, of $verified" $(($(counter slave refused_total) - refused)) 0
relay_end
num "30 % lost: messages lost" "$changed" -gt 300
diag "30 % lost: $changed messages, verified $verified, refused" \
	"$(($(counter slave refused_total) - refused)), of them stale $(counter slave refused.stale)"

# Of Sync and Follow_Up 64 are gone within half a second, of the others within two.
burst 0.3 30
burst 1.5 300
burst 4 800
is "the grandmaster refused" $(($(counter gm refused_total) - refused_gm)) 0
is "the slave's port never changed" "$(state_changes slave "$from_line")" 0
done_testing
