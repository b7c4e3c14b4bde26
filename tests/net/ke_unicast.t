#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked for ticket-based unicast, whole, asked by foreign TLS clients with octets from files and by
# our own: registration, key and ticket, revocation by message, by deny list and by CRL, roles in
# certificates.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
pki_cert "$P" ca gm gm1 ip=192.0.2.1 --client
pki_cert "$P" ca slave slave1 ip=192.0.2.11 --client
pki_cert "$P" ca tc tc1 dns=tc.test --client
pki_cert "$P" ca roles roles1 ip=192.0.2.3 \
	'uri=urn:nts4ptp:domain=0;sdoId=0;role=member,grantor,requester' \
	'uri=urn:nts4ptp:portIdentity=020000.fffe.000003-1' --client
pki_cert "$P" ca broken broken1 ip=192.0.2.4 'uri=urn:nts4ptp:domain=0;role=member,king' --client
pki_cert "$P" ca stranger stranger dns=stranger.example --client
: >"$T/deny"
ke_conf "$T/ked.conf" -- '[unicast main]' 'grantors = subject:CN=gm1' 'requesters = gm1, slave?' \
	'transparent_clocks = tc.test' '[authorization]' 'attributes = yes' "deny_file = $T/deny"
ok "the server is ready" ke_start "$T/ked.conf"

HEAD=$PROTOCOL$VERSION
REGISTRATION=${HEAD}840600020003840800060001c000020180040004000f0011$END
UNICAST=${HEAD}840600020000840000060001c0000201840800060001c000020b$END
REVOKE=${HEAD}840600020005$END
is_success() {
	[[ $1 == ${HEAD}840600020004* ]]
}
# ticket_key_of ANSWER: Ticket Key ID of Current
ticket_key_of() {
	[[ $1 =~ 840e0004(.{8}) ]] && echo "${BASH_REMATCH[1]}"
}
says() {
	ke_says_since 0 "$1"
}

# kefetch CERT [OPTION...]
kefetch() {
	local cert=$1
	shift
	in_ns ke "$BUILD/tools/kefetch" --server 127.0.0.1 --ca "$P/ca.crt" --cert "$P/$cert.crt" \
		--key "$P/$cert.key" "$@"
}

# By foreign clients
is "no grantor yet: Error 4" "$(error_of "$(ask slave "$UNICAST")")" 4
is "a Revoke of a grantor that never registered: Error 4" "$(error_of "$(ask gm "$REVOKE")")" 4
is "a Revoke of somebody else: Error 3" "$(error_of "$(ask slave "$REVOKE")")" 3
is "a registration of no grantor: Error 3" "$(error_of "$(ask slave "$REGISTRATION")")" 3
answer=$(ask gm "$REGISTRATION")
ok "openssl s_client registers" is_success "$answer"
key=$(ticket_key_of "$answer")
answer=$(ask_gnutls gm "$REGISTRATION")
ok "gnutls-cli registers again" is_success "$answer"
is "and gets the same ticket key" "$(ticket_key_of "$answer")" "$key"
first=$(ask slave "$UNICAST")
ok "a requester gets its key" is_grant "$first"
is "with a ticket for that ticket key" "$(ticket_key_of "$first")" "$key"
again=$(ask_gnutls slave "$UNICAST")
is "and the same key again" "$(sa_of "$again")" "$(sa_of "$first")"
not_same() { [ "$1" != "$2" ]; }
ok "in a fresh ticket" not_same "$again" "$first"
answer=$(ask tc "$UNICAST")
is "a transparent clock gets the pair's key" "$(sa_of "$answer")" "$(sa_of "$first")"
is "and no ticket" "$(ticket_key_of "$answer")" ''
is "a stranger does not" "$(error_of "$(ask stranger "$UNICAST")")" 3
is "nor one who names another's address" "$(error_of "$(ask gm \
	"${HEAD}840600020000840000060001c0000201840800060001c000020b$END")")" 3
ok "the log says why" says 'not authorized: 192.0.2.11 is not its own'

