#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The checks of the network tests themselves: each fails where there is nothing to look at.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# fails COMMAND...: a check, said by itself to have failed, or that ended its shell.
fails() {
	local out
	out=$(NET_RUN=0 && "$@" 2>&1 && echo "ends well") || return 0
	grep -q '^not ok 1' <<<"$out" || { diag "$out" && return 1; }
}

sums() {
	# shellcheck disable=SC2317
	is "a sum" "$(($(counter nobody refused_total) - $(counter nobody verified)))" 0
}

quietly() {
	"$@" >/dev/null 2>&1
}

net_up ke one
ok "a counter of a clock that is not there is not 0" fails is refused "$(counter nobody refused_total)" 0
ok "nor is its sum over ports" fails is refused "$(total nobody refused_total)" 0
ok "nor that of a port" fails is refused "$(port nobody 1 refused_total)" 0
ok "nor is it above anything" not quietly counter_above nobody verified -1
ok "nor a number" fails num refused "$(counter nobody refused_total)" -le 5
ok "nor can it be reckoned with" fails sums
ok "two clocks that are not there have not the same key" \
	fails is "the same key" "$(counter nobody key_id)" "$(counter neither key_id)"
ok "one is neither up nor down" not is_up nobody
ok "nor down" not is_down nobody
ok "its status is none" not quietly status_get nobody .
ok "it has no other agent" not quietly has_other_agent nobody 7
ok "nothing is no number" fails num nothing "" -le 5
ok "a file that is not there has not been looked at" fails ok "no key in it" not grep -q key "$T/nowhere"
: >"$T/empty"
ok "one that is there has" not grep -q key "$T/empty"
: >"$T/silent.log"
num "without offsets the largest is no small one" "$(offset_max silent)" -gt 1000000000
echo 'ptp4l[1.0]: master offset -7 s0 freq +0 path delay 9' >"$T/rough.log"
is "with them it is the largest" "$(offset_max rough)" 7
echo 'ptp4l[1.0]: rms 5 max 8 freq +0 +/- 0 delay 9 +/- 0' >>"$T/rough.log"
is "those of sums, too" "$(offset_max rough)" 8

# ends WORDS NAME COMMAND...: a daemon that is ready, or dead, and stopped then, of which that is said.
ends() {
	(
		NET_BAD_ENDS=()
		start "$2" one "${@:3}"
		wait_for 10 ready_or_dead "$2"
		stop "$2"
		printf '%s\n' "${NET_BAD_ENDS[*]}" | grep -qxF -- "$1"
	) 2>/dev/null	# bash tells of signals
}
ready_or_dead() {
	! running "$1" || grep -q ready "$T/$1.log"
}
ok "a daemon that ends when it is told to" ends '' good sh -c 'echo ready; exec sleep 60'
ok "one that had died of a signal" ends 'bad died of signal 11' bad sh -c 'kill -SEGV $$'
held() {
	# shellcheck disable=SC2317
	ends '' held sh -c 'echo ready; kill -STOP $$; sleep 60'
}
ok "one that is held" held
ok "one that does not listen" ends 'deaf did not end on SIGTERM' deaf \
	sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'

# The agent has no standard error of its own, and is not root.
has_agent() {
	[ "$(counter one agent.pid)" -gt 0 ]
}
if ldd "$BUILD/nts-agent" | grep -q libasan; then
	net_pki one
	nts_conf one
	nts_start one
	ok "a key agent" wait_for 10 has_agent
	kill -SEGV "$(counter one agent.pid)"
	ok "whose fault is reported" wait_for 10 not no_sanitizer_reports
	stop one
	rm -f "$T"/san/*
fi
done_testing
