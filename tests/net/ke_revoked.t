#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Revoked, by the CA's list or by the deny list, or taken off the list of grantors, gets nothing from
# the next request on: neither who is, nor who asks for a key with one, nor who resumes a session of
# before.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
for n in 1 2; do
	pki_cert "$P" ca "gm$n" "gm$n" "ip=192.0.2.$n" --client
	pki_cert "$P" ca "slave$n" "slave$n" "ip=192.0.2.1$n" "dns=slave$n.test" --client
done
pki_crl "$P" ca
: >"$T/deny"
ke_conf "$T/ked.conf" "client_crl = $P/ca.crl" 'resumption = 3600' 'request_timeout = 60' -- \
	'[unicast main]' 'grantors = gm?' 'requesters = slave?' '[authorization]' \
	"deny_file = $T/deny"
ok "the server is ready" ke_start "$T/ked.conf"

HEAD=$PROTOCOL$VERSION
# of_gm N: a registration; for_gm N REQUESTER: a request for a key with it.
of_gm() {
	echo "${HEAD}840600020003840800060001c000020${1}80040004000f0011$END"
}
for_gm() {
	local last=(- b c)	# 192.0.2.11 and .12
	echo "${HEAD}840600020000840000060001c000020${1}840800060001c000020${last[$2]}$END"
}
is_success() {
	[[ $1 == ${HEAD}840600020004* ]]
}
is_refused() {
	[ "$(error_of "$(ask "$1" "$2")")" = "$3" ]
}
not_refused() {
	is_grant "$(ask "$1" "$2")"
}
# nothing CERT: the TLS handshake ends with an alert.
nothing() {
	[ -z "$(ask "$1" "$REQUEST")" ]
}
says() {
	ke_says_since "$lines" "$1"
}

# ---- sessions ----

# session CERT [OPTION...]: a request of s_client that keeps what it could resume.
session() {
	xxd -r -p <<<"$REQUEST" | session_of_input "$@"
}
session_of_input() {
	local cert=$1
	shift
	in_ns ke timeout 30 openssl s_client -connect 127.0.0.1:4460 \
		-CAfile "$P/ca.crt" -cert "$P/$cert.crt" -key "$P/$cert.key" -alpn ntske/1 \
		-nocommands -ign_eof "$@" >"$T/session.out" 2>>"$T/client.log"
	grep -a '^New\|^Reused' "$T/session.out"
}
first() {
	[[ $(session "$1" -sess_out "$T/$1.sess") == New* ]] && [ -s "$T/$1.sess" ]
}
resumes() {
	[[ $(session "$1" -sess_in "$T/$1.sess") == Reused* ]] && grant_in_session
}
grant_in_session() {
	xxd -p "$T/session.out" | tr -d '\n' | grep -q "${KEY_REQUEST%00}01"
}
# It is told so, whether it is resumed or not.
resumes_in_vain() {
	session "$1" -sess_in "$T/$1.sess" >/dev/null
	grep -aq '^CONNECTED' "$T/session.out" && not grant_in_session
}

for n in 1 2; do
	ok "slave$n has a session" first "slave$n"
	ok "slave$n resumes it and has its key" resumes "slave$n"
	ok "gm$n registers" is_success "$(ask "gm$n" "$(of_gm "$n")")"
	ok "a requester has a key with gm$n" is_grant "$(ask "slave$n" "$(for_gm "$n" "$n")")"
done

# ---- on the CA's list ----
# It shakes hands, asks only later, and the list comes between. The ticket says that it has shaken.
mkfifo "$T/later"
rm "$T/session.out"
session_of_input slave1 <"$T/later" >/dev/null &
held=$!
exec 4>"$T/later"
has_ticket() {
	grep -aqs 'New Session Ticket arrived' "$T/session.out"
}
ok "a client shakes hands and waits" wait_for 5 has_ticket
lines=$(ke_lines)
pki_crl "$P" ca slave1 gm1
ok "a grantor on the list is none: Error 4" wait_for 5 is_refused slave2 "$(for_gm 1 2)" 4
ok "the log says why" says 'grantor 192.0.2.1: its certificate is revoked'
ok "it can register no more" nothing gm1
ok "the other is one still" is_grant "$(ask slave2 "$(for_gm 2 2)")"
ok "a requester on the list gets nothing" nothing slave1
xxd -r -p <<<"$REQUEST" >&4
exec 4>&-
wait "$held"
ok "nor who shook hands before" not grant_in_session
ok "but is told" says 'not authorized: certificate is revoked'
ok "nor on its session of before" resumes_in_vain slave1
ok "the log says so" says 'certificate is revoked'
ok "the other still resumes, or begins anew" is_grant "$(ask slave2 "$REQUEST")"
stop ked
ok "another start" ke_start "$T/ked.conf"
ok "the grantor on the list is none" is_refused slave2 "$(for_gm 1 2)" 4
pki_crl "$P" ca
ok "off the list again: a grantor, as it has registered" \
	wait_for 5 not_refused slave2 "$(for_gm 1 2)"

