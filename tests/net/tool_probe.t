#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Deliberate faults, each of another kind: what nts4ptp probe, nts4ptp status and the logs
# say of them. Each of the three that can know must name the cause.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/../.." || exit 1
FROM=0

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

# What differs from run to run, taken out.
plain() {
	sed -E "s,$T/pki/,/etc/ptp4l-nts/,g; s,$T/ked/store,/var/lib/nts-ked/keys.db,g; s,$T/,/etc/nts-ked/,g
		s/^ *//; s/(192.0.2.[0-9]+:)[0-9]{5}/\1PORT/g; s/ptp4l-nts\[[0-9.]+\]: //
		s/(202[5-9]|203[0-9])-[0-9]{2}-[0-9]{2} [0-9:]+ UTC/DATE/g; s/[0-9a-f]{6}\.fffe\.[0-9a-f]{6}/IDENTITY/g
		s/[0-9]+ in a row/N in a row/; s/started [0-9]+ times/started N times/; s/next start in [0-9]+ ms/next start in N ms/; s/[0-9]+ (no AUTH)/N \1/; s/ \([0-9]+ similar suppressed\)//; s/refused [A-Z_]+ from/refused TYPE from/; s/[0-9]+ s ago/N s ago/
		s/key ID 0x[0-9a-f]{8}/key ID 0xNNNNNNNN/; s/ +/ /g; s/\|/\\|/g"
}

# cell NAME: the lines of standard input, or a dash
cell() {
	local text
	text=$(plain | paste -sd '~' | sed 's/~/<br>/g')
	printf '| %s | %s |\n' "$1" "${text:-–}" >>"$T/faults.md"
}

# table FAULT CLOCK: a section of docs/faults.md
table() {
	printf '\n## %s\n\n| | |\n|---|---|\n' "$1" >>"$T/faults.md"
	{
		grep -o 'FAILED.*' "$T/probe.txt" || echo 'would be granted'
		[ "$code" = 0 ] || tail -n 1 "$T/probe.txt"
	} | cell "probe, exit $code"
	"$BUILD/nts4ptp" status --address "$T/$2.status" 2>&1 |
		grep -E '^  (last exchange|look at|grantor|last one ended) |no AUTHENTICATION|DOWN, though|NOT RUNNING,' |
		cell status
	grep -hE 'no keys for|refused [A-Z]|key agent ended|link down' "$T/$2.log" | tail -n 1 |
		cell "the clock's log"
	tail -n "+$((FROM + 1))" "$T/ked.log" | grep -E 'Key Request.*: no|failed|store:' | tail -n 1 |
		cell "the server's log"
}

