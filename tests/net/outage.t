#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The KE server is gone for longer than keys last: they are used to their end, then the ports go
# down, say why, and come back by themselves as soon as there are keys.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# stamp NAME REGEX [FROM_LINE]: milliseconds of the first line that matches.
stamp() {
	tail -n "+${3:-1}" "$T/$1.log" | grep -E -m 1 "$2" | sed -E 's/^[^[]*\[([0-9]+)\.([0-9]+)\].*/\1\2/'
}

net_up ke gm slave
net_pki gm slave
ked_conf lifetime=12 update_period=8 grace_period=3
ok "the KE server listens" ked_start
nts_pair
ok "the slave follows" wait_for 30 synced slave 2
ok "the next key is known to both" wait_for 30 next_known
stop ked
lines=$(log_lines slave)
gm_lines=$(log_lines gm)
rotations=$(counter gm rotations)
signed=$(counter gm signed)
ok "the next key is used, too" wait_for 20 counter_above gm rotations "$rotations"
is "no state change before keys end: slave" "$(state_changes slave "$lines")" 0
is "no state change before keys end: grandmaster" "$(state_changes gm "$gm_lines")" 0
ok "the ports go down when keys end" both 40 is_down
num "it went on signing until then" "$(($(counter gm signed) - signed))" -gt 200
ok "the log says why" grep -q 'has ended without a successor' "$T/gm.log"
late=$(($(stamp gm 'going down') - $(stamp gm 'has ended without')))
num "it went down at the end of the key, ms later" "$late" -le 50
failures=$(counter gm last_exchange.failures)
ok "it goes on asking" wait_for 30 counter_above gm last_exchange.failures "$((failures + 1))"

offsets=$(offsets slave)
declare -A down=([gm]=$(log_lines gm) [slave]=$(log_lines slave))
ok "the KE server is back" ked_start
back=$EPOCHREALTIME
ok "both ports come up by themselves" both 30 is_up
waited=$(((${EPOCHREALTIME/./} - ${back/./}) / 1000))
ok "the slave follows again" wait_for 20 synced slave $((offsets + 2))
for name in gm slave; do
	up=$(($(stamp $name 'FAULTY to LISTENING' "${down[$name]}") -
		$(stamp $name 'NTS: keys for' "${down[$name]}")))
	num "$name was up as soon as there were keys, ms later" "$up" -le 50
	is "$name went down once" "$(counter $name port_downs)" 1
done
diag "down $late ms after the key's end; after the server's return keys came within $waited ms," \
	"and the port was up $up ms later"
done_testing