# Bad ones, from files
bad() {
	echo "$4" >"$T/request.hex"
	is "$1: Error $2" "$(kefetch "$3" --request-hex "$T/request.hex" | cut -d, -f1)" \
		"refused: Error $2"
}
bad 'registration without AEADs' 1 gm "${HEAD}840600020003840800060001c0000201$END"
bad 'registration with a record twice' 1 gm "${REGISTRATION%"$END"}80040002000f$END"
bad 'registration for a group' 1 gm "${HEAD}8406000200038408000700000000000000""80040002000f$END"
bad 'no known AEAD' 32768 gm "${HEAD}840600020003840800060001c000020180040002001e$END"
bad 'MAC of nobody' 32768 slave "${UNICAST%"$END"}040400020063$END"
bad 'empty MAC list' 1 slave "${UNICAST%"$END"}04040000$END"
bad 'container in a request' 1 slave "${UNICAST%"$END"}8401000484010000$END"
bad 'unknown critical record' 0 slave "${UNICAST%"$END"}fffe0000$END"
bad 'Revoke with an identity' 1 gm "${HEAD}840600020005840800060001c0000201$END"
bad 'a grant as a request' 1 gm "${HEAD}840600020001$END"

# Revoking
is "openssl s_client revokes: no message" "$(ask gm "$REVOKE")" ''
is "from then on Error 4" "$(error_of "$(ask slave "$UNICAST")")" 4
is "kefetch: a clean close is the answer" \
	"$(kefetch gm --register 192.0.2.1 >/dev/null && kefetch gm --revoke)" closed
answer=$(ask gm "$REGISTRATION")
ok "registered again: another ticket key" not_same "$(ticket_key_of "$answer")" "$key"
ok "and another key for the pair" not_same "$(sa_of "$(ask slave "$UNICAST")")" "$(sa_of "$first")"

# Restart
key=$(ticket_key_of "$answer") first=$(ask slave "$UNICAST")
{ stop ked KILL; } 2>/dev/null
ke_start "$T/ked.conf"
again=$(ask slave "$UNICAST")
is "after kill -9: same key" "$(sa_of "$again")" "$(sa_of "$first")"
is "after kill -9: same ticket key" "$(ticket_key_of "$again")" "$key"

# Another boot, whose wall clock stands before what the store knows to be past
stop ked
echo 00000000-1111-2222-3333-444444444444 >"$T/boot_id"
echo -3600 >"$T/wall"
lifetime=$(lifetime_of "$again")
reboot() {
	# shellcheck disable=SC2016
	ke_start_with bash -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec env "$@"' \
		"$T/boot_id" LD_PRELOAD="$BUILD/tools/clockshift.so" CLOCKSHIFT_PROGRAM=nts-ked \
		CLOCKSHIFT_REAL_FILE="$T/wall"
}
KE_CONF=$T/ked.conf
ok "another boot" reboot
ok "an unbelievable wall clock is logged" says 'store: the wall clock stands before the last change'
stop ked
ok "back in this boot" ke_start "$T/ked.conf"
again=$(ask slave "$UNICAST")
is "same key" "$(sa_of "$again")" "$(sa_of "$first")"
num "no lifetime has grown" "$(lifetime_of "$again")" -le "$lifetime"

# Roles in certificates
ok "roles in a certificate: member" is_grant "$(ask roles "$REQUEST")"
is "grantor, by its port identity" \
	"$(kefetch roles --register 192.0.2.3,020000.fffe.000003-1 | head -n 1)" registered
is "not by another's" "$(kefetch roles --register 020000.fffe.000004-1 | cut -d, -f1)" \
	'refused: Error 3'
is "requester" "$(kefetch roles --grantor 192.0.2.1 --identity 192.0.2.3 | head -n 1)" granted
is "found by it" "$(kefetch slave --grantor 020000.fffe.000003-1 --identity 192.0.2.11 |
	head -n 1)" granted
is "a URI with anything else counts for nothing" "$(error_of "$(ask broken "$REQUEST")")" 3
sed -i '/^attributes/d' "$T/ked.conf"
lines=$(ke_lines)
kill -HUP "${NET_PIDS[ked]}"
wait_for 5 ke_matches_since "$lines" 'configuration|reload'
is_refused() {
	[ "$(error_of "$(ask "$1" "$2")")" = "$3" ]
}
ok "without attributes = yes it is nobody" wait_for 5 is_refused roles "$REQUEST" 3

# Another key of the CA: a client is issuer and subject, so it is the same one
mkdir "$P/new"
pki_ca "$P/new" ca
pki_cert "$P/new" ca slave slave1 ip=192.0.2.11 --client
for kind in crt key; do
	mv "$P/new/slave.$kind" "$P/new-slave.$kind"