# fault NAME PROBE_CODE PROBE_REGEX STATUS_REGEX LOG LOG_REGEX: with gm.conf as it is now; a LOG of
# "ked" is the server's.
fault() {
	local name=$1
	: >"$T/gm.log"
	[ -n "${KED_ENDED:-}" ] || FROM=$(log_lines ked)
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
	table "$name" gm
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
fault "1 wrong CA" 1 'WRONG CA' "WRONG CA: the server's certificate" gm "CN=ke, issuer CN=.*WRONG CA"

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
	'OUR CERTIFICATE' ked 'certificate has expired .CN=gm,'
expired ke tls_www_server "ip_address = $KE_ADDRESS"
stop ked
sed -i "s,/ke.crt,/ke-expired.crt," "$T/ked.conf"
ok "the KE server listens" ked_start
nts_conf gm
fault "2b the server's certificate expired" 1 "valid from 2020.*fault is on the server's side" \
	"SERVER'S CERTIFICATE has EXPIRED" gm "CN=ke, .*SERVER'S CERTIFICATE has EXPIRED"
stop ked
sed -i "s,/ke-expired.crt,/ke.crt," "$T/ked.conf"
ok "the KE server listens" ked_start

# 3
ip -n "$NET_TAG-ke" addr add 192.0.2.99/24 dev eth0
sed -i 's/^listen.*/listen = 0.0.0.0/' "$T/ked.conf"
stop ked
ok "the KE server listens" ked_start
nts_conf gm nts_server 192.0.2.99
fault "3 wrong name" 1 'WRONG NAME' 'WRONG NAME' gm \
	'no subject alternative name is 192.0.2.99.*WRONG NAME'

# 4
nts_conf gm
echo 31536000 >"$T/year"
chmod 644 "$T/year"
PRELOAD="LD_PRELOAD=$TOOLS/clockshift.so CLOCKSHIFT_REAL_FILE=$T/year"
fault "4a clock a year fast" 1 'CLOCK OF THIS MACHINE IS WRONG' 'or the CLOCK of this machine' gm \
	'certificate has expired.*or the CLOCK of this machine'
echo -31536000 >"$T/year"
fault "4b clock a year slow" 1 'CLOCK OF THIS MACHINE IS WRONG' 'the CLOCK of this machine is wrong' gm \
	'certificate is not valid yet.*the CLOCK of this machine is wrong'
unset PRELOAD

# 5: what is sent to the server goes nowhere
ip -n "$NET_TAG-gm" neigh replace 192.0.2.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
nts_conf gm nts_timeout 3
fault "5a port blocked" 2 'PORT BLOCKED' 'PORT BLOCKED' gm 'timed out.*PORT BLOCKED'
ip -n "$NET_TAG-gm" neigh del 192.0.2.1 dev eth0
nts_conf gm nts_server "$KE_ADDRESS:4461"
fault "5b nobody on the port" 2 'NTS-KE is NOT RUNNING there' 'NOT RUNNING there' gm \
	'Connection refused.*NOT RUNNING there'

net_names gm 192.0.2.99
nts_conf gm nts_server ke.nowhere.example nts_timeout 3
fault "5c name not known" 2 'in DNS: the name' 'nts_server here, or DNS' gm \
	'name of the server: .*nts_server here, or DNS'

# 6
cert stranger tls_www_client 'dns_name = stranger.example'
chown nobody "$T/pki/stranger.key"
nts_conf gm nts_cert_file "$T/pki/stranger.crt" nts_key_file "$T/pki/stranger.key"
fault "6 not a member" 1 'NOT A MEMBER.*CN=stranger' 'NOT A MEMBER' ked 'stranger.*(member|not authorized)'

# 7
nts_conf gm domainNumber 5
fault "7 wrong domain" 1 'WRONG DOMAIN' 'WRONG DOMAIN' ked 'domain 5'

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
nts_conf slave nts_mac_algorithms AES-256-CMAC nts_mode ticket network_transport UDPv4 slaveOnly 1
unicast_master slave eth0 UDPv4 192.0.2.2
ok "the grantor is registered" wait_for 20 says ked "Registration Request from.*granted"
ARGS=(--grantor 192.0.2.2 --identity 192.0.2.3)
probe slave "${ARGS[@]}"
is "8 no common MAC: exit status" "$code" 1
ok "8 no common MAC: probe names it" probe_says 'NO COMMON MAC'
nts_start slave
ok "8 no common MAC: status names it" wait_for 20 status_says slave 'NO KEY.*NO COMMON MAC'
ok "8 no common MAC: the clock's log names it" wait_for 5 says slave 'NO COMMON MAC'
ok "8 no common MAC: the server's log names it" wait_for 5 says ked 'slave.*(common|algorithm)'
table "8 no common MAC" slave
stop slave
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
fault "9a the server is revoked" 1 'REVOKED: the server' 'REVOKED: the server' gm 'REVOKED: the server'
crl gm
stop ked
sed -i "s,^client_ca.*,&\nclient_crl = $T/pki/gm-revoked.pem," "$T/ked.conf"
ok "the KE server listens" ked_start
nts_conf gm
fault "9b we are revoked" 1 'OUR CERTIFICATE: REVOKED|REVOKED: OUR CERTIFICATE' \
	'OUR CERTIFICATE' ked 'certificate is revoked .CN=gm,'
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
KED_ENDED=1 FROM=0
fault "10 the server's store cannot be written" 2 'NTS-KE is NOT RUNNING.*nts4ptp check.*store' \
	'NOT RUNNING there' ked 'store: .*(write|open|readonly|denied|unable)'
unset KED_ENDED
stop ked
sed -i "/^user/d" "$T/ked.conf"
ok "the KE server listens" ked_start

# 11
chmod 644 "$T/pki/gm.key"
fault "11 key file readable by all" 1 'chmod 600' 'chmod 600' gm \
	'gm.key: file with a key can be read by others.*chmod 600'
chmod 600 "$T/pki/gm.key"

# 12a: our certificates and keys are good, and nobody may use them
nts_conf gm
chown root "$T/pki/gm.key"
fault "12a no user for the key agent" 0 authorization 'last one ended .*does not run as root: give nts_key_file' \
	gm 'key agent ended .*does not run as root: give nts_key_file'
chown nobody "$T/pki/gm.key"

# 12b
nts_start gm
ok "12b link down: up before" wait_for 20 is_up gm
ip -n "$NET_TAG-gm" link set eth0 down
probe gm
is "12b link down: exit status of probe" "$code" 2
ok "12b link down: probe names it" probe_says 'NO WAY to the server'
ok "12b link down: status names it" wait_for 10 status_says gm 'DOWN, though there is a key: is the link up'
ok "12b link down: the log names it" wait_for 10 says gm 'link down'
table "12b link down" gm
ip -n "$NET_TAG-gm" link set eth0 up
stop gm

# 13
: >"$T/gm.log"
nts_start gm
ptp_conf slave
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i eth0
ok "one side without NTS: the other is up" wait_for 20 is_up gm
probe gm
is "13 one side without NTS: nothing wrong with the keys" "$code" 0
ok "13 one side without NTS: status names it" wait_for 30 status_says gm '[0-9]+ no AUTHENTICATION TLV'
ok "13 one side without NTS: the log names it" wait_for 10 says gm \
	"refused [A-Z_]+ from $(identity_of slave)-1: no AUTHENTICATION TLV: is nts_server set there\\?"
ok "13 one side without NTS: goes on" wait_for 40 counter_above gm refused.no_tlv 100
num "13 one side without NTS: lines in the log" "$(grep -c 'no AUTHENTICATION TLV' "$T/gm.log")" -le 6
table "13 one side without NTS" gm
"$BUILD/nts4ptp" metrics --address "$T/gm.status" >"$T/metrics"
ok "metrics: the reason is a label" grep -qE \
	'^ptp4l_nts_refused_total\{port="1",interface="eth0",reason="no_tlv"\} [1-9]' "$T/metrics"
ok "metrics: up" grep -qxF 'ptp4l_nts_up{port="1",interface="eth0"} 1' "$T/metrics"
ok "metrics: every line is one of Prometheus's" not grep -qvE \
	'^(# (HELP|TYPE) ptp4l_nts_[a-z_]+ .+|ptp4l_nts_[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.e+]+)$' "$T/metrics"

# FAULTS_OUT=docs/faults.md writes the page anew (make faults).
page=docs/faults.md
head -n "$(grep -n '^## ' "$page" | head -n 1 | cut -d: -f1)" "$page" | head -n -2 >"$T/page.md"
cat "$T/faults.md" >>"$T/page.md"
if [ -n "${FAULTS_OUT:-}" ]; then
	cp "$T/page.md" "$FAULTS_OUT"
fi
is "docs/faults.md has these faults" "$(grep '^## ' "$page")" "$(grep '^## ' "$T/page.md")"
diag "$(diff "$page" "$T/page.md" && echo "$page is as it was made here")"
done_testing
