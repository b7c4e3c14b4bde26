#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Twelve deliberate faults, each of another kind: what nts4ptp probe, nts4ptp status and the logs
# say of them. Each of the three that can know must name the cause.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# probe HOST [ARGUMENT...]: into probe.txt; $code is its exit status.
probe() {
	local host=$1
	shift
	in_ns "$host" timeout 60 ${PRELOAD:+env $PRELOAD CLOCKSHIFT_PROGRAM=nts4ptp} "$BUILD/nts4ptp" probe --conf "$T/$host.conf" \
		--timeout 5 "$@" >"$T/probe.txt" 2>&1
	code=$?
}

probe_says() {
	grep -qE "$1" "$T/probe.txt"
}

says() {
	grep -qE "$2" "$T/$1.log"
}

status_says() {
	"$BUILD/nts4ptp" status --address "$T/$1.status" 2>/dev/null | grep -qE "$2"
}

# table FAULT STATUS_FROM LOG_NAME LOG_REGEX: a row for people
table() {
	diag "== $1"
	diag "  probe ($code): $(grep FAILED "$T/probe.txt" | sed 's/^ *FAILED *//')"
	diag "         $(tail -n 1 "$T/probe.txt" | cut -c 1-300)"
	diag "  status: $("$BUILD/nts4ptp" status --address "$T/$2.status" 2>&1 |
		grep -E 'last exchange|no ptp4l-nts|no AUTHENTICATION' | head -n 1 | sed 's/^ *//')"
	diag "  log ($3): $(grep -E "$4" "$T/$3.log" | tail -n 1 | cut -c 1-260)"
}

# fault NAME PROBE_CODE PROBE_REGEX STATUS_REGEX LOG LOG_REGEX: with gm.conf as it is now; a LOG of
# "ked" is the server's.
fault() {
	local name=$1
	: >"$T/gm.log"
	if [ -n "${PRELOAD:-}" ]; then
		# shellcheck disable=SC2086
		start gm gm env $PRELOAD CLOCKSHIFT_PROGRAM=nts-agent "$PTP4L_NTS" -f "$T/gm.conf" -i eth0
	else
		nts_start gm
	fi
	probe gm "${ARGS[@]}"
	is "$name: exit status of probe" "$code" "$2"
	ok "$name: probe names it" probe_says "$3"
	ok "$name: status names it" wait_for 20 status_says gm "$4"
	ok "$name: the log names it" wait_for 10 says "$5" "$6"
	table "$name" gm "$5" "$6"
	stop gm
}

ARGS=()
net_up ke gm slave
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start

nts_conf gm
probe gm
is "without a fault: exit status" "$code" 0
for what in 'ok +TCP connection: 192.0.2.1:4460' 'ok +the server.s certificate' \
	'ok +authorization' 'key +0x[0-9a-f]{8}, SPP [0-9]+, HMAC-SHA256-128' 'lifetime +[0-9]+ s' \
	'update in +[0-9]+ s' 'grace period +5 s' 'secured +Sync \(SPP'; do
	ok "without a fault: $what" probe_says "$what"
done
diag "$(cat "$T/probe.txt")"
probe gm --json
is "--json" "$(jq -r '.ok, .servers[0].current.security_associations[0].mac' "$T/probe.txt" | xargs)" \
	"true HMAC-SHA256-128"
ok "--json has no keys" not grep -qE '[0-9a-f]{16}' "$T/probe.txt"
in_ns gm "$BUILD/nts4ptp" probe >"$T/probe.txt" 2>&1
is "without arguments: exit status" "$?" 64

# 1
printf '%s\n' 'cn = other CA' ca cert_signing_key 'expiration_days = 30' >"$T/pki/other.tmpl"
certtool --generate-privkey --key-type=ecdsa --outfile "$T/pki/other.key" 2>>"$T/pki.log"
certtool --generate-self-signed --load-privkey "$T/pki/other.key" --template "$T/pki/other.tmpl" \
	--outfile "$T/pki/other.crt" 2>>"$T/pki.log"
nts_conf gm nts_ca_file "$T/pki/other.crt"
fault "1 wrong CA" 1 'WRONG CA' 'not from a trusted CA' gm 'not from a trusted CA'

