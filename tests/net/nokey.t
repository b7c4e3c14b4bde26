#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A port without keys is not operational: quiet at the start without a KE server, up when there
# is one, down when the keys run out, up again.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

failures_above() {
	[ "$(counter gm last_exchange.failures)" -gt "$1" ]
}

# Both ports are down; nothing at all is on the wire until the agent has failed once more.
quiet() {
	local name
	for name in gm slave; do
		is "$1: $name is FAULTY" "$(port_state $name)" FAULTY
	done
	watch_start "$1"
	ok "$1: the agent goes on asking" \
		wait_for 70 failures_above "$(counter gm last_exchange.failures)"
	watch_end "$1"
	is "$1: nothing unsigned on the wire" "$(watched "$1" unsigned)" 0
	is "$1: nothing signed on the wire" "$(watched "$1" signed)" 0
}

net_up ke gm slave
net_pki gm slave
ked_conf lifetime=6 update_period=3 grace_period=2
nts_pair
ok "without a KE server the agent fails" wait_for 15 failures_above 0
ok "the ports are down" both 5 is_down
quiet start

watch_start alive
ok "the KE server listens" ked_start
ok "both ports come up" both 40 is_up
ok "the slave follows" wait_for 20 synced slave 2
stop ked
ok "keys that end take both ports down" both 30 is_down
watch_end alive
is "nothing unsigned was sent meanwhile" "$(watched alive unsigned)" 0
num "it was the end of a key" "$(counter gm expiries)" -eq 1
quiet end

n=$(offsets slave)
ok "the KE server listens again" ked_start
from=${EPOCHREALTIME/./}
# A new agent asks at once; the old one may wait a minute before it tries again.
kill_agent gm
kill_agent slave
ok "both ports come up again" both 30 is_up
up=$(ms_since "$from")
ok "the slave follows again" wait_for 20 synced slave $((n + 2))
ok "the grandmaster's process has lived on" running gm
ok "the slave's process has lived on" running slave
diag "without keys $(($(watched start signed) + $(watched end signed))) messages signed and" \
	"$(($(watched start unsigned) + $(watched end unsigned))) unsigned on the wire, with them" \
	"$(watched alive signed) and $(watched alive unsigned); up $up ms after new agents could ask"
done_testing
