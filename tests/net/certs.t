#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Certificates in use: renewed by a symbolic link, close to their end, revoked by a list or by a
# stapled OCSP answer, and a key that others can read.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

says() {
	grep -qE "$2" "$T/$1.log"
}

# crl [NAME]: the CA's list, with this certificate in it.
crl() {
	pki_crl "$T/pki" ca "$@"
}

# staple R|V|U FILE: an OCSP answer for the server's certificate, revoked, valid or unknown; good for
# a day from now on.
staple() {
	local serial revoked=
	serial=$(openssl x509 -in "$T/pki/ke.crt" -noout -serial | cut -d= -f2)
	[ "$1" != U ] || serial=01
	[ "$1" != R ] || revoked=$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)
	printf '%s\t%s\t%s\t%s\tunknown\t/CN=ke\n' "${1/U/V}" "$(date -u -d '+20 days' +%y%m%d%H%M%SZ)" \
		"$revoked" "$serial" >"$T/pki/index.$1"
	{
		openssl ocsp -issuer "$T/pki/ca.crt" -cert "$T/pki/ke.crt" -no_nonce \
			-reqout "$T/pki/request.der"
		openssl ocsp -index "$T/pki/index.$1" -rsigner "$T/pki/ca.crt" -rkey "$T/pki/ca.key" \
			-CA "$T/pki/ca.crt" -reqin "$T/pki/request.der" -respout "$2" -ndays 1
	} >>"$T/pki.log" 2>&1
}

# stapling PORT RESPONSE: a TLS server that is no KE server, but shows its certificate.
stapling() {
	start "tls$1" ke openssl s_server -accept "$1" -cert "$T/pki/ke.crt" -key "$T/pki/ke.key" \
		-CAfile "$T/pki/ca.crt" -verify 1 -tls1_3 -alpn ntske/1 -status_file "$2" -rev
}

net_up ke gm
net_pki gm old
# The same client, with a certificate that ends soon.
printf '%s\n' 'cn = gm' 'dns_name = gm.test' 'expiration_days = 5' signing_key tls_www_client \
	>"$T/pki/soon.tmpl"
certtool --generate-certificate --load-privkey "$T/pki/old.key" --template "$T/pki/soon.tmpl" \
	--load-ca-certificate "$T/pki/ca.crt" --load-ca-privkey "$T/pki/ca.key" \
	--outfile "$T/pki/old.crt" >>"$T/pki.log" 2>&1
ked_conf lifetime=8 update_period=6
ok "the KE server listens" ked_start

ln -s old.crt "$T/pki/link.crt"
ln -s old.key "$T/pki/link.key"
crl
nts_conf gm nts_crl_file "$T/pki/ca.crl"
sed -i "s,/gm.crt,/link.crt,; s,/gm.key,/link.key," "$T/gm.conf"
nts_start gm
ok "the port comes up" wait_for 20 is_up gm
is "days left of the certificate" "$(counter gm certificate_days_left)" 4
is "one warning, not one each time" "$(grep -c 'link.crt ends in 4 days' "$T/gm.log")" 1
from=${EPOCHREALTIME/./}
ln -sfn gm.crt "$T/pki/link.crt"
ln -sfn gm.key "$T/pki/link.key"
renewed() {
	[ "$(counter gm certificate_days_left)" -ge 28 ]
}
ok "the renewed one is used from the next exchange on" wait_for 20 renewed
took=$(ms_since "$from")
is "without an interruption" "$(counter gm port_downs)" 0

crl ke
ok "a server that the list revokes is refused" wait_for 20 says gm 'certificate is revoked'
crl
n=$(counter gm rotations)
ok "once it is not on the list, it is taken" wait_for 30 counter_above gm rotations "$n"

chmod 644 "$T/pki/gm.key"
ok "a key file that others can read is refused" wait_for 20 says gm 'file with a key can be read by others'
chmod 600 "$T/pki/gm.key"
stop gm

staple R "$T/pki/revoked.der"
staple V "$T/pki/valid.der"
stapling 4471 "$T/pki/revoked.der"
staple U "$T/pki/unknown.der"
stapling 4472 "$T/pki/valid.der"
stapling 4473 "$T/pki/unknown.der"
: >"$T/gm.log"
nts_conf gm nts_server "$KE_ADDRESS:4471"
nts_start gm
ok "a stapled answer that says revoked is believed" \
	wait_for 20 says gm ':4471: the server.s certificate: certificate is revoked'
stop gm
nts_conf gm nts_server "$KE_ADDRESS:4472" nts_timeout 2
nts_start gm
ok "one that says valid is no hindrance to TLS" \
	wait_for 20 says gm ':4472: (answer of the server|records of the answer)'
stop gm
nts_conf gm nts_server "$KE_ADDRESS:4473"
nts_start gm
ok "one that does not know the certificate is no good one" \
	wait_for 20 says gm ':4473: .* stapled OCSP answer says: unknown'
stop gm

# A wall clock that is 20 days fast: what is stapled is too old for it, not for until_sync.
fast() {
	: >"$T/gm.log"
	start gm gm env LD_PRELOAD="$TOOLS/clockshift.so" CLOCKSHIFT_PROGRAM=nts-agent \
		CLOCKSHIFT_REAL_FILE="$T/fast" "$PTP4L_NTS" -f "$T/gm.conf" -i eth0
}
echo 1728000 >"$T/fast"
chmod 644 "$T/fast"
nts_conf gm nts_server "$KE_ADDRESS:4472" nts_timeout 2
fast
ok "an answer that is too old is refused" \
	wait_for 20 says gm ':4472: the server.s certificate: .*superseded'
stop gm
nts_conf gm nts_server "$KE_ADDRESS:4472" nts_timeout 2 nts_cert_time_check until_sync
fast
ok "but not before the clock is synchronized, where the configuration says so" \
	wait_for 20 says gm ':4472: (answer of the server|records of the answer)'
stop gm
nts_conf gm nts_server "$KE_ADDRESS:4471" nts_cert_time_check until_sync
fast
ok "revoked is revoked at any time" \
	wait_for 20 says gm ':4471: the server.s certificate: certificate is revoked'
diag "a renewed certificate was in use $took ms after the swap of the link, with keys that are asked for" \
	"every 8 s; refused: revoked by list, by stapled OCSP, unknown to OCSP, key file with mode 0644"
done_testing
