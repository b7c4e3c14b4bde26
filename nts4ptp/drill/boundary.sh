# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A boundary clock between two groups: another key on each of its ports, and a third port that is
# unsecured by name.

drill() {
	say "KE server on a switch; grandmaster - boundary clock - slave, of another group;" \
		"and a legacy slave"
	net_up ke gm slave bc legacy
	cable gm g0 bc b0 1
	cable bc b1 slave s0 2
	cable bc b2 legacy l0 3
	net_pki gm slave bc || cannot "no certificates: $(tail -n 1 "$T/pki.log")"
	ked_conf members=gm.test,bc.test
	printf '\n[group behind]\nsub_group = 9\nmembers = *.test\n' >>"$T/ked.conf"
	server_up
	nts_conf gm priority1 10 clockClass 6
	nts_conf bc
	printf '[b1]\nnts_subgroup 9\n[b2]\nnts_mode off\n' >>"$T/bc.conf"
	nts_conf slave slaveOnly 1 nts_subgroup 9
	ptp_conf legacy slaveOnly 1
	clock gm g0
	clock bc b0 b1 b2
	clock slave s0
	outsider legacy l0
	await "$PATIENCE" "all three have keys from the KE server" all_up
	await 40 "the boundary clock follows the grandmaster" synced bc 2
	await 40 "the slave follows the boundary clock" synced slave 2
	await 40 "so does the legacy slave, on the port that is unsecured by name" synced legacy 2

	echo
	result "the boundary clock's two keys differ" "$(key_of bc 1) $(key_of bc 2)" \
		[ "$(key_of bc 1)" != "$(key_of bc 2)" ]
	result "the slave's is that of its side" "$(key_of slave)" \
		[ "$(key_of slave)" = "$(key_of bc 2)" ]
	result "messages verified by the boundary clock" "$(value bc verified_total)" \
		above 20 bc verified_total
	result "messages verified by the slave" "$(value slave verified_total)" \
		above 20 slave verified_total
	result "messages refused by any of them" "$(refusals)" [ "$(refusals)" -eq 0 ]
	result "the log warns of the unsecured port" \
		"$(grep -c 'port 3 (b2): NOT SECURED' "$T/bc.log")" \
		grep -q 'port 3 (b2): NOT SECURED' "$T/bc.log"
}

refusals() {
	local name sum=0
	for name in gm bc slave; do
		sum=$((sum + $(value $name refused_total)))
	done
	echo "$sum"
}
