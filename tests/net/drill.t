#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts4ptp drill: every one of them holds, at the same time; one with something wrong fails and names
# it; what is interrupted leaves nothing behind; what cannot run says what to do.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

DRILLS='multicast unicast boundary transparent outage'
export TMPDIR=$T

# drill NAME OPTION...: in the background; NAME.json and NAME.steps.
drill() {
	local name=$1
	shift
	env --default-signal=INT "$NTS4PTP" drill "$@" --json >"$T/$name.json" 2>"$T/$name.steps" &
	NET_PIDS[$name]=$!
}

# ended NAME: waits for it; its exit status.
ended() {
	local pid=${NET_PIDS[$1]}
	unset "NET_PIDS[$1]"
	wait "$pid"
}

field() {
	jq -r "$2" "$T/$1.json"
}

tool() {
	"$@" >"$T/out.txt" 2>&1
	code=$?
}

left_behind() {
	ip netns | grep "^drill$1-"
}

# interrupt NAME SIGNAL: a running drill.
interrupt() {
	local pid=${NET_PIDS[$1]}
	kill "-$2" "$pid"
	ended "$1"
	is "$2: exit status" $? 130
	ok "$2: no namespace is left" not left_behind "$pid"
	is "$2: no file is left but those of the wrong one" "$(find "$T" -maxdepth 1 -name 'nts-drill-*')" \
		"$kept"
}

for name in $DRILLS; do
	drill "$name" "$name"
done
drill wrong multicast --fault wrong-ca
drill kept multicast --keep
for name in $DRILLS; do
	ended "$name"
	is "$name: exit status" $? 0
	is "$name: it says that it held" "$(field "$name" .held)" true
	num "$name: results" "$(field "$name" '[.results[] | select(.held)] | length')" -ge 5
	[ "$(field "$name" .held)" = true ] || diag "$(cat "$T/$name.steps")"
done
ended wrong
is "wrong CA: exit status" $? 1
ok "wrong CA: named" grep -q 'slave: .*certificate is not from a trusted CA' \
	<(field wrong '.results[] | select(.held | not) | .value')
kept=$(sed -n 's/.*in //p' <(grep 'are kept in' "$T/wrong.steps"))
ok "its log is kept" test -s "$kept/slave.log"
ok "no key of it is" not test -e "$kept/pki"

# Status of one that is kept.
ok "one is kept running" wait_for 30 grep -q 'Left running' "$T/kept.steps"
read -ra command < <(grep 'status --address .*slave' "$T/kept.steps")
tool "${command[@]}"
is "the first command to try works" "$code" 0
ok "it is the slave's" grep -q '^  verified ' "$T/out.txt"
kill -INT "${NET_PIDS[kept]}"
pid=${NET_PIDS[kept]}
ended kept
is "and ends well when interrupted" $? 0
ok "no namespace is left" not left_behind "$pid"
drill interrupted outage
ok "another has begun" wait_for 20 grep -q 'listens' "$T/interrupted.steps"
interrupt interrupted INT

is "the list" "$("$NTS4PTP" drill --list | awk '{ print $1 }' | paste -sd ' ')" "$DRILLS"
tool "$NTS4PTP" drill nonsense
is "no such drill" "$code" 64
tool "$NTS4PTP" drill multicast --fault nonsense
is "no such fault" "$code" 64
tool setpriv --reuid=65534 --clear-groups "$NTS4PTP" drill multicast
is "not root" "$code" 2
ok "not root: says what to do" grep -q 'sudo nts4ptp drill multicast' "$T/out.txt"
tool setpriv --bounding-set=-sys_admin "$NTS4PTP" drill multicast
is "no capability" "$code" 2
ok "no capability: says what to do" grep -q 'CAP_SYS_ADMIN' "$T/out.txt"
done_testing
