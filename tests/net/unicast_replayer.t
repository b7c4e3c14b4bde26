#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ticket mode: a recording of all that a grantor and a requester sent since their key came into
# use is sent again to both, in several orders: while they run, after each was killed, after both
# were stopped. Whenever it is sent, the honest other side is silent, so whatever is taken is a
# replay. To a running grantor Signaling alone: a Delay_Req earns an answer that nobody takes
# (docs/freshness.md).
# shellcheck source=tests/net/unicast.sh
. "$(dirname "$0")/unicast.sh"
# shellcheck source=tests/net/held.sh
. "$(dirname "$0")/held.sh"
DURATION=10

# replay_all WHEN TO FROM [OPTION...]
replay_all() {
	replay "$1" "$2" "$T/from_$3" "f r s" "${@:4}"
}

serves_one() {
	[ "$(counter gm unicast.requesters)" = 1 ]
}

is_registered() {
	[[ $(counter gm key_id) == 0x* ]]
}

net_up ke gm slave attacker
in_ns sw ip link set dev attacker type bridge_slave learning off
net_pki gm slave
unicast_ked
ok "the KE server listens" ked_start
record gm
record slave
unicast_grantor gm UDPv4
unicast_requester slave UDPv4 gm announceReceiptTimeout 120
ok "the requester follows" wait_for 40 synced slave 10

hold gm
stop record_gm INT
replay_all "running" slave gm
stop slave KILL
nts_start slave
ok "killed: the requester is up again" wait_for 20 is_up slave
replay_all "killed" slave gm
release gm
slave_follows "killed"
verified=$(counter slave verified)
ok "honest messages are taken" wait_for 10 counter_above slave verified $((verified + 40))

hold slave
stop record_slave INT
replay_all "running" gm slave -T 12
stop gm KILL
nts_start gm
ok "killed: the grantor is registered again" wait_for 20 is_registered
replay_all "killed" gm slave
is "killed: nobody is served for a replay" "$(counter gm unicast.requesters)" 0
record gm
record slave
release slave
ok "grantor killed: it has taken a ticket" wait_for 40 serves_one
slave_follows "grantor killed"

# What it sends while the grantor is held was never taken: it is not recorded.
stop slave
sleep 0.5
stop record_slave INT
hold gm
stop record_gm INT
nts_start slave
ok "stopped: the requester is up again" wait_for 20 is_up slave
replay_all "stopped" slave gm
stop slave
release gm
stop gm
nts_start gm
ok "stopped: the grantor is registered again" wait_for 20 is_registered
replay_all "stopped" gm slave
nts_start slave
slave_follows "both stopped"
diag "replayed $SENT messages, with effect $EFFECT"

# What the folder is for: without it the same recording is taken.
sed -i 's|^nts_state_dir .*|nts_state_dir /proc/none|' "$T/gm.conf"
hold slave
stop gm KILL
nts_start gm
ok "no folder: the grantor is registered again" wait_for 20 is_registered
in_ns attacker "$TOOLS/ptpattack" eth0 "$T/from_slave" replay -i 300 >/dev/null
ok "no folder: replays are taken" wait_for 5 counter_above gm verified 0
done_testing
