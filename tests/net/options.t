#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Options of ptp4l-nts: wrong ones end it at the start and name file and line, right ones work
# in the file, with '=' in the file, and on the command line.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# refuses NAME REGEX [OPTION VALUE...]: exits non-zero by itself, and says REGEX.
refuses() {
	local name=$1 regex=$2
	shift 2
	nts_conf gm "$@"
	refuses_conf "$name" "$regex"
}

# The same with the gm.conf that is there.
refuses_conf() {
	local name=$1 regex=$2 code
	in_ns gm timeout 10 "$PTP4L_NTS" -f "$T/gm.conf" -i eth0 -m >"$T/refuses.txt" 2>&1
	code=$?
	ok "$name: ends with an error" [ $code -ne 0 -a $code -ne 124 ]
	ok "$name: says why" grep -qE "$regex" "$T/refuses.txt" ||
		diag "$(cat "$T/refuses.txt")"
}

# comes_up NAME [ARGUMENT...]: with the gm.conf that is there
comes_up() {
	local name=$1
	shift
	nts_start gm "$@"
	ok "$name: the port comes up" wait_for 20 is_up gm
	is "$name: from that server" "$(counter gm server)" "$KE_ADDRESS:4460"
	stop gm
}

net_up ke gm
net_pki gm
lines() {
	nts_conf gm
	wc -l <"$T/gm.conf"
}
last=$(($(lines) + 1))

refuses "misspelt option" "nts_servr.*line $last|gm.conf:$last" nts_servr ke.test
refuses "number too small" "nts_timeout.*line $last|gm.conf:$last" nts_timeout 0
refuses "number too large" "nts_subgroup.*line $last|gm.conf:$last" nts_subgroup 65536
refuses "no number" "nts_timeout.*line $last|gm.conf:$last" nts_timeout soon
refuses "unknown mode" "nts_mode.*line $last|gm.conf:$last" nts_mode multicast
refuses "unknown message type" "nts_allow_unsecured" nts_allow_unsecured Sink
refuses "missing CA file" "$T/nowhere.crt" nts_ca_file "$T/nowhere.crt"
refuses "missing certificate" "$T/nowhere.crt" nts_cert_file "$T/nowhere.crt"
refuses "missing key" "$T/nowhere.key" nts_key_file "$T/nowhere.key"
refuses "one-step" "one-?step|twoStepFlag" twoStepFlag 0
for kind in onestep p2p1step; do
	refuses "time_stamping $kind" "NTS needs two-step: .* already signed" time_stamping $kind
done
refuses "port of the server" "nts_server" nts_server "$KE_ADDRESS:99999"
refuses "empty server in the list" "nts_server" nts_server "$KE_ADDRESS,,ke.test"
if has_option active_key_id; then
	printf '[security_association]\nspp 1\n1 AES128 16 HEX:%032d\n' 1 >"$T/sa"
	refuses "linuxptp's static keys, too" "static keys" sa_file "$T/sa" spp 1 active_key_id 1
fi

# Without a server, but a port means to be secured.
for mode in group ticket; do
	ptp_conf gm
	printf '[eth0]\nnts_mode %s\n' "$mode" >>"$T/gm.conf"
	refuses_conf "nts_mode $mode of a port, no server" "nts_server: not set"
done

ip -n "$NET_TAG-gm" link add eth1 type veth peer name eth2
for port in eth0 eth1; do
	nts_conf gm clock_type E2E_TC network_transport L2
	printf '[eth0]\n[eth1]\n[%s]\nnts_mode off\n' "$port" >>"$T/gm.conf"
	refuses_conf "a transparent clock with $port off" "transparent"
done

ked_conf
ok "the KE server listens" ked_start
nts_conf gm
comes_up "in the file"
sed -i "s/^nts_server .*/nts_server=$KE_ADDRESS/" "$T/gm.conf"
comes_up "with ="
sed -i "s/^nts_server.*/nts_server = $KE_ADDRESS:4460/" "$T/gm.conf"
comes_up "with = and a port"
sed -i "/^nts_server/d" "$T/gm.conf"
comes_up "on the command line" --nts_server="$KE_ADDRESS"
done_testing
