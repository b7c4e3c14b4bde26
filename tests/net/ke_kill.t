#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked under load, killed with -9 at random instants more than a hundred times, its wall clock
# stepping: whatever it ever said stays true. No key changes, no lifetime grows, no period gets a
# second key, nothing that was taken back comes again.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

KILLS=${KILLS:-110}

net_ns ke
ke_pki
pki_cert "$P" ca gm1 gm1 dns=gm1.test ip=192.0.2.1 --client
pki_cert "$P" ca gm2 gm2 dns=gm2.test ip=192.0.2.2 --client
pki_cert "$P" ca slave slave dns=slave.test ip=192.0.2.11 --client
openssl rand -hex 32 >"$T/store.key"
chmod 600 "$T/store.key"
ke_conf "$T/ked.conf" "store_key_file = $T/store.key" 'handshakes_per_second = 0' \
	'max_connections_per_address = 0' 'log_level = 6' 'workers = 2' -- 'lifetime = 20' \
	'update_period = 8' '[unicast main]' 'grantors = gm*.test' 'requesters = *.test' \
	'lifetime = 21' 'update_period = 6' 'lead = 4'

# load NAME CERT [OPTION...]
load() {
	local name=$1 cert=$2
	shift 2
	start "$name" ke "$BUILD/tools/keload" --host 127.0.0.1 --ca "$P/ca.crt" \
		--cert "$P/$cert.crt" --key "$P/$cert.key" "$@"
}

# The server may be killed before it is ready, too.
serve() {
	: >"$T/ked.log"
	start ked ke env LD_PRELOAD="$BUILD/tools/clockshift.so" CLOCKSHIFT_PROGRAM=nts-ked \
		CLOCKSHIFT_REAL_FILE="$T/wall" "$BUILD/nts-ked" -f "$T/ked.conf"
}
listens() {
	grep -qs 'nts-ked ready' "$T/ked.log"
}

echo 0 >"$T/wall"
serve
ok "the server is ready" wait_for 10 listens
load group member
load registers gm1 --register 192.0.2.1
load revokes gm2 --register 192.0.2.2 --revoke
load asks slave --grantor 192.0.2.1 --identity 192.0.2.11
load asks2 slave --grantor 192.0.2.2 --identity 192.0.2.11 --unsteady

early=0
for ((i = 0; i < KILLS; i++)); do
	# in one of four, while it starts
	if [ $((RANDOM % 4)) = 0 ]; then
		sleep "0.0$((RANDOM % 100))"
		listens || early=$((early + 1))
	else
		for ((step = 0; step < 1000; step++)); do
			! listens || break
			sleep 0.02
		done
		echo "$((RANDOM * 50))" >"$T/wall"
		sleep "0.$((RANDOM % 20 + 5))"
	fi
	{ stop ked KILL; } 2>/dev/null
	serve
done
ok "it is ready after $KILLS kills" wait_for 10 listens
sleep 1

killed=$KILLS
for name in group registers revokes asks asks2; do
	load_end "$name"
done
diag "killed $killed times, $early of them before it listened"
stop ked
ok "the store is whole" not grep -qE 'damaged|not a key store' "$T/ked.log"
done_testing
