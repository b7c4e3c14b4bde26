#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every wrapped function is called: the linker would not say when one were not. Counted by
# coverage data of the sanitizer build, over a pair with unicast delay requests (sendto) and a
# peer-to-peer transparent clock (peer, deferred timestamps).
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
notes=$BUILD/seam/seam_wrap.gcno
[ -e "$notes" ] || skip_all "needs a build with COVERAGE=--coverage or SAN=1"

# covered NAME HOST [ARGUMENT...]
covered() {
	local name=$1
	shift
	start "$name" "$name" env GCOV_PREFIX="$T/cov-$name" GCOV_PREFIX_STRIP=99 \
		"$PTP4L_NTS" -f "$T/$name.conf" "$@"
}

# called NAME FUNCTION: how often.
called() {
	awk -v f="__wrap_$2" '$1 == "function" && $2 == f { print $4 }' "$T/cov-$1/functions"
}

functions() {
	cp "$notes" "$T/cov-$1/"
	(cd "$T/cov-$1" && gcov -b -t seam_wrap.gcda 2>/dev/null) >"$T/cov-$1/functions"
}

both_signed() {
	[ "$(status_get tc '[.ports[].signed] | min')" -gt 10 ]
}

net_up ke gm slave tc
ip -n "$NET_TAG-tc" link add eth1 type veth peer name tc1 netns "$NET_TAG-sw"
in_ns sw ip link add br1 type bridge mcast_snooping 0
in_ns sw ip link set br1 up
in_ns sw ip link set tc1 master br1 up
ip -n "$NET_TAG-tc" addr add 198.51.100.1/24 dev eth1
ip -n "$NET_TAG-tc" link set eth1 up
net_pki gm slave tc
ked_conf
ok "the KE server listens" ked_start

nts_conf gm hybrid_e2e 1
nts_conf slave hybrid_e2e 1 slaveOnly 1
covered gm -i eth0
covered slave -i eth0
ok "the slave follows, by unicast delay requests" wait_for 30 synced slave 3
nts_conf tc clock_type P2P_TC delay_mechanism P2P network_transport UDPv4
covered tc -i eth0 -i eth1
ok "the transparent clock is up" wait_for 20 is_up tc
ok "and forwards what it verified" wait_for 20 counter_above tc verified 20
ok "signing it anew" wait_for 20 both_signed
stop slave
stop tc
stop gm
for name in gm slave tc; do
	functions "$name"
done

for f in $(sed 's/#.*//' ptp4l-nts/wrapped); do
	n=0
	for name in gm slave tc; do
		n=$((n + $(called "$name" "$f")))
	done
	num "__wrap_$f was called" "$n" -gt 0
done
done_testing
