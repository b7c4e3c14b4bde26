#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Group-of-2 (nts_subgroup) with its transparent clocks in between: its key is on every cable,
# and one who has only the domain's own group's key is refused.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"
TC_TYPE=E2E_TC

chain_up 0 0
cert other tls_www_client 'dns_name = other.test'
chown nobody "$T/pki/other.key"
ked_conf
printf '\n[group pair]\nsub_group = 7\nmembers = gm.test, slave.test, tc1.test, tc2.test\n' \
	>>"$T/ked.conf"
ok "the KE server listens" ked_start
witness first gm g0
witness last slave s0
chain_start nts_subgroup 7
ok "the slave follows through two transparent clocks" wait_for 60 synced slave 3
nts_conf other nts_subgroup 7
start stranger gm "$PTP4L_NTS" -f "$T/other.conf" -i eth0
ok "who is no member gets no key" wait_for 20 counter_above other last_exchange.failures 0
is "and no port" "$(counter other up)" false
stop stranger
nts_conf other priority1 1
start outsider gm "$PTP4L_NTS" -f "$T/other.conf" -i g0
ok "a master with the domain's own key is refused by the transparent clock" \
	wait_for 40 port_above tc1 1 refused_total 10
stop outsider
ok "the slave goes on" wait_for 20 synced slave $(($(offsets slave) + 2))
is "the slave refused nothing" "$(total slave refused_total)" 0
stop slave
watch_end last
is "one key reached the slave" "$(watched last keys)" 1
is "nothing unsigned did" "$(watched last unsigned)" 0
watch_end first
done_testing
