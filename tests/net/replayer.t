#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A recording of all that the grandmaster sent since a key came into use is sent again, in several
# orders: to a running slave, to one that was killed and started again, and while the grandmaster
# starts again. Whenever it is sent, the honest grandmaster is silent, so whatever the slave
# takes is a replay. The announce receipt timeout is long: behind it docs/freshness.md begins.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/held.sh
. "$(dirname "$0")/held.sh"

# replay_all WHEN
replay_all() {
	replay "$1" slave "$T/from_gm" "f r s"
}

follows() {
	local verified
	verified=$(counter slave verified)
	ok "$1: honest messages are taken" wait_for 10 counter_above slave verified $((verified + 20))
	slave_follows "$1"
}

slave_up() {
	nts_start slave
	ok "$1: the slave is up again" wait_for 20 is_up slave
}

net_up ke gm slave attacker
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
record gm
nts_conf gm
nts_conf slave slaveOnly 1 announceReceiptTimeout 120
nts_start gm
nts_start slave
ok "the slave follows" wait_for 30 synced slave 2
sleep 6
stop record_gm INT
diag "$(cat "$T/record_gm.log") messages"

hold gm
replay_all "running"
release gm
follows "running"

# From here on the recording ends with the very last messages that the slave took.
record gm
sleep 4
hold gm
stop slave KILL
stop record_gm INT
slave_up "killed"
replay_all "killed"
release gm
follows "killed"

record gm
sleep 4
hold gm
stop slave
stop record_gm INT
slave_up "stopped"
replay_all "stopped"
stop gm KILL
replay_all "without a grandmaster"
nts_start gm
ok "the grandmaster is up again" wait_for 20 is_up gm
follows "grandmaster restarted"
diag "replayed $SENT messages, with effect $EFFECT"

# What the folder is for: without it the same recording is taken.
sed -i 's|^nts_state_dir .*|nts_state_dir /proc/none|' "$T/slave.conf"
hold gm
stop slave KILL
slave_up "no folder"
ok "no folder: the log says so" grep -q 'nts_state_dir /proc/none: .*may be replayed' "$T/slave.log"
verified=$(counter slave verified)
in_ns attacker "$TOOLS/ptpattack" eth0 "$T/from_gm" replay -i 500 >/dev/null
ok "no folder: replays are taken" wait_for 5 counter_above slave verified "$verified"
release gm
done_testing
