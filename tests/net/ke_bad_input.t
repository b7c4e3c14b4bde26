#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile and broken clients of nts-ked: each is refused, the log says exactly why, and an honest
# client is served meanwhile and afterwards.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
pki_ca "$P" other
pki_cert "$P" other foreign gm dns=gm.test --client
pki_cert "$P" ca expired gm dns=gm.test --client --expired
pki_cert "$P" ca early gm dns=gm.test --client --not-yet
pki_cert "$P" ca server gm dns=gm.test --server
pki_cert "$P" ca stranger stranger dns=stranger.example --client
ke_conf "$T/ked.conf" 'handshake_timeout = 3' 'request_timeout = 3' \
	'max_connections = 100'
ok "the server is ready" ke_start "$T/ked.conf"

# honest: a member gets keys, sooner than any timeout of the server
honest() {
	local begin=${EPOCHREALTIME/./}
	is_grant "$(ask member "$REQUEST")" && [ $((${EPOCHREALTIME/./} - begin)) -lt 2500000 ]
}

# handshake NAME REASON CERT [OPTION...]: fails, and the log has the reason.
handshake() {
	local name=$1 reason=$2 lines
	shift 2
	lines=$(ke_lines)
	is "$name: no answer" "$(echo x | tls "$@" | xxd -p)" ''
	ok "$name: $reason" wait_for 5 ke_says_since "$lines" " failed: $reason"
}

ok "a member is served" honest
ok "a member is served with gnutls-cli" is_grant "$(ask_gnutls member "$REQUEST")"

handshake 'TLS 1.2' 'peer does not offer TLS 1.3' member -alpn ntske/1 -tls1_2
handshake 'no ALPN' 'no common application protocol (ALPN ntske/1)' member
handshake 'wrong ALPN' 'no common application protocol (ALPN ntske/1)' member -alpn ntske/2
handshake 'no certificate' 'peer sent no certificate' '' -alpn ntske/1
handshake 'another CA' 'certificate is not from a trusted CA' foreign -alpn ntske/1
handshake 'expired' 'certificate has expired' expired -alpn ntske/1
handshake 'not valid yet' 'certificate is not valid yet' early -alpn ntske/1
handshake 'a server certificate' 'certificate is for another purpose' server -alpn ntske/1

# tcp HEX SECONDS: without TLS; holds the connection for that long.
tcp() {
	# shellcheck disable=SC2016
	in_ns ke bash -c 'exec 3<>/dev/tcp/127.0.0.1/4460; xxd -r -p <<<"$1" >&3; sleep "$2"' \
		tcp "$1" "$2"
}

lines=$(ke_lines)
tcp 474554202f20485454502f312e310d0a0d0a 0.2
ok "no TLS at all: TLS failed" wait_for 5 ke_says_since "$lines" 'failed: TLS failed'

# refused NAME ERROR CERT HEX LOG
refused() {
	local name=$1 lines
	lines=$(ke_lines)
	is "$name: Error $2" "$(error_of "$(ask "$3" "$4")")" "$2"
	ok "$name: $5" wait_for 5 ke_says_since "$lines" "$5"
}

HEAD=$PROTOCOL$VERSION$KEY_REQUEST
refused 'not a member' 3 stranger "$REQUEST" 'not authorized: not a member of group main'
refused 'no such group' 3 member "${HEAD}8400000700000900000000$END" \
	'not authorized: no such group: group domain 9'
refused 'unknown critical record' 0 member "$HEAD$GROUP${PROTOCOL:0:1}fff0000$END" \
	'unrecognized critical record: unknown critical record'
refused 'record twice' 1 member "$HEAD$GROUP$GROUP$END" 'bad request: record stands twice'
refused 'octets behind the end' 1 member "$REQUEST$END" \
	'bad request: octets after End of Message'
refused 'a grantor that nobody knows' 4 member \
	"${HEAD}840000060001c0000201""840800060001c0000202$END" \
	'not registered: no grantor 192.0.2.1 has registered'

