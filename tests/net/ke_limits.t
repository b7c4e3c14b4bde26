#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits of nts-ked for one address: what one has used up, another still gets.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki

# ask_from ADDRESS: a member's request from there is granted.
ask_from() {
	is_grant "$(xxd -r -p <<<"$REQUEST" | tls member -alpn ntske/1 -bind "$1:0" | xxd -p |
		tr -d '\n')"
}

# ---- connections of one address ----
ke_conf "$T/ked.conf" 'handshake_timeout = 30' 'max_connections_per_address = 20' \
	'metrics = 127.0.0.1:9461'
ok "the server is ready" ke_start "$T/ked.conf"
ok "a crowd of 20 from 127.0.0.2" crowd 127.0.0.2 20
ok "an honest client from 127.0.0.1 is served" ask_from 127.0.0.1
lines=$(ke_lines)
ok "the 21st from 127.0.0.2 is not" not ask_from 127.0.0.2
ok "and the log says why" wait_for 5 ke_matches_since "$lines" \
	'connection from 127.0.0.2:[0-9]+ refused: limit reached: connections_per_address'
crowd_goes
ok "when they are gone it is served" wait_for 5 ask_from 127.0.0.2

# ---- an idle and a slow crowd make nobody wait ----
drip() {
	ip netns exec "$NET_TAG-ke" perl -MIO::Socket::INET -e '
		$| = 1;
		my @s = map { my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.3",
			PeerAddr => "127.0.0.1", PeerPort => 4460) or die "$@"; $s->autoflush(1); $s }
			1 .. 20;
		open my $f, ">", $ARGV[0] or die;
		for my $octet (0x16, 3, 1, 2, 0, (1) x 60) {
			print $_ chr $octet for @s;
			select undef, undef, undef, 0.2;
		}' "$T/dripping" >>"$T/client.log" 2>&1 &
	CROWD=$!
	wait_for 5 test -e "$T/dripping"
}
ok "twenty who send an octet at a time" drip
begin=${EPOCHREALTIME/./}
for i in 1 2 3 4 5; do
	ok "an honest client beside them ($i)" ask_from 127.0.0.1
done
num "five answers take less than five seconds" "$((${EPOCHREALTIME/./} - begin))" -lt 5000000
crowd_goes
stop ked

# ---- handshakes per second of one address ----
ke_conf "$T/ked.conf" 'handshakes_per_second = 1' 'handshakes_burst = 3'
ok "the server is ready" ke_start "$T/ked.conf"
lines=$(ke_lines)
ok "ten clients at once from 127.0.0.2" crowd 127.0.0.2 10
ok "are too many, and the log says why" wait_for 5 ke_matches_since "$lines" \
	'connection from 127.0.0.2:[0-9]+ refused: limit reached: handshakes_per_second'
ok "127.0.0.1 is served" ask_from 127.0.0.1
crowd_goes
ok "127.0.0.2 is served again after a while" wait_for 15 ask_from 127.0.0.2
stop ked

# ---- lines of the log ----
ke_conf "$T/ked.conf"
ok "the server is ready" ke_start "$T/ked.conf"
lines=$(ke_lines)
twenty() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		tls member -alpn ntske/1 <"$T/request" >/dev/null &
	done
	wait $(jobs -p | tail -n 20)
}
xxd -r -p <<<"$REQUEST" >"$T/request"
begin=${EPOCHREALTIME/./}
twenty
num "twenty grants make five lines, and one more each second" \
	"$(tail -n "+$((lines + 1))" "$T/ked.log" | grep -c ': granted: ')" -le \
	"$((5 + (${EPOCHREALTIME/./} - begin) / 1000000 + 1))"
sleep 1.1
ok "the next is granted" ask_from 127.0.0.1
ok "and its line says how many were left out" wait_for 5 ke_matches_since "$lines" \
	': granted: .* \([0-9]+ similar suppressed\)'
stop ked

# ---- size of a request, few descriptors ----
ke_conf "$T/ked.conf" 'request_size = 1024' 'max_connections = 100'
KE_CONF=$T/ked.conf
ok "the server is ready" ke_start_with prlimit --nofile=256:4096
# padded OCTETS: a request of so many octets, by a record that nobody knows.
padded() {
	local n=$(($1 - ${#REQUEST} / 2 - 4))
	printf '%s7ffe%04x%s%s' "${REQUEST%"$END"}" "$n" "$(printf '00%.0s' $(seq "$n"))" "$END"
}
ok "1,024 octets are granted" is_grant "$(ask member "$(padded 1024)")"
lines=$(ke_lines)
is "1,025 octets: Error 1" "$(error_of "$(ask member "$(padded 1025)")")" 1
ok "1,025 octets: message too long" wait_for 5 ke_says_since "$lines" \
	'bad request: message too long'

# ---- more connections by a reload: with the descriptors for them ----
descriptors() {
	awk '/^Max open files/ { print $4 }' "/proc/${NET_PIDS[ked]}/limits"
}
more_than() {
	[ "$(descriptors)" -gt "$1" ]
}
is "descriptors for 100 connections" "$(descriptors)" 256
sed -i 's/^max_connections.*/max_connections = 2000/' "$T/ked.conf"
ok "descriptors for 2,000" wait_for 5 more_than 2000
stop ked
done_testing