done
first=$(sa_of "$(ask slave "$UNICAST")")
is "a CA that nobody trusts yet" "$(ask new-slave "$UNICAST")" ''
cat "$P/ca.crt" "$P/new/ca.crt" >"$P/both.crt"
sed "s|^client_ca = .*|client_ca = $P/both.crt|" "$T/ked.conf" >"$T/ked.conf.new"
mv "$T/ked.conf.new" "$T/ked.conf"
is_pair() {
	[ "$(sa_of "$(ask "$1" "$UNICAST")")" = "$first" ]
}
ok "by the CA's new key the same client, with the same key" wait_for 5 is_pair new-slave
ok "and by the old one" is_pair slave

# Denied
fingerprint() {
	openssl x509 -in "$P/$1.crt" -outform DER | sha256sum | cut -d' ' -f1
}
echo "sha256:$(fingerprint slave)  # lost" >"$T/deny.new"
mv "$T/deny.new" "$T/deny"
ok "denied by fingerprint, the file alone changed" wait_for 5 is_refused slave "$UNICAST" 3
ok "the log says so" says 'certificate is on the deny list'
echo "sha256:$(fingerprint gm)" >"$T/deny.new"
mv "$T/deny.new" "$T/deny"
ok "a denied grantor is none for others" wait_for 5 is_refused slave "$UNICAST" 4
echo "sha256:12" >"$T/deny.new"
lines=$(ke_lines)
mv "$T/deny.new" "$T/deny"
ok "a bad deny list is refused with file and line" wait_for 5 ke_says_since "$lines" \
	"$T/deny:1: not sha256: and 64 hexadecimal digits"
ok "and the old one stays" is_refused gm "$REGISTRATION" 3
stop ked

# Encrypted keys
openssl rand -hex 32 >"$T/a.key"
openssl rand -hex 32 >"$T/b.key"
chmod 600 "$T"/?.key
: >"$T/deny"
starts_not() {
	local out
	out=$(in_ns ke timeout 10 "$BUILD/nts-ked" -f "$T/ked.conf" 2>&1)
	grep -qF -- "$1" <<<"$out" || { diag "$out" && return 1; }
}
octets_of() {
	cat "$T"/keys.db* | xxd -p | tr -d '\n'
}
same_key() {
	[ "$(sa_of "$(ask slave "$UNICAST")")" = "$sa" ]
}
# resealed OLD WORDS: that succeeds and says so.
resealed() {
	in_ns ke "$BUILD/nts-ked" -f "$T/ked.conf" --reseal "$1" >"$T/reseal.log" 2>&1 &&
		grep -q "$2" "$T/reseal.log" || { diag "$(cat "$T/reseal.log")" && return 1; }
}
ke_start "$T/ked.conf"
ok "registers" is_success "$(ask gm "$REGISTRATION")"
sa=$(sa_of "$(ask slave "$UNICAST")")
num "a key has 32 octets" "${#sa}" -eq 82
sed -i "s|^store = .*|&\nstore_key_file = $T/a.key|" "$T/ked.conf"
ok "not while a server runs on them" not resealed none .
ok "which says why" grep -q 'another process uses it' "$T/reseal.log"
{ stop ked KILL; } 2>/dev/null
ok "a key file for a store with open keys" starts_not 'holds keys that are not encrypted'
ok "the key stands in its files" grep -q "${sa:18}" <<<"$(octets_of)"
ok "they are encrypted" resealed none '[1-9][0-9]* keys encrypted'
ok "no key stands in the file" not grep -q "${sa:18}" <<<"$(octets_of)"
ok "a second time there is nothing to do" resealed none ' 0 keys encrypted'
ok "a server with the key file" ke_start "$T/ked.conf"
ok "has the same key" same_key
{ stop ked KILL; } 2>/dev/null
ke_start "$T/ked.conf"
ok "the same after kill -9" same_key
stop ked
ok "no key stands in the file" not grep -q "${sa:18}" <<<"$(octets_of)"
sed -i "s|^store_key_file.*|store_key_file = $T/b.key|" "$T/ked.conf"
ok "another key file" starts_not "its keys are encrypted with another key than store_key_file's"
sed -i '/^store_key_file/d' "$T/ked.conf"
ok "no key file" starts_not 'its keys are encrypted, and no store_key_file is given'
ok "the wrong old key" not resealed "$T/b.key" .
ok "the right one: they are open again" resealed "$T/a.key" '[1-9][0-9]* keys decrypted'
ok "a server without" ke_start "$T/ked.conf"
ok "has the same key still" same_key
stop ked
done_testing
