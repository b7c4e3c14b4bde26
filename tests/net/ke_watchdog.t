#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The service manager hears that nts-ked lives only as long as every event loop answers: when one
# worker hangs, it hears nothing, and would start nts-ked anew.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
ke_manager
# shellcheck disable=SC2119
ke_conf "$T/ked.conf" 'workers = 2'
KE_CONF=$T/ked.conf
ok "the server is ready" ke_start_with env NOTIFY_SOCKET="$T/notify" WATCHDOG_USEC=400000

signs() {
	grep -c '^WATCHDOG=1$' "$T/manager"
}
more_signs() {
	[ "$(signs)" -gt "$before" ]
}
# quiet: no sign of life for ten times as long as they are apart.
quiet() {
	before=$(signs)
	! wait_for 2 more_signs
}
threads() {
	find "/proc/${NET_PIDS[ked]}/task" -mindepth 1 -maxdepth 1 -printf '%f\n' |
		grep -vx "${NET_PIDS[ked]}"
}

before=0
ok "signs of life" wait_for 5 more_signs
for tid in $(threads); do
	start freeze ke "$BUILD/tools/freeze" "$tid"
	ok "one worker hangs" wait_for 5 grep -q frozen "$T/freeze.log"
	ok "no sign of life, though the others live" wait_for 8 quiet
	stop freeze
	before=$(signs)
	ok "it goes on: signs again" wait_for 5 more_signs
done
kill "$MANAGER"
ok "and it serves" is_grant "$(ask member "$REQUEST")"
done_testing
