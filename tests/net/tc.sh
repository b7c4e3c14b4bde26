# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A slave behind two transparent clocks in a row, and correctionField tampering between them.
# shellcheck source=tests/net/chain.sh
. "$(dirname "${BASH_SOURCE[0]}")/chain.sh"

# corrected CABLE TYPE: the largest correctionField of these messages there, in nanoseconds.
corrected() {
	awk -v t="$2" '$1 == "correction" && $2 == t && $NF > max { max = $NF }
		END { print max + 0 }' "$T/$1.log"
}

# tc_case TYPE [OPTION VALUE...]
tc_case() {
	local cable name n refused
	TC_TYPE=$1
	shift
	chain_up 0,8 500000000	# Sync and Follow_Up, half a second
	ked_conf
	ok "the KE server listens" ked_start
	witness one gm g0
	witness two mid m0
	witness three slave s0
	chain_start "$@"
	ok "the slave follows through both clocks" wait_for 40 synced slave 4
	for name in gm tc1 tc2 slave; do
		is "$name refused nothing" "$(total "$name" refused_total)" 0
	done
	num "the first clock verified on its way in" "$(port tc1 1 verified)" -gt 20
	num "and signed on its way out" "$(port tc1 2 signed)" -gt 20
	num "so did the second, in" "$(port tc2 1 verified)" -gt 20
	num "so did the second, out" "$(port tc2 2 signed)" -gt 20
	ok "offsets are those of one clock" [ "$(offset_max slave)" -lt 100000000 ]
	for cable in one two three; do
		watch_end "$cable"
		is "cable $cable: nothing unsigned" "$(watched "$cable" unsigned)" 0
		for name in Sync Follow_Up Announce; do
			num "cable $cable: $name" "$(seen "$cable" "$name")" -gt 3
		done
	done

	is "the grandmaster's Follow_Up are not corrected" "$(corrected one Follow_Up)" 0
	num "the first clock adds its residence time" "$(corrected two Follow_Up)" -gt 0
	num "so does the second" "$(corrected three Follow_Up)" -gt 0

	n=$(log_lines slave)
	: >"$T/three.log"
	tampering
	# By then nothing is on its way any more from before it began.
	ok "a changed correctionField is noticed" wait_for 10 port_above tc2 1 refused.bad_icv 10
	witness three slave s0
	refused=$(port tc2 1 refused.bad_icv)
	ok "each time" wait_for 20 port_above tc2 1 refused.bad_icv $((refused + 40))
	watch_end three
	num "the good messages still come through" "$(seen three Announce)" -gt 3
	is "the changed ones are not forwarded: Sync" "$(seen three Sync)" 0
	is "the changed ones are not forwarded: Follow_Up" "$(seen three Follow_Up)" 0
	tampering
	ok "the slave follows again" wait_for 30 synced slave "$(($(offsets slave) + 2))"
	num "its offsets were never disturbed" "$(offset_max slave "$n")" -lt 100000000
	is "it has refused nothing" "$(counter slave refused_total)" 0
	relay_end
	num "he changed many" "$changed" -gt 40
	done_testing
}