# 2
# expired NAME LINE...: NAME-expired.crt for NAME.key.
expired() {
	printf '%s\n' "cn = $1" 'activation_date = "2020-01-01 00:00:00 UTC"' \
		'expiration_date = "2020-02-01 00:00:00 UTC"' signing_key "${@:2}" >"$T/pki/expired.tmpl"
	certtool --generate-certificate --load-privkey "$T/pki/$1.key" --template "$T/pki/expired.tmpl" \
		--load-ca-certificate "$T/pki/ca.crt" --load-ca-privkey "$T/pki/ca.key" \
		--outfile "$T/pki/$1-expired.crt" >>"$T/pki.log" 2>&1
}
expired gm tls_www_client 'dns_name = gm.test'
nts_conf gm nts_cert_file "$T/pki/gm-expired.crt"
fault "2a our certificate expired" 1 'OUR CERTIFICATE.*2020-02-01.*EXPIRED' \
	'alert 45|closed the connection' \
	ked 'certificate has expired'
expired ke tls_www_server "ip_address = $KE_ADDRESS"
stop ked
sed -i "s,/ke.crt,/ke-expired.crt," "$T/ked.conf"
ok "the KE server listens" ked_start
nts_conf gm
fault "2b the server's certificate expired" 1 "valid from 2020.*fault is on the server's side" \
	'certificate has expired' gm 'certificate has expired'
stop ked
sed -i "s,/ke-expired.crt,/ke.crt," "$T/ked.conf"
ok "the KE server listens" ked_start

# 3
ip -n "$NET_TAG-ke" addr add 192.0.2.99/24 dev eth0
sed -i 's/^listen.*/listen = 0.0.0.0/' "$T/ked.conf"
stop ked
ok "the KE server listens" ked_start
nts_conf gm nts_server 192.0.2.99
fault "3 wrong name" 1 'WRONG NAME' 'certificate is for another name' gm \
	'no subject alternative name is 192.0.2.99'

# 4
nts_conf gm
echo 31536000 >"$T/year"
chmod 644 "$T/year"
PRELOAD="LD_PRELOAD=$TOOLS/clockshift.so CLOCKSHIFT_REAL_FILE=$T/year ASAN_OPTIONS=verify_asan_link_order=0"
fault "4a clock a year fast" 1 'CLOCK OF THIS MACHINE IS WRONG' 'certificate has expired' gm \
	'certificate has expired'
echo -31536000 >"$T/year"
fault "4b clock a year slow" 1 'CLOCK OF THIS MACHINE IS WRONG' 'certificate is not valid yet' gm \
	'certificate is not valid yet'
unset PRELOAD

# 5: what is sent to the server goes nowhere
ip -n "$NET_TAG-gm" neigh replace 192.0.2.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
nts_conf gm nts_timeout 3
fault "5a port blocked" 2 'PORT BLOCKED' 'connecting.*192.0.2.1|timed out' gm \
	'connecting: .*timed out'
ip -n "$NET_TAG-gm" neigh del 192.0.2.1 dev eth0
nts_conf gm nts_server "$KE_ADDRESS:4461"
fault "5b nobody on the port" 2 'NTS-KE is not running there' 'Connection refused' gm \
	'Connection refused'

# 6
cert stranger tls_www_client 'dns_name = stranger.example'
chown nobody "$T/pki/stranger.key"
nts_conf gm nts_cert_file "$T/pki/stranger.crt" nts_key_file "$T/pki/stranger.key"
fault "6 not a member" 1 'NOT A MEMBER.*CN=stranger' 'not authorized' ked 'stranger.*(member|not authorized)'

# 7
nts_conf gm domainNumber 5
fault "7 wrong domain" 1 'WRONG DOMAIN' 'association +group domain 5' ked 'domain 5'

# 8: the grantor is registered with the MAC algorithm that the server allows
cert gm tls_www_client "dns_name = gm.test" "ip_address = 192.0.2.2"
chown nobody "$T/pki/gm.key"
cert slave tls_www_client "dns_name = slave.test" "ip_address = 192.0.2.3"
chown nobody "$T/pki/slave.key"
printf '\n[unicast all]\ngrantors = gm.test\nrequesters = slave.test\nmacs = HMAC-SHA256-128\nidentities = any\n' \
	>>"$T/ked.conf"
