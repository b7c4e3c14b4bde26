#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Many key agents whose server is away and comes back, or that are started at once: they do not come all
# at once.
# AGENTS=200 make net TESTS=tests/net/herd.t BUILD=... for the figure of a build without sanitizers.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
AGENTS=${AGENTS:-40}
AWAY=${AWAY:-20}

# figure NAME
figure() {
	awk -v name="$1" '/^agents / { for (i = 1; i < NF; i++) if ($i == name) print int($(i + 1)) }' \
		"$T/agents.log"
}

over() {
	! running agents
}

# herd [JITTER]
herd() {
	start agents herd "$TOOLS/agents" "$BUILD/nts-agent" "$AGENTS" "$KE_ADDRESS" "$T/pki/ca.crt" \
		"$T/pki/herd.crt" "$T/pki/herd.key" 240 "$@"
}

net_up ke herd
net_pki herd
ked_conf
herd
sleep "$AWAY"
ok "the server comes back" ked_start
ok "each agent gets keys" wait_for 120 over
num "all of them" "$(figure granted)" -eq "$AGENTS"
spread=$(($(figure last_grant_s) - $(figure first_grant_s)))
num "seconds between the first and the last" "$spread" -ge 8
num "in its busiest second the server granted no more than half of them" \
	"$(figure busiest_grants)" -le $((AGENTS / 2))
num "an agent has asked so often on average, at most" $(($(figure attempts) / AGENTS)) -le 9
diag "$(cat "$T/agents.log")"
diag "away for $AWAY s, then all $AGENTS had keys in $spread s," \
	"at most $(figure busiest_grants) grants a second"

# A whole network that is started at once: the power is back.
JITTER=15
for jitter in 0 $JITTER; do
	: >"$T/agents.log"
	herd $jitter
	ok "jitter of $jitter s: each agent gets keys" wait_for 90 over
	num "jitter of $jitter s: all of them, at the first attempt" "$(figure attempts)" -eq "$AGENTS"
	diag "jitter of $jitter s: at most $(figure busiest) of $AGENTS connections in a second," \
		"the last keys after $(figure last_grant_s) s"
done
num "with jitter no second sees more than a third of them" "$(figure busiest)" -le $((AGENTS / 3))
num "they come over most of that time, s" "$(figure last_grant_s)" -ge $((JITTER * 2 / 3))
done_testing
