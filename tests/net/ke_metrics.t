#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked's counters as Prometheus text on loopback, and `nts4ptp ke-status`, which shows them.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
pki_ca "$P" other
pki_cert "$P" other foreign gm dns=gm.test --client
pki_cert "$P" ca stranger stranger dns=stranger.example --client
ke_conf "$T/ked.conf" 'metrics = 127.0.0.1:9461' 'workers = 2' 'max_connections_per_address = 5' \
	'handshake_timeout = 60' \
	-- 'lifetime = 600' 'update_period = 60' '[group "odd\name"]' 'domain = 7'
ok "the server is ready" ke_start "$T/ked.conf"

# http REQUEST_LINE: the answer, header and all.
http() {
	# shellcheck disable=SC2016
	in_ns ke timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9461; printf "%s\r\nHost: x\r\nConnection: close\r\n\r\n" "$1" >&3; cat <&3' \
		http "$1"
}

metrics() {
	http 'GET /metrics HTTP/1.1' | sed '1,/^\r$/d'
}

# has LINE: such a line, to the letter.
has() {
	metrics | grep -qxF -- "$1"
}

# value NAME: of the line that begins so.
value() {
	metrics | awk -v name="$1" '$1 == name { print int($2) }'
}

for _ in 1 2 3; do
	key=$(sa_of "$(ask member "$REQUEST")")
done
ask stranger "$REQUEST" >/dev/null
ask member "$PROTOCOL$VERSION$KEY_REQUEST$GROUP$GROUP$END" >/dev/null
ask foreign "$REQUEST" >/dev/null
ask_gnutls '' "$REQUEST" >/dev/null
for i in 1 2 3 4 5 6 7 8; do
	ip netns exec "$NET_TAG-ke" bash -c 'exec 3<>/dev/tcp/127.0.0.1/4460; exec sleep 60' &
	HELD[i]=$!
done
metrics >"$T/metrics"
ok "an answer" grep -q '^HTTP/1.1 200 OK' <(http 'GET /metrics HTTP/1.1')
ok "grants are counted" wait_for 5 has \
	'nts_ked_requests_total{message="ptp_key_request",result="granted"} 3'
ok "refusals are counted" has \
	'nts_ked_requests_total{message="ptp_key_request",result="not_authorized"} 1'
ok "what cannot be read is counted" has \
	'nts_ked_requests_total{message="unreadable",result="bad_request"} 1'
ok "handshakes are counted" has 'nts_ked_handshakes_total 5'
ok "none of them resumed" has 'nts_ked_handshakes_resumed_total 0'
ok "failed ones by reason" has 'nts_ked_handshake_failures_total{reason="cert_untrusted"} 1'
ok "five connections are open" wait_for 5 has 'nts_ked_connections 5'
ok "three were turned away" wait_for 5 has \
	'nts_ked_limit_hits_total{limit="connections_per_address"} 3'
ok "the version" has "nts_ked_build_info{version=\"$("$BUILD/nts-ked" --version | cut -d' ' -f2)\"} 1"
ok "two workers" has 'nts_ked_workers 2'
ok "a group has its key" has 'nts_ked_group_keys{group="main"} 1'
ok "a name that needs it is escaped" has 'nts_ked_group_keys{group="\"odd\\name\""} 1'
num "the key's age" "$(value 'nts_ked_group_key_age_seconds{group="main"}')" -le 60
num "the key's end" "$(value 'nts_ked_group_key_ends_in_seconds{group="main"}')" -ge 500
num "days left on the CA's certificate" "$(value 'nts_ked_certificate_days_left{file="client_ca"}')" -ge 29
num "days left on the server's" "$(value 'nts_ked_certificate_days_left{file="certificate"}')" -gt 1000
is "no registration" "$(value nts_ked_registrations)" 0
ok "every line is one of Prometheus's" not grep -qvE \
	'^(# (HELP|TYPE) nts_ked_[a-z_]+ .+|nts_ked_[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.]+)$' "$T/metrics"
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$T/metrics" | sort >"$T/names"
sed -n '/^| metric /,/^$/s/^|\([^|]*\)|.*/\1/p' "$(dirname "$0")/../../docs/nts-ked.md" |
	grep -o 'nts_ked_[a-z_]*' | sort >"$T/documented"
is "the manual names all of them, and no other" "$(diff "$T/names" "$T/documented")" ''
ok "another path: 404" grep -q '^HTTP/1.1 404' <(http 'GET / HTTP/1.1')
ok "another method: refused" grep -qE '^HTTP/1.1 (405|501)' <(http 'DELETE /metrics HTTP/1.1')
ok "rubbish: refused" not grep -q ' 200 ' <(http 'rubbish')
is "the key has 32 octets" "${#key}" 82
ok "no key is told" not grep -qi "${key:18:16}" "$T/metrics"
ok "no key is in the log" not grep -qi "${key:18:16}" "$T/ked.log"

# ---- nts4ptp ke-status ----
ke_status() {
	in_ns ke "$BUILD/nts4ptp" ke-status "$@"
}
ke_status >"$T/status" 2>&1
is "ke-status: all is well" "$?" 0
ok "it tells the version" grep -qE '^nts-ked +0\.' "$T/status"
ok "it tells handshakes" grep -qE '^ +handshakes +5, resumed 0, chains known 3, failed 1$' "$T/status"
ok "it tells groups" grep -qE '^group main' "$T/status"
ok "it tells certificates" grep -qE 'certificate +[0-9]+ days left' "$T/status"
ok "it tells refusals" grep -qE '1 ptp_key_request: not_authorized' "$T/status"
diag "$(cat "$T/status")"
ke_status --json >"$T/status.json"
is "--json: all is well" "$?" 0
is "--json: grants" "$(jq '.requests_total[] | select(.message == "ptp_key_request" and
	.result == "granted") | .value' "$T/status.json")" 3
is "--json: well" "$(jq .well "$T/status.json")" true
ke_status --address 127.0.0.1:9999 >"$T/status" 2>&1
is "nobody there: exit status" "$?" 2
ok "nobody there: says so" grep -qF '127.0.0.1:9999' "$T/status"
ke_status --address rubbish >"$T/status" 2>&1
is "not an address: exit status" "$?" 64
kill "${HELD[@]}"
stop ked

# ---- not well: a certificate that ends soon ----
printf 'cn = "ca"\nca\ncert_signing_key\ncrl_signing_key\nexpiration_days = 3\n' >"$P/ca.tmpl"
certtool --generate-self-signed --load-privkey "$P/ca.key" --template "$P/ca.tmpl" \
	--outfile "$P/ca.crt" 2>>"$P/pki.log"
ok "the server is ready" ke_start "$T/ked.conf"
ok "it warns of the CA's end" ke_says_since 0 'client_ca: 2 days left'
ke_status >"$T/status" 2>&1
is "ke-status: not well" "$?" 1
ok "and says why" grep -qE 'client_ca +2 days left' "$T/status"
stop ked
done_testing
