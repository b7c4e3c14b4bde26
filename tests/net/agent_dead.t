#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Key agents that cannot live: status says why (and blames no key where it is the link), the clock
# goes on, tries ever more seldom, and comes up by itself when what was wrong is right. Hung and
# killed ones: agent.t.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# ended WORDS: of the agent, in status.
ended() {
	"$NTS4PTP" status --address "$T/gm.status" | grep -q "last one ended *$1"
}

comes_up() {
	ok "$1: once that is right, the port comes up" wait_for 25 is_up gm
	stop gm
}

# Programs of its own, so that the agent beside the clock can be another one.
PTP4L_NTS=$T/bin/ptp4l-nts
mkdir -m 755 "$T/bin"
cp "$BUILD/ptp4l-nts" "$BUILD/nts-agent" "$T/bin"

net_up ke gm
net_pki gm
ked_conf
ok "the KE server listens" ked_start
nts_conf gm

chown root "$T/pki/gm.key"
nts_start gm
ok "a key of root's: status says so" wait_for 10 ended 'exit status 1: .*does not run as root: give'
ok "and is the port down" is_down gm
num "agents that were started in the first second or two" "$(counter gm agent.starts)" -le 5
chown nobody "$T/pki/gm.key"
comes_up 'a key of root'

printf '#!/bin/sh\nexit 127\n' >"$T/bin/nts-agent"
nts_start gm
ok "one whose libraries are gone: status says so" wait_for 10 ended 'exit status 127'
cp "$BUILD/nts-agent" "$T/bin/new" && mv "$T/bin/new" "$T/bin/nts-agent"
comes_up 'libraries'

nts_start gm
ok "the port comes up" wait_for 20 is_up gm
mv "$T/bin/nts-agent" "$T/bin/away"
signed=$(counter gm signed)
kill_agent gm
ok "a program that is gone: status says so" wait_for 10 ended 'cannot be started: No such file'
ok "the clock goes on with its keys" wait_for 5 counter_above gm signed "$((signed + 20))"
starts=$(counter gm agent.starts)
mv "$T/bin/away" "$T/bin/nts-agent"
ok "once it is back, it is started" wait_for 25 counter_above gm agent.starts "$starts"
is "the port never went down" "$(counter gm port_downs)" 0

# Nothing is wrong with the key.
shown() {
	"$NTS4PTP" status --address "$T/gm.status" | grep -q "secured *$1"
}
ip -n "$NET_TAG-gm" link set eth0 down
ok "without a link: status does not blame the key" wait_for 10 shown 'DOWN, though there is a key: is the link up'
ip -n "$NET_TAG-gm" link set eth0 up
ok "with it the port is up again" wait_for 25 shown up
done_testing
