#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several workers on one address: all serve, all hand out the same keys, over a change of keys and
# of certificates; another server's address is still refused.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
# shellcheck disable=SC2119
ke_conf "$T/ked.conf" 'workers = 3' -- 'lifetime = 6' 'update_period = 5'
ok "three workers are ready" ke_start "$T/ked.conf"
is "on three sockets" "$(in_ns ke ss -Hltn 'sport = 4460' | wc -l)" 3
threads() {
	find "/proc/${NET_PIDS[ked]}/task" -mindepth 1 -maxdepth 1 | wc -l
}
is "in three threads beside the main one" "$(threads)" 4

# Which worker has served, by the CPU time of its thread.
busy_threads() {
	local t n=0
	for t in /proc/"${NET_PIDS[ked]}"/task/*; do
		[ "${t##*/}" = "${NET_PIDS[ked]}" ] ||
			n=$((n + ($(awk '{ print $1 }' "$t/schedstat") > 2000000)))
	done
	echo "$n"
}
served_by_all() {
	honest && [ "$(busy_threads)" = 3 ]
}
honest() {
	is_grant "$(ask member "$REQUEST")"
}
ok "all of them serve" wait_for 30 served_by_all

# Keys change every second or so: whoever is asked, a key ID has one key only.
for i in $(seq 30); do
	ask member "$REQUEST" | grep -oE '84090029.{82}'
done >"$T/sas"
is "a key ID has one key, whoever is asked" \
	"$(sort -u "$T/sas" | cut -c 15-22 | sort | uniq -d)" ''
num "keys have changed meanwhile" "$(sort -u "$T/sas" | wc -l)" -ge 2

pki_ca "$P" other
pki_cert "$P" other foreign gm dns=gm.test --client
cat "$P/other.crt" >>"$P/ca.crt"
lines=$(ke_lines)
kill -HUP "${NET_PIDS[ked]}"
ok "SIGHUP: read again" wait_for 5 ke_says_since "$lines" \
	'configuration, certificates and keys read again'
refused=0
for _ in {1..12}; do
	is_grant "$(ask foreign "$REQUEST")" || refused=$((refused + 1))
done
is "and all workers have taken it" "$refused" 0

ke_conf "$T/second.conf" 'workers = 2'
sed -i "s|^store = .*|store = $T/second.db|" "$T/second.conf"
status=0
in_ns ke timeout 10 "$BUILD/nts-ked" -f "$T/second.conf" >"$T/second.log" 2>&1 || status=$?
is "a second server on the address is refused" "$status" 1
ok "and says why" grep -qF 'listen: 127.0.0.1: Address already in use' "$T/second.log"

stop ked
ok "it ends with the counts of all" grep -qE '^[0-9]{2,} connections, .* [0-9]{2,} grants$' \
	"$T/ked.log"
done_testing
