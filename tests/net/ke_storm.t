#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Four workers under all six messages, while groups come and go, bad configurations and other lists
# are read, counters are asked for and the store is taken away: no answer is wrong, and each counter
# says what was. Built with SAN=thread, it says too whether threads race.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

SECS=${SECS:-10}

net_ns ke
ke_pki
for n in gm1:192.0.2.1 gm2:192.0.2.2 slave:192.0.2.11 slave2:192.0.2.12 tc:192.0.2.21; do
	pki_cert "$P" ca "${n%:*}" "${n%:*}" "dns=${n%:*}.test" "ip=${n#*:}" --client
done
pki_crl "$P" ca
openssl rand -hex 32 >"$T/store.key"
chmod 600 "$T/store.key"

# conf FILE GROUPS: with that many groups beside main.
conf() {
	local g
	ke_conf "$1" 'workers = 4' 'metrics = 127.0.0.1:9461' "store_key_file = $T/store.key" \
		"client_crl = $P/ca.crl" 'resumption = 600' 'handshakes_per_second = 0' \
		'max_connections_per_address = 0' -- 'lifetime = 20' 'update_period = 8' \
		'[unicast main]' 'grantors = gm*' 'requesters = *' 'transparent_clocks = tc' \
		'lifetime = 21' 'update_period = 6' 'lead = 4'
	for ((g = 1; g <= $2; g++)); do
		printf '%s\n' "[group g$g]" "domain = $g" 'members = *' 'lifetime = 3' \
			'update_period = 2' 'grace_period = 1'
	done >>"$1"
}
conf "$T/many" 20
conf "$T/few" 3
sed 's/^members.*/&\nmembres = nobody/' "$T/many" >"$T/bad"
cp "$T/many" "$T/ked.conf"
ok "the server is ready" ke_start "$T/ked.conf"

LOADS=(group group2 registers revokes asks asks2 tc)
# load NAME CERT [OPTION...]
load() {
	local name=$1 cert=$2
	shift 2
	start "$name" ke "$BUILD/tools/keload" --host 127.0.0.1 --ca "$P/ca.crt" \
		--cert "$P/$cert.crt" --key "$P/$cert.key" "$@"
}
load group member
load group2 member
load registers gm1 --register 192.0.2.1
load revokes gm2 --register 192.0.2.2 --revoke
load asks slave --grantor 192.0.2.1 --identity 192.0.2.11
load asks2 slave2 --grantor 192.0.2.2 --identity 192.0.2.12 --unsteady
has_pair() {
	grep -q 'key and ticket for 192.0.2.11' "$T/ked.log"
}
ok "a pair has a key" wait_for 10 has_pair
load tc tc --grantor 192.0.2.1 --identity 192.0.2.11

# Well or not: the last configuration may be a bad one.
metrics() {
	in_ns ke "$BUILD/nts4ptp" ke-status --json >"$T/metrics" || [ $? = 1 ]
}
end=$((SECONDS + SECS)) told=0
for ((i = 0; SECONDS < end; i++)); do
	files=(many few bad few)
	cp "$T/${files[i % 4]}" "$T/next"
	mv "$T/next" "$T/ked.conf"
	kill -HUP "${NET_PIDS[ked]}" || break
	metrics && told=$((told + 1))
	[ $((i % 7)) != 3 ] || pki_crl "$P" ca
	[ $((i % 11)) != 5 ] || rm -f "$T"/keys.db*
	sleep "0.0$((RANDOM % 100))"
done
is "counters were told each time" "$told" "$i"

granted=0 refused=0 open=0
for name in "${LOADS[@]}"; do
	load_end "$name"
	read -r _ n _ r _ f _ v _ <<<"$counts"
	granted=$((granted + n + v)) refused=$((refused + r)) open=$((open + f))
done

# What the last ones asked may have been answered when they had gone.
is_quiet() {
	metrics && [ "$(jq .connections "$T/metrics")" = 0 ]
}
ok "all connections end" wait_for 10 is_quiet
# sum RESULT
sum() {
	jq "[.requests_total[] | select(.result $1) | .value] | add" "$T/metrics"
}
num "grants: no fewer than were had" "$(sum '== "granted"')" -ge "$granted"
num "grants: no more" "$(sum '== "granted"')" -le $((granted + open))
num "refusals: no fewer" "$(sum '!= "granted"')" -ge "$refused"
num "refusals: no more" "$(sum '!= "granted"')" -le $((refused + open))
# as_logged LINE FILTER: as often as it stands in the log; files may still be read.
as_logged() {
	metrics && [ "$(grep -c "$1" "$T/ked.log")" = "$(jq "$2" "$T/metrics")" ]
}
reloads() {
	echo ".reloads_total[] | select(.result == \"$1\") | .value"
}
ok "configurations taken" wait_for 10 as_logged 'read again$' "$(reloads taken)"
ok "configurations refused" wait_for 10 as_logged '^reload refused' "$(reloads refused)"
ok "store written anew" as_logged '^store: it was gone' .store_restored_total
num "many were taken" "$(jq "$(reloads taken)" "$T/metrics")" -ge 5
num "the store was" "$(jq .store_restored_total "$T/metrics")" -ge 1
stop ked
done_testing
