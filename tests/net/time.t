#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong and stepping wall clocks, in the programs' eyes only: the machine's clock stays alone.
# Lifetimes do not move with them; dates of certificates are looked at, at once or, where the
# configuration says so, as soon as the clock is synchronized.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

YEARS=-630720000	# 20 years ago, in seconds

# shifted NAME: ptp4l-nts and its agent, with the wall clock of the file NAME.time.
shifted() {
	start "$1" "$1" env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=nts-agent \
		CLOCKSHIFT_REAL_FILE="$T/$1.time" "$PTP4L_NTS" -f "$T/$1.conf" -i eth0
}

# The keys may be dropped at once: then only the log tells that it was.
becomes_slave() {
	settle slave
	tail -n "+$((from_line + 1))" "$T/slave.log" |
		grep -qE 'port 1( \(eth0\))?: UNCALIBRATED to SLAVE on'
}

says() {
	grep -q "$2" "$T/$1.log"
}

# says_now NAME TEXT: behind from_line.
says_now() {
	tail -n "+$((from_line + 1))" "$T/$1.log" | grep -q "$2"
}

net_up ke gm slave
net_pki gm slave
ked_conf lifetime=8 update_period=6 grace_period=4
ok "the KE server listens" ked_start
nts_conf gm
set_time gm 0
shifted gm
ok "the grandmaster has keys" wait_for 20 is_up gm

# Lifetimes. The certificates are good for 30 days from now on.
nts_conf slave slaveOnly 1
set_time slave 0
shifted slave
ok "the slave follows" wait_for 30 synced slave 2
lines=$(log_lines slave)
gm_lines=$(log_lines gm)
rotations=$(counter gm rotations)
from=${EPOCHREALTIME/./}
for shift in 1728000 60 864000 3600 86400; do
	set_time gm "$shift"
	set_time slave $((1728060 - shift))
	sleep 4
done
took=$(((${EPOCHREALTIME/./} - from) / 1000000))
rotations=$(($(counter gm rotations) - rotations))
set_time gm 0
set_time slave 0
num "keys changed as often as their lifetime says" "$rotations" -ge $((took / 8 - 1))
num "and not more often" "$rotations" -le $((took / 8 + 1))
is "no port changed its state" \
	"$(($(state_changes slave "$lines") + $(state_changes gm "$gm_lines")))" 0
is "nothing was refused" "$(($(counter slave refused_total) + $(counter gm refused_total)))" 0
diag "$rotations rotations of 8 s in $took s, while the wall clocks were stepped 5 times"
stop slave

# Strict: a clock that is 20 years late gets no keys.
set_time slave $YEARS
shifted slave
ok "strict: the certificate is not valid yet" wait_for 20 says slave 'certificate is not valid yet'
is "strict: the port is down" "$(counter slave up)" false
stop slave

# Until the first synchronization, and no longer.
nts_conf slave slaveOnly 1 nts_cert_time_check until_sync nts_cert_time_exchanges 1000
n=$(offsets slave)
from_line=$(log_lines slave)
shifted slave
ok "until_sync: the slave gets keys and follows" wait_for 30 synced slave $((n + 2))
ok "until_sync: the log is loud" says slave 'CERTIFICATE ARE NOT CHECKED'
stop ked
ok "the agent that got the keys is killed" agent_killed slave
ok "it is synchronized" wait_for 20 becomes_slave
ok "still 20 years late: the keys are dropped" wait_for 20 is_down slave
ok "the log says why" says slave 'dropped: now that the clock is synchronized'
ok "the KE server listens again" ked_start
set_time slave 0
n=$(offsets slave)
ok "with the right time it comes back" wait_for 70 synced slave $((n + 2))
stop slave

set_time slave $YEARS
n=$(offsets slave)
from_line=$(log_lines slave)
shifted slave
ok "until_sync: the slave follows" wait_for 30 synced slave $((n + 2))
set_time slave 0
ok "its clock is set, and it is synchronized" wait_for 20 becomes_slave
ok "the dates are looked at" wait_for 20 says_now slave 'the dates of certificates are checked now'
set_time slave $YEARS
from_line=$(log_lines slave)
ok "it is late again, and the agent is killed" agent_killed slave
ok "its successor is told of the synchronization" wait_for 20 says_now slave 'clock is synchronized'
set_time slave 0
ok "a rotation later" wait_for 30 counter_above slave rotations "$(($(counter slave rotations) + 1))"
is "it has kept its keys" "$(counter slave port_downs)" 0
ok "their dates were looked at once" not says_now slave 'dropped: now that the clock'
stop slave

# A revocation list whose end has come meanwhile lets nobody in, either.
net_ca crl --days 10 >>"$T/pki.log"
chmod 644 "$T/pki/crl.pem"
nts_conf slave slaveOnly 1 nts_cert_time_check until_sync nts_crl_file "$T/pki/crl.pem"
set_time slave 1728000
n=$(offsets slave)
from_line=$(log_lines slave)
shifted slave
ok "20 days fast, with a list of 10: the slave follows" wait_for 30 synced slave $((n + 2))
ok "it is synchronized" wait_for 20 becomes_slave
ok "the keys are dropped" wait_for 10 says_now slave 'dropped: now that the clock is synchronized'
ok "the log says why there are no others" wait_for 10 says_now slave 'crl.pem: out of date since'
stop slave

# Not for ever.
nts_conf slave slaveOnly 1 nts_cert_time_check until_sync nts_cert_time_exchanges 2
set_time slave $YEARS
: >"$T/slave.log"
stop ked
shifted slave
ok "without synchronization" wait_for 20 counter_above slave last_exchange.failures 2
is "what reaches no server does not count" "$(grep -c 'ARE NOT CHECKED' "$T/slave.log")" 0
ok "the KE server listens" ked_start
ok "the first one that does" wait_for 20 says slave 'exchange 1 of at most 2'
ok "the agent is killed" agent_killed slave
ok "its successor counts on" wait_for 20 says slave 'exchange 2 of at most 2'
ok "and is killed" agent_killed slave
ok "only so many exchanges are made" wait_for 30 says slave 'not synchronized after 2 exchanges'
is "by all agents together" "$(grep -c 'ARE NOT CHECKED' "$T/slave.log")" 2
ok "then the port goes down" wait_for 40 is_down slave
is "which was said once before" "$(grep -c 'not synchronized after 2 exchanges' "$T/slave.log")" 1
done_testing
