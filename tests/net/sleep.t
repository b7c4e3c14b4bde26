#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines sleep: time that was slept through counts for the lifetime of keys. The clock and its
# agent are shown a boot time that steps, while no timer of theirs goes on: as after a suspend.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# sleeps SECONDS: more than before.
slept=0
sleeps() {
	slept=$((slept + $1 * 1000))
	echo "$slept" >"$T/slept.new"
	chmod 644 "$T/slept.new"
	mv "$T/slept.new" "$T/slept"
	at=${EPOCHREALTIME/./}
}

grants() {
	status_get gm '.ports[0].servers[0].grants'
}

granted_again() {
	[ "$(grants)" != "$before" ]
}

net_up ke gm
net_pki gm
ked_conf lifetime=3600 update_period=1200
nts_conf gm
sleeps 0
shifted() {
	local name=$1 host=$2
	shift 2
	start "$name" "$host" env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_BOOT_FILE="$T/slept" \
		CLOCKSHIFT_PROGRAM=ptp4l-nts,nts-agent,nts-ked "$@"
}
shifted ked ke "$BUILD/nts-ked" -f "$T/ked.conf"
ok "the KE server listens" wait_for 10 ked_listens
shifted gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i eth0
ok "the port comes up" wait_for 20 is_up gm
agent=$(counter gm agent.pid)

# Into the update period.
before=$(grants)
sleeps 3400
ok "after a sleep into the update period the agent asks" wait_for 40 granted_again
asked=$(ms_since "$at")
is "the port stayed up" "$(counter gm port_downs)" 0

# Beyond the key's end, and that of the next one.
key=$(counter gm key_id)
sleeps 7300
ok "after a sleep beyond their end the keys are not used" wait_for 10 counter_above gm port_downs 0
ok "the log says why" grep -q 'has ended without a successor' "$T/gm.log"
ok "the agent asks, and the port comes up" wait_for 40 is_up gm
up=$(ms_since "$at")
ok "with another key" [ "$(counter gm key_id)" != "$key" ]
is "the agent was not taken for hung" "$(counter gm agent.hangs)$(counter gm agent.pid)" "0$agent"
num "within seconds of waking, ms" "$up" -le 8000
diag "after waking: asked anew $asked ms later in the update period; behind" \
	"the keys' end new ones were in use $up ms later"
done_testing
