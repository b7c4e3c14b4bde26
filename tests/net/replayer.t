#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A recording of all that the grandmaster sent since a key came into use is sent again, in several
# orders: to a running slave, to one that was killed and started again, and while the grandmaster
# starts again. Whenever it is sent, the honest grandmaster is silent, so whatever the slave
# takes is a replay. The announce receipt timeout is long: behind it docs/freshness.md begins.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

SENT=0
EFFECT=0

# replay_all WHEN: the recording forwards, backwards and shuffled; nothing of it is verified.
replay_all() {
	local order sent verified stale
	for order in f r s; do
		verified=$(counter slave verified)
		stale=$(counter slave refused_total)
		sent=$(in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" replay -o "$order" -i 500)
		sent=${sent#sent }
		wait_for 10 counter_above slave refused_total $((stale + sent * 9 / 10))
		SENT=$((SENT + sent))
		EFFECT=$((EFFECT + $(counter slave verified) - verified))
		is "$1, order $order: messages with effect of ${sent:-0}" \
			$(($(counter slave verified) - verified)) 0
		num "$1, order $order: refused" $(($(counter slave refused_total) - stale)) -ge "$sent"
	done
}

hold() {
	kill -STOP "${NET_PIDS[gm]}"
	sleep 0.3
}

release() {
	kill -CONT "${NET_PIDS[gm]}"
}

follows() {
	local verified
	verified=$(counter slave verified)
	ok "$1: honest messages are taken" wait_for 10 counter_above slave verified $((verified + 20))
	verified=$(offsets slave)
	ok "$1: the slave follows" wait_for 20 synced slave $((verified + 2))
}

slave_up() {
	nts_start slave
	ok "$1: the slave is up again" wait_for 20 is_up slave
}

net_up ke gm slave attacker
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
start capture sw "$TOOLS/ptpwatch" capture gm "$T/captured" -d -t 300
nts_conf gm
nts_conf slave slaveOnly 1 announceReceiptTimeout 120
nts_start gm
nts_start slave
ok "the slave follows" wait_for 30 synced slave 2
sleep 6
stop capture INT
diag "$(cat "$T/capture.log") messages"

hold
replay_all "running"
release
follows "running"

# From here on the recording ends with the very last messages that the slave took.
start capture sw "$TOOLS/ptpwatch" capture gm "$T/captured" -d -t 300
sleep 4
hold
stop slave KILL
stop capture INT
slave_up "killed"
replay_all "killed"
release
follows "killed"

start capture sw "$TOOLS/ptpwatch" capture gm "$T/captured" -d -t 300
sleep 4
hold
stop slave
stop capture INT
slave_up "stopped"
replay_all "stopped"
stop gm KILL
replay_all "without a grandmaster"
nts_start gm
ok "the grandmaster is up again" wait_for 20 is_up gm
follows "grandmaster restarted"
diag "replayed $SENT messages, with effect $EFFECT"

# What the folder is for: without it the same recording is taken.
sed -i "s|^nts_state_dir .*|nts_state_dir|" "$T/slave.conf"
sed -i '/^nts_state_dir$/d' "$T/slave.conf"
printf 'nts_state_dir %s\n' /proc/none >>"$T/slave.conf"
hold
stop slave KILL
slave_up "no folder"
ok "no folder: the log says so" grep -q 'nts_state_dir /proc/none: .*may be replayed' "$T/slave.log"
verified=$(counter slave verified)
in_ns attacker "$TOOLS/ptpattack" eth0 "$T/captured" replay -i 500 >/dev/null
ok "no folder: replays are taken" wait_for 5 counter_above slave verified "$verified"
release
done_testing