# ---- lists that are not all of the CA, by OpenSSL: none stands for a complete one ----
printf '%s\n' '[ca]' 'default_ca = ca' '[ca]' "database = $T/index" "certificate = $P/ca.crt" \
	"private_key = $P/ca.key" 'default_md = sha256' 'default_crl_days = 10' \
	'[delta]' 'authorityKeyIdentifier = keyid' '2.5.29.27 = critical, ASN1:INTEGER:1' \
	'[indirect]' 'authorityKeyIdentifier = keyid' 'issuingDistributionPoint = critical, @indirect_point' \
	'[indirect_point]' 'indirectCRL = TRUE' '[part]' 'issuingDistributionPoint = critical, @part_point' \
	'[part_point]' 'fullname = URI:http://ca.test/1.crl' '[reasons]' \
	'issuingDistributionPoint = critical, @reasons_point' '[reasons_point]' \
	'onlysomereasons = keyCompromise' '[unknown]' '1.2.3.4 = critical, ASN1:NULL' \
	'[complete]' 'authorityKeyIdentifier = keyid' >"$T/ca.cnf"
: >"$T/index"
# list KIND: in place of the CA's, with nobody on it.
list() {
	lines=$(ke_lines)
	openssl ca -config "$T/ca.cnf" -gencrl -crlexts "$1" -out "$P/$1.crl" 2>>"$P/pki.log" &&
		mv "$P/$1.crl" "$P/ca.crl"
}
# refuses KIND WORDS: the list of before holds.
refuses() {
	list "$1"
	ok "$1: refused" wait_for 8 says 'reload refused: the old configuration stays'
	ok "$1: and why" says "$P/ca.crl: $2"
	ok "$1: who was revoked is" nothing slave1
}
lines=$(ke_lines)
pki_crl "$P" ca slave1
ok "a complete list: taken" wait_for 8 says 'read again'
refuses delta 'is a delta list, and a complete one is wanted'
for kind in indirect part reasons; do
	refuses "$kind" 'is an indirect list or one of a part (issuingDistributionPoint)'
done
refuses unknown 'has a critical extension that is not known: 1.2.3.4'
list complete
ok "a complete one by OpenSSL: taken" wait_for 8 says 'read again'
ok "and nobody is on it" is_grant "$(ask slave1 "$REQUEST")"

# ---- taken off the list of grantors ----
# grantors LIST: another configuration, at one stroke.
grantors() {
	sed "s/^grantors = .*/grantors = $1/" "$T/ked.conf" >"$T/ked.conf.new"
	mv "$T/ked.conf.new" "$T/ked.conf"
}
key_of() {
	sa_of "$(ask slave2 "$(for_gm "$1" 2)")"
}
key=$(key_of 1)
lines=$(ke_lines)
grantors gm2
ok "a grantor that is taken off the list is none: Error 4" wait_for 5 is_refused slave2 "$(for_gm 1 2)" 4
ok "the log says why" says 'grantor 192.0.2.1: it may be a grantor no more'
ok "it can register no more" is_refused gm1 "$(of_gm 1)" 3
ok "the other is one still" is_grant "$(ask slave2 "$(for_gm 2 2)")"
stop ked
ok "another start" ke_start "$T/ked.conf"
ok "the grantor off the list is none" is_refused slave2 "$(for_gm 1 2)" 4
grantors gm?
ok "on it again: a grantor, as it has registered" wait_for 5 not_refused slave2 "$(for_gm 1 2)"
is "with the same key" "$(key_of 1)" "$key"

# ---- on the deny list ----
ok "slave2 has a session" first slave2
ok "slave2 resumes it" resumes slave2
lines=$(ke_lines)
echo "sha256:$(openssl x509 -in "$P/slave2.crt" -outform DER | sha256sum | cut -d' ' -f1)" \
	>"$T/deny.new"
mv "$T/deny.new" "$T/deny"
ok "denied" wait_for 5 is_refused slave2 "$REQUEST" 3
ok "denied on its session of before" resumes_in_vain slave2
ok "the log says so" says 'certificate is on the deny list'
done_testing
