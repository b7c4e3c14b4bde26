#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# linuxptp's phc2sys, ts2phc and timemaster with secured clocks, over the local socket: states,
# time properties and notifications come as ever. The clocks that they steer are files
# (tests/shim/testphc.c), and the kernel would let none of these programs touch the machine's.
#
#	gm g0 -- b0 bc b1 -- t0 tm
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"
# shellcheck source=tests/net/own.sh
. "$(dirname "$0")/own.sh"

# says NAME REGEX [LINES]: behind so many lines of its log.
says() {
	tail -n "+$((${3:-0} + 1))" "$T/$1.log" | grep -qE "$2"
}

# own_conf NAME [OPTION VALUE...]: a secured clock that leads its hardware clocks, which are files.
own_conf() {
	nts_conf "$@" time_stamping hardware
	sed -i '/^free_running/d' "$T/$1.conf"
}

net_up ke gm bc tm
own_or_none tm
cable gm g0 bc b0 1
cable bc b1 tm t0 2
net_pki gm bc tm
ked_conf
ok "the KE server listens" ked_start
nts_conf gm priority1 10
own_conf bc boundary_clock_jbod 1
own_clocks bc b0 b1
own_clock_errs bc ptp1 500000000 0
bc=("${OWN[@]}")
OWN+=(TESTPHC_SYSTEM=1)
own wait bc "$STOCK/phc2sys" -s b0 -c CLOCK_REALTIME -w -z "$T/bc.uds" -n 0 -R 4 -m -q
ok "phc2sys -w: it waits for the clock" wait_for 10 says wait 'Waiting for ptp4l'
start bc bc "${bc[@]}" "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1
ok "the clock: the kernel would refuse it the machine's" wait_for 5 may_not_set_clocks bc
ok "a boundary clock of two hardware clocks is up" wait_for 20 status_get bc .
ok "phc2sys -w: then it works, 37 s off UTC" wait_for 20 says wait \
	'CLOCK_REALTIME phc offset +-?3[67][0-9]{9} s'
ok "phc2sys -w: the system clock is led to it" wait_for 20 says wait \
	'CLOCK_REALTIME phc offset +-?[0-9]{1,7} s2'
stop wait

# Before 4.0 ts2phc does not ask ptp4l.
asks=$("$STOCK/ts2phc" -h 2>&1 | grep -c -- ' -a ')
printf '#@\t4290000000\n3692217600\t37\n' >"$T/leaps"
printf '[global]\nuds_address %s\nleapfile %s\nuse_syslog 0\nverbose 1\n[b0]\n[b1]\n' \
	"$T/bc.uds" "$T/leaps" >"$T/ts2phc.conf"
[ "$asks" = 0 ] || {
	own ts2phc bc "$STOCK/ts2phc" -a -s generic -f "$T/ts2phc.conf"
	ok "ts2phc: it has the ports' states" \
		wait_for 10 says ts2phc 'reconfiguring after port state'
}
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
ok "the boundary clock is SLAVE" wait_for 40 is_slave bc
is "it refused nothing" "$(total bc refused_total)" 0
[ "$asks" = 0 ] || {
	ok "ts2phc: told of it, it chooses that port's clock" wait_for 20 says ts2phc \
		'selecting (b0|/dev/ptp0) as the (reference|source|master) clock'
	ok "ts2phc: the other is half a second off" \
		wait_for 20 says ts2phc 'offset +-?[45][0-9]{8} s0'
	ok "ts2phc: and is led to it" wait_for 30 says ts2phc 'offset +-?[0-9]{1,6} s2'
	stop ts2phc
}

pmc_local gm 'SET GRANDMASTER_SETTINGS_NP clockClass 6 clockAccuracy 0x20
	offsetScaledLogVariance 0xffff currentUtcOffset 36 leap61 0 leap59 0
	currentUtcOffsetValid 1 ptpTimescale 1 timeTraceable 1 frequencyTraceable 1
	timeSource 0x20' >>"$T/pmc.log" 2>&1
told() {
	pmc_local bc 'GET TIME_PROPERTIES_DATA_SET' | grep -q 'currentUtcOffset  *36'
}
ok "the grandmaster changes the UTC offset by a second" wait_for 10 told
own phc2sys bc "$STOCK/phc2sys" -a -r -r -z "$T/bc.uds" -n 0 -S 1 -R 4 -m -q
ok "phc2sys: it chooses the SLAVE port's clock" wait_for 20 says phc2sys 'selecting b0 '
ok "phc2sys: it heeds the time properties" wait_for 20 says phc2sys \
	'CLOCK_REALTIME phc offset +-?(1000|999)[0-9]{6} s'
ok "phc2sys: the system clock is led to it" wait_for 20 says phc2sys \
	'CLOCK_REALTIME phc offset +-?[0-9]{1,7} s2'
ok "phc2sys: so is the other port's" wait_for 20 says phc2sys 'b1 phc offset +-?[0-9]{1,7} s2'
n=$(log_lines phc2sys)
stop gm
ok "phc2sys: it is told that the master is lost" wait_for 20 says phc2sys \
	'port [0-9a-f.-]+1 changed state' "$n"
stop phc2sys
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0

own_clocks tm t0
OWN=(unshare -i "${OWN[@]}" TESTPHC_SYSTEM=1)
own_conf tm
printf '#!/bin/sh\nexec sleep 300\n' >"$T/ntpd"
chmod 755 "$T/ntpd"
{
	printf '[timemaster]\nntp_program ntpd\nrundir %s/timemaster\n' "$T"
	! grep -aq use_vclocks "$STOCK/timemaster" || printf 'use_vclocks 0\n'
	printf '[ntpd]\npath %s/ntpd\n[phc2sys]\npath %s/phc2sys\noptions -l 6 -m -q\n' \
		"$T" "$STOCK"
	printf '[ptp4l]\npath %s\noptions -l 6 -m -q\n[ptp4l.conf]\n' "$PTP4L_NTS"
	grep -vE '^(\[|uds_|time_stamping|use_syslog|verbose)' "$T/tm.conf"
	printf '[ptp_domain 0]\ninterfaces t0\n'
} >"$T/timemaster.conf"
own timemaster tm "$STOCK/timemaster" -f "$T/timemaster.conf" -m -q
ok "timemaster: its ptp4l-nts follows" wait_for 40 says timemaster 'master offset'
is "timemaster: every message verified" "$(counter tm refused_total)" 0
ok "timemaster: it is SLAVE" wait_for 20 is_slave tm
ok "timemaster: its phc2sys works" wait_for 20 says timemaster 'CLOCK_REALTIME phc offset'
done_testing
