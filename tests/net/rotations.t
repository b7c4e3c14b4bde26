#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rotations at 64 Sync/s on clocks whose keys change a second apart, while now one and then another
# process comes late: no message is lost. Long: make rotations.
# shellcheck source=tests/net/rotations.sh
. "$(dirname "$0")/rotations.sh"
WANTED=${ROTATIONS:-4}

ok "a grandmaster and two slaves run" rotations_up
before=$(rotated)
ok "$WANTED rotations on each clock" wait_for $((WANTED * LIFETIME + 30)) \
	rotated_though_late $((before + WANTED))
rotations=$(rotated)
states=$(rotations_states)
refused=$(sum refused_total)
suppressed=$(sum suppressed.no_key)
downs=$(sum port_downs)
expiries=$(sum expiries)
behind=$(rotations_behind)
rotations_account
gaps=$(awk '/^Sync/ { print $NF }' "$T/wire-one.log")
is "messages lost to keys" "$lost" 0
is "messages refused" "$refused" 0
is "messages not sent for want of a key" "$suppressed" 0
is "port state changes" "$states" 0
is "ports that went down" "$downs" 0
is "keys that ended without a successor" "$expiries" 0
is "Syncs that are missing on the wire" "$gaps" 0
is "nothing unsigned was on the wire" "$(watched wire-one unsigned)" 0
num "the second slave changed its keys later, ms" "$behind" -gt 500
diag "rotations $rotations keys $(watched wire-one keys) messages $on_wire lost $lost" \
	"refused $refused suppressed $suppressed states $states downs $downs gaps $gaps" \
	"behind_ms $behind overflows $(overflows)"
done_testing
