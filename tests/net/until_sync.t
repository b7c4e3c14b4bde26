#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts_cert_time_check until_sync on a machine that boots with all its clocks 20 years late: PTP leads
# the network card's clock, phc2sys the wall clock after it. Certificates' dates are looked at when
# the wall clock is right, not when the port is SLAVE. The clocks are files (tests/shim/testphc.c).
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

says() {
	grep -qE "$2" "$T/$1.log"
}

set_late() {
	perl -e 'print pack("x8q", -630720000 * 1000000000), "\0" x 4080' >"$T/clocks/$1"
	chmod 666 "$T/clocks/$1"
}

net_up ke gm slave
net_pki gm slave
ked_conf lifetime=20 update_period=16
ok "the KE server listens" ked_start
nts_conf gm priority1 10
nts_start gm

nts_conf slave slaveOnly 1 time_stamping hardware nts_cert_time_check until_sync
sed -i '/^free_running/d' "$T/slave.conf"
mkdir -m 755 "$T/clocks"
set_late ptp0
set_late system
late=(setpriv --bounding-set=-sys_time --inh-caps=-sys_time
	env LD_PRELOAD="$TOOLS/testphc.so" TESTPHC_DIR="$T/clocks" TESTPHC_INTERFACES=eth0
	TESTPHC_SYSTEM=1)
start slave slave "${late[@]}" "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
ok "the slave has keys all the same" wait_for 20 says slave 'CERTIFICATE ARE NOT CHECKED'
ok "it is SLAVE" wait_for 40 says slave 'UNCALIBRATED to SLAVE'
ok "it waits for the wall clock" wait_for 10 says slave 'but the wall clock is 6307[0-9]* s away'
is "nobody is told yet that the time is right" "$(grep -c 'dates of certificates' "$T/slave.log")" 0

start phc2sys slave "${late[@]}" "$STOCK/phc2sys" -a -r -z "$T/slave.uds" -n 0 -R 4 -m -q
ok "phc2sys sets it, and dates are looked at" \
	wait_for 20 says slave 'synchronized: the dates of certificates are checked now'
unchecked=$(grep -c 'ARE NOT CHECKED' "$T/slave.log")
ok "keys are asked for, and got, with dates" wait_for 30 counter_above slave rotations 0
is "there was no other exchange without" "$(grep -c 'ARE NOT CHECKED' "$T/slave.log")" "$unchecked"
is "the port never went down" "$(counter slave port_downs)" 0
diag "$unchecked exchanges without dates; the wall clock right $(awk -F '[][]' '
	/to SLAVE/ { from = $2 } /dates of certificates/ { print $2 - from }' "$T/slave.log") s after SLAVE"
stop phc2sys
stop slave

# Software time stamping, and a servo that may not step the wall clock.
: >"$T/slave.log"
sed -i 's/^time_stamping hardware/time_stamping software/' "$T/slave.conf"
printf '%s %s\n' first_step_threshold 0 pi_proportional_const 0.2 pi_integral_const 0.02 >>"$T/slave.conf"
set_late system
start slave slave "${late[@]}" TESTPHC_INTERFACES= "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
ok "no step: it is SLAVE" wait_for 40 says slave 'UNCALIBRATED to SLAVE'
ok "no step: it waits for the wall clock" wait_for 10 says slave 'but the wall clock is 6307[0-9]* s away'
is "no step: no keys are dropped" "$(counter slave port_downs)" 0
done_testing
