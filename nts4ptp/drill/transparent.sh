# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A transparent clock that has the group's key; and then one that has not, in its place: what it
# corrects is no longer what was signed.

drill() {
	local before
	say "KE server on a switch; grandmaster - transparent clock - slave"
	net_up ke gm slave tc
	cable gm g0 tc a0 1
	cable tc a1 slave s0 2
	net_pki gm slave tc || cannot "no certificates: $(tail -n 1 "$T/pki.log")"
	ked_conf
	server_up
	nts_conf gm clockClass 6
	nts_conf tc clock_type E2E_TC
	nts_conf slave slaveOnly 1
	clock gm g0
	clock tc a0 a1
	clock slave s0
	await "$PATIENCE" "all three have keys from the KE server" all_up
	await 40 "the slave follows through the transparent clock" synced slave 3

	echo
	result "messages that the transparent clock verified" "$(value tc verified_total)" \
		above 20 tc verified_total
	result "and signed anew" "$(value tc signed_total)" above 20 tc signed_total
	result "messages refused by the slave" "$(value slave refused_total)" \
		[ "$(value slave refused_total)" -eq 0 ]
	echo
	say "in its place: a transparent clock without keys"
	stop tc
	# shellcheck disable=SC2034
	CLOCKS=(gm slave)
	ptp_conf tc clock_type E2E_TC
	start tc tc "$PTP4L_NTS" -f "$T/tc.conf" -i a0 -i a1
	await 30 "what it changed arrives at the slave" above 10 slave refused_total 1 bad_icv
	before=$(offsets slave)
	await 30 "more of it" above 40 slave refused_total 1 bad_icv

	echo
	result "messages that it changed, refused: wrong ICV" \
		"$(value slave refused_total 1 bad_icv)" above 40 slave refused_total 1 bad_icv
	result "offsets that the slave took from them" "$(($(offsets slave) - before))" \
		[ "$(offsets slave)" -eq "$before" ]
}
