#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts4ptp pki makes what nts-ked and ptp4l-nts need, check finds what is wrong in their files, and
# decode tells what was on the wire, but no key.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

tool() {
	"$BUILD/nts4ptp" "$@" >"$T/out.txt" 2>&1
	code=$?
}

pki() {
	tool pki --dir "$T/pki" "$@"
}

told() {
	grep -qE -- "$1" "$T/out.txt" || ! diag "$(cat "$T/out.txt")"
}

# ---- pki ----
pki init
is "init" "$code" 0
pki init
is "init again: refused" "$code" 2
ok "init again: says why" told 'nothing is overwritten'
pki server ke --ip "$KE_ADDRESS" --dns ke.test
is "server" "$code" 0
pki server other
is "server without a name: refused" "$code" 64
for host in gm slave; do
	pki node "$host"
	is "node $host" "$code" 0
	chown nobody "$T/pki/$host.key"
done
pki grantor grantor --ip 192.0.2.9 --domain 3
pki tc tc --mac 02:00:00:00:00:01
ok "attributes of a grantor" grep -qF \
	'urn:nts4ptp:domain=3;sdoId=0x000;subGroup=0;role=member,grantor,requester' \
	<(openssl x509 -in "$T/pki/grantor.crt" -noout -ext subjectAltName)
ok "attributes of a transparent clock" grep -qF 'role=member,transparentClock' \
	<(openssl x509 -in "$T/pki/tc.crt" -noout -ext subjectAltName)
is "keys are the owner's alone" "$(stat -c %a "$T"/pki/*.key | sort -u)" 600
sum=$(sha256sum "$T/pki/gm.key" "$T/pki/gm.crt")
pki node gm
is "a node again: refused" "$code" 2
is "a node again: nothing has changed" "$(sha256sum "$T/pki/gm.key" "$T/pki/gm.crt")" "$sum"
pki node ../gm
is "a name that leaves the folder: refused" "$code" 64
pki list
is "list: nothing ends soon" "$code" 0
pki node short --days 3
pki list
is "list: something ends soon" "$code" 1
ok "list: says what" told 'short.crt .*SOON'
pki revoke tc
is "revoke" "$code" 0
pki revoke short
verify() {
	openssl verify -crl_check -CAfile "$T/pki/ca.crt" -CRLfile "$T/pki/crl.pem" "$T/pki/$1.crt"
}
ok "openssl: a good one" grep -q OK <(verify gm 2>&1)
ok "openssl: revoked" grep -q revoked <(verify tc 2>&1)
ok "openssl: the second one, too" grep -q revoked <(verify short 2>&1)

# ---- check ----
chmod 711 "$T/pki"
ked_conf members='gm, slave'
tool check "$T/ked.conf"
is "check: a good nts-ked.conf" "$code" 0
nts_conf gm
tool check "$T/gm.conf"
is "check: a good ptp4l.conf" "$code" 0

# finds NAME FILE REGEX
finds() {
	tool check "$2"
	is "check: $1: exit status" "$code" 1
	ok "check: $1" told "^$2:$3"
}
line=$(($(wc -l <"$T/gm.conf") + 1))
nts_conf gm nts_servr x
finds "misspelt option" "$T/gm.conf" "$line: error: nts_servr: unknown option"
nts_conf gm nts_timeout 0
finds "number" "$T/gm.conf" "$line: error: nts_timeout: '0' is not a number from 1 to 600"
nts_conf gm nts_mode multicast
finds "label" "$T/gm.conf" "$line: error: nts_mode: 'multicast' is none of auto, off, group, ticket"
nts_conf gm twoStepFlag 0
finds "one-step" "$T/gm.conf" "$line: error: twoStepFlag 0: NTS needs two-step"
nts_conf gm nts_key_file "$T/pki/slave.key"
finds "another's key" "$T/gm.conf" "$line: error: .*slave.key is not the key of .*gm.crt"
nts_conf gm nts_cert_file "$T/pki/ke.crt" nts_key_file "$T/pki/ke.key"
finds "purpose" "$T/gm.conf" "$line: error: .*ke.crt is not for TLS clients"
finds "root's key" "$T/gm.conf" "[0-9]+: error: .*ke.key belongs to root"
nts_conf gm
chmod 644 "$T/pki/gm.key"
finds "key for all" "$T/gm.conf" "[0-9]+: error: .*gm.key has mode 0644"
chmod 600 "$T/pki/gm.key"
tool check "$T/nowhere"
is "check: no file" "$code" 2
sed "s,^store.*,store = /nowhere/store," "$T/ked.conf" >"$T/bad.conf"
finds "store" "$T/bad.conf" "[0-9]+: error: store: /nowhere"
sed "s,^store.*,&\nuser = nobody," "$T/ked.conf" >"$T/bad.conf"
finds "store of another user" "$T/bad.conf" "[0-9]+: error: store: .* cannot be written by nobody"
sed "s,^lifetime.*,lifetime = soon," "$T/ked.conf" >"$T/bad.conf"
finds "nts-ked's options" "$T/bad.conf" "$(grep -n lifetime "$T/bad.conf" | cut -d: -f1): error: .*lifetime"
tool check --json "$T/bad.conf"
is "check --json" "$(jq -r '.ok, .kind, .found[0].level' "$T/out.txt" | xargs)" "false nts-ked.conf error"

# ---- decode ----
tool decode --hex 80010002000184070002010084060002000084000007000000000000000080000000
is "decode: exit status" "$code" 1
tool decode --hex 800100020001840700020100840600020000840000070000000000000080000000
is "decode: a Key Request" "$code" 0
ok "decode: in words" told 'good, a server takes it: PTP Key Request'
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
tool decode --hex "84090029""01""0000""12345678""0020$key"
ok "decode: a key by its length" told 'SPP 1, HMAC-SHA256-128, key ID 0x12345678, key .(32 octets.)'
ok "decode: and not itself" not grep -qi "0405060708" "$T/out.txt"

net_up ke gm slave
ok "the KE server listens" ked_start
nts_pair
ok "with these certificates a pair synchronizes" wait_for 30 synced slave 2
in_ns gm timeout 60 tshark -q -i eth0 -c 30 -F pcap -w "$T/ptp.pcap" >"$T/tshark.log" 2>&1
tool decode "$T/ptp.pcap"
is "decode: a capture" "$code" 0
ok "decode: a signed Sync" told 'PTP Sync'
ok "decode: its TLV" told "SPP [0-9]+, secParamIndicator 0x00, keyID $(counter gm key_id)"
hex=$(tshark -r "$T/ptp.pcap" -Y 'ptp.v2.messagetype == 0' -T fields -e udp.payload 2>>"$T/tshark.log" | head -n 1)
tool decode --octets --hex "$hex"
is "decode: every octet, in its place" "$(awk '$1 ~ /^[0-9]+$/ {
	if ($1 != at) exit; for (i = 2; $i ~ /^[0-9a-f][0-9a-f]$/; i++) { printf "%s", $i; at++ } }' "$T/out.txt")" "$hex"
ok "decode: the key ID beside its octets" told "  ((..) ){4} +keyID $(printf '0x%s' "${hex:100:8}")"
diag "$(grep -A9 'PTP Sync' "$T/out.txt" | head -n 10)"
done_testing
