#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Messages that come late: one in 19 is held back until N more of its type have passed. Within the
# window of 64 none is refused, behind it each, and nothing else.
# shellcheck source=tests/net/relay.sh
. "$(dirname "$0")/relay.sh"

# reordered TYPES N MESSAGES: sets refused, of verified, while changed came late.
reordered() {
	local before
	relay_start late "$1" "$2"
	verifies_more 20
	before=$(counter slave refused_total)
	verified=$(counter slave verified)
	tampering
	verifies_more "$3"
	relay_end
	verified=$(($(counter slave verified) - verified))
	num "types $1, $2 late: messages that came late" "$changed" -gt 3
	wait_for "${WAIT:-0}" counter_above slave refused_total $((before + changed - 1))
	refused=$(($(counter slave refused_total) - before))
	diag "types $1, $2 late: $changed messages, verified $verified, refused $refused"
}

within() {
	reordered "$@"
	is "types $1, $2 late: refused" "$refused" 0
}

behind() {
	WAIT=5 reordered "$@"
	is "types $1, $2 late: refused" "$refused" "$changed"
	relay_start late 0 0
	refused=$(counter slave refused_total)
	ok "types $1, $2 late: the slave verifies again" verifies_more 150
	relay_end
	is "types $1, $2 late: lasting refusals" $(($(counter slave refused_total) - refused)) 0
}

relayed_pair logSyncInterval -7 logAnnounceInterval -5 announceReceiptTimeout 250 \
	logMinDelayReqInterval -5
relay_start late 0 0
ok "the slave follows" wait_for 40 synced slave 2
relay_end

# Neighbours of all types; then as far as a second goes for those that come more seldom.
within 0,8,9,11 1 300
within 9,11 15 800
within 0,8 63 500
behind 0,8 64 500
behind 0,8 200 900
done_testing
