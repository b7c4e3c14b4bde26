# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Throw-away CAs and certificates by certtool (GnuTLS), ECDSA P-256, keys with mode 0600.
# For tests and the demo; nothing here protects anything.

# pki_ca DIR NAME: NAME.crt and NAME.key, valid for 30 days.
pki_ca() {
	local file=$1/$2
	printf '%s\n' "cn = \"$2\"" ca cert_signing_key crl_signing_key \
		'expiration_days = 30' >"$file.tmpl"
	pki_key "$file" && certtool --generate-self-signed --load-privkey "$file.key" \
		--template "$file.tmpl" --outfile "$file.crt" 2>>"$1/pki.log"
}

# pki_cert DIR CA NAME CN [dns=NAME] [ip=ADDRESS] [uri=URI] [--server|--client] [--expired]
# [--not-yet]: NAME.crt and NAME.key, signed by DIR/CA, for both purposes unless one is named.
pki_cert() {
	local dir=$1 ca=$2 name=$3 cn=$4 lines
	shift 4
	lines=$(pki_lines "$@") && pki_issue "$dir" "$ca" "$name" "cn = \"$cn\"" "$lines"
}

# pki_issue DIR CA NAME LINE...: the same by lines of certtool's template, NAME.tmpl.
pki_issue() {
	local dir=$1 ca=$1/$2 file=$1/$3
	shift 3
	printf '%s\n' signing_key "$@" >"$file.tmpl"
	pki_key "$file" && certtool --generate-certificate --load-privkey "$file.key" \
		--load-ca-certificate "$ca.crt" --load-ca-privkey "$ca.key" \
		--template "$file.tmpl" --outfile "$file.crt" 2>>"$dir/pki.log"
}

pki_key() {
	(umask 077 && certtool --generate-privkey --key-type=ecdsa --curve=secp256r1 \
		--outfile "$1.key" 2>>"${1%/*}/pki.log")
}

# pki_crl DIR CA [NAME...]: the CA's revocation list CA.crl, with these certificates in it.
pki_crl() {
	local dir=$1 ca=$2 name
	printf '%s\n' 'crl_next_update = 30' 'crl_number = 1' >"$dir/crl.tmpl"
	for name in "${@:3}"; do
		cat "$dir/$name.crt"
	done >"$dir/$ca.gone"
	set -- --load-certificate "$dir/$ca.gone"
	[ -s "$dir/$ca.gone" ] || set --
	certtool --generate-crl --load-ca-certificate "$dir/$ca.crt" \
		--load-ca-privkey "$dir/$ca.key" "$@" --template "$dir/crl.tmpl" \
		--outfile "$dir/$ca.crl.new" >>"$dir/pki.log" 2>&1
	mv "$dir/$ca.crl.new" "$dir/$ca.crl"
}

# The lines of certtool's template for the options of pki_cert.
pki_lines() {
	local purposes=(tls_www_server tls_www_client) option
	local from='2020-01-01 00:00:00 UTC' to='2049-12-31 00:00:00 UTC'
	for option in "$@"; do
		case $option in
		dns=*) echo "dns_name = \"${option#*=}\"" ;;
		ip=*) echo "ip_address = \"${option#*=}\"" ;;
		uri=*) echo "uri = \"${option#*=}\"" ;;
		--server) purposes=(tls_www_server) ;;
		--client) purposes=(tls_www_client) ;;
		--expired) to='2020-01-02 00:00:00 UTC' ;;
		--not-yet) from='2049-01-01 00:00:00 UTC' ;;
		*) echo "pki_cert: unknown option $option" >&2 && return 1 ;;
		esac
	done
	printf 'activation_date = "%s"\nexpiration_date = "%s"\n' "$from" "$to"
	printf '%s\n' "${purposes[@]}"
}