stop ked
ok "the KE server listens" ked_start
nts_conf gm nts_mode ticket network_transport UDPv4 unicast_listen 1 inhibit_multicast_service 1
nts_start gm
nts_conf slave nts_mac_algorithms AES-256-CMAC
ok "the grantor is registered" wait_for 20 says ked "Registration Request from.*granted"
ARGS=(--grantor 192.0.2.2 --identity 192.0.2.3)
probe slave "${ARGS[@]}"
is "8 no common MAC: exit status" "$code" 1
ok "8 no common MAC: probe names it" probe_says 'NO COMMON MAC'
ok "8 no common MAC: the log names it" wait_for 5 says ked 'slave.*(common|algorithm)'
table "8 no common MAC" gm ked 'slave.*(common|algorithm)'
probe slave "${ARGS[@]}" --macs HMAC-SHA256-128
is "with another it would be granted" "$code" 0
ok "with a ticket" probe_says 'ticket +of ticket key 0x'
stop gm
ARGS=()

# 9
crl() {
	printf '%s\n' 'crl_next_update = 30' 'crl_number = 1' >"$T/pki/crl.tmpl"
	certtool --generate-crl --load-ca-certificate "$T/pki/ca.crt" --load-ca-privkey "$T/pki/ca.key" \
		--load-certificate "$T/pki/$1.crt" --template "$T/pki/crl.tmpl" \
		--outfile "$T/pki/$1-revoked.pem" >>"$T/pki.log" 2>&1
}
crl ke
nts_conf gm nts_crl_file "$T/pki/ke-revoked.pem"
fault "9a the server is revoked" 1 'REVOKED: the server' 'certificate is revoked' gm 'certificate is revoked'
crl gm
stop ked
sed -i "s,^client_ca.*,&\nclient_crl = $T/pki/gm-revoked.pem," "$T/ked.conf"
ok "the KE server listens" ked_start
nts_conf gm
fault "9b we are revoked" 1 'OUR CERTIFICATE: REVOKED|REVOKED: our certificate' \
	'alert 44|closed the connection' ked 'revoked'
stop ked
sed -i "/^client_crl/d" "$T/ked.conf"

# 10: the server gives up root, and may not write there
: >"$T/ked.log"
sed -i "s,^store.*,&\nuser = nobody," "$T/ked.conf"
chmod 755 "$T/ked"
chown root "$T/ked"
start ked ke "$BUILD/nts-ked" -f "$T/ked.conf"
wait_for 10 not running ked
nts_conf gm
fault "10 the server's store cannot be written" 2 'NTS-KE is not running.*nts4ptp check' \
	'Connection refused' ked 'store: .*(write|open|readonly|denied|unable)'
stop ked
sed -i "/^user/d" "$T/ked.conf"
ok "the KE server listens" ked_start

# 11
chmod 644 "$T/pki/gm.key"
fault "11 key file readable by all" 1 'chmod 600' 'can be read by others' gm \
	'gm.key: file with a key can be read by others'
chmod 600 "$T/pki/gm.key"

# 12
nts_conf gm
nts_start gm
ptp_conf slave
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
ok "one side without NTS: the other is up" wait_for 20 is_up gm
probe gm
is "12 one side without NTS: nothing wrong with the keys" "$code" 0
ok "12 one side without NTS: status names it" wait_for 30 status_says gm '[0-9]+ no AUTHENTICATION TLV'
ok "12 one side without NTS: the log names it" wait_for 10 says gm \
	"refused [A-Z_]+ from $(identity_of slave)-1: no AUTHENTICATION TLV: is nts_server set there\\?"
ok "12 one side without NTS: not for each message" wait_for 10 says gm \
	'no AUTHENTICATION TLV.*\([0-9]+ similar suppressed\)'
table "12 one side without NTS" gm gm 'no AUTHENTICATION TLV'
"$BUILD/nts4ptp" metrics --address "$T/gm.status" >"$T/metrics"
ok "metrics: the reason is a label" grep -qE \
	'^ptp4l_nts_refused_total\{port="1",interface="eth0",reason="no_tlv"\} [1-9]' "$T/metrics"
ok "metrics: up" grep -qxF 'ptp4l_nts_up{port="1",interface="eth0"} 1' "$T/metrics"
ok "metrics: every line is one of Prometheus's" not grep -qvE \
	'^(# (HELP|TYPE) ptp4l_nts_[a-z_]+ .+|ptp4l_nts_[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.e+]+)$' "$T/metrics"
done_testing