# Non-critical records of types nobody knows, up to 16,385 octets and no end.
too_long=$HEAD${GROUP}7ffe3fe0$(printf '00%.0s' {1..16352})
is "16,385 octets are 16,385" "$((${#too_long} / 2))" 16385
longest=$HEAD${GROUP}7ffe3fdb$(printf '00%.0s' {1..16347})$END
is "16,384 octets are 16,384" "$((${#longest} / 2))" 16384
ok "16,384 octets are granted" is_grant "$(ask member "$longest")"
lines=$(ke_lines)
is "16,385 octets: Error 1" "$(error_of "$(ask member "$too_long")")" 1
ok "16,385 octets: message too long" wait_for 5 ke_says_since "$lines" \
	'bad request: message too long'

lines=$(ke_lines)
is "no End of Message, then close_notify: Error 1" \
	"$(error_of "$(ask_gnutls member "$HEAD$GROUP")")" 1
ok "no End of Message: the log says so" wait_for 5 ke_says_since "$lines" \
	'bad request: no End of Message record'
lines=$(ke_lines)
is "no End of Message, then silence: no answer" "$(ask member "$HEAD$GROUP")" ''
ok "no End of Message, then silence: timed out" wait_for 5 ke_matches_since "$lines" \
	'^connection with 127.0.0.1:[0-9]+ failed: timed out'
lines=$(ke_lines)
tcp '' 5 &
silent=$!
ok "no octet at all: timed out" wait_for 5 ke_matches_since "$lines" \
	'^TLS handshake with 127.0.0.1:[0-9]+ failed: timed out'
wait "$silent"

# Ninety that say nothing, three of them after the handshake.
lines=$(ke_lines)
silent=()
for i in 1 2 3; do
	sleep 8 | tls member -alpn ntske/1 >/dev/null &
	silent+=($!)
done
ok "a crowd says nothing" crowd 127.0.0.1 87
for i in 1 2 3; do
	ok "an honest client is served beside silent ones ($i)" honest
done
ok "those silent after the handshake are put out" wait_for 8 ke_matches_since "$lines" \
	'^connection with 127.0.0.1:[0-9]+ failed: timed out'
crowd_goes
wait "${silent[@]}"

# Beyond the limit connections are closed, and those who come later are served.
lines=$(ke_lines)
ok "a larger crowd" crowd 127.0.0.1 110
ok "over the limit: refused" wait_for 5 ke_says_since "$lines" \
	'refused: limit reached: connections (100 open)'
crowd_goes

# The alert that says why must not be overtaken by the end of the connection.
told=0
for _ in {1..20}; do
	in_ns ke "$TOOLS/kefetch" --server 127.0.0.1:4460 --ca "$P/ca.crt" --cert "$P/foreign.crt" \
		--key "$P/foreign.key" --domain 0 --sdo 0 --sub 0 2>&1 | grep -q 'alert 48' &&
		told=$((told + 1))
done
is "each time a client is told why it is refused" "$told" 20

ok "after all this an honest client is served" wait_for 5 honest
ok "the server still runs" running ked
stop ked
ok "and ends with its counts" grep -qE '^[0-9]+ connections, [1-9][0-9]* over the limit' \
	"$T/ked.log"

# Out of descriptors accepting pauses, the loop does not spin, and it goes on afterwards.
ke_conf "$T/ked.conf" 'handshake_timeout = 30'
cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/${NET_PIDS[ked]}/stat"
}
ok "the server is ready with 40 descriptors" ke_start_with prlimit --nofile=40:40
lines=$(ke_lines)
ok "a crowd" crowd 127.0.0.1 60
ok "out of descriptors: pauses" wait_for 5 ke_says_since "$lines" \
	'accepting pauses for 100 ms: Too many open files'
ticks=$(cpu_ticks)
sleep 1
num "and does not spin" "$(($(cpu_ticks) - ticks))" -lt 30
crowd_goes
ok "then an honest client is served" wait_for 5 honest
stop ked
done_testing
