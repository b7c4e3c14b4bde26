#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TLS session resumption by the key agent: only where the option asks for it and the server offers
# it, and back to a full handshake whenever certificates change or the server has forgotten.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# grants and resumed: of gm's server, read at once.
look() {
	read -r grants resumed < <(status_get "${1:-gm}" '.ports[0].servers[0] | "\(.grants) \(.resumed)"')
}

resumed_above() {
	look
	[ "$resumed" -gt "$1" ]
}

# A grant on a full handshake: grants have gone ahead of those on resumed sessions.
full_above() {
	look
	[ $((grants - resumed)) -gt "$1" ]
}

# The server, which was started when that many had been resumed, has counted the same.
server_counts() {
	look
	[ "$(ked_resumed)" = $((resumed - $1)) ]
}

ked_resumed() {
	in_ns ke "$NTS4PTP" ke-status --json | jq .handshakes_resumed_total
}

# then_full WHAT: once in full, and then resumed again.
then_full() {
	ok "$1: a full handshake" wait_for 20 full_above $((grants - resumed))
	ok "$1: then resumed again" wait_for 20 resumed_above "$resumed"
}

net_up ke gm slave
net_pki gm slave renewed
ked_conf lifetime=8 update_period=5 grace_period=4
sed -i '/^\[server\]/a resumption = 300\nmetrics = 127.0.0.1:9461' "$T/ked.conf"
ok "the KE server listens" ked_start
ln -s gm.crt "$T/pki/link.crt"
ln -s gm.key "$T/pki/link.key"
nts_conf gm nts_tls_resumption 1
sed -i "s,/gm.crt,/link.crt,; s,/gm.key,/link.key," "$T/gm.conf"
nts_conf slave slaveOnly 1
nts_start gm
nts_start slave
ok "the slave follows" wait_for 30 synced slave 2
ok "the second exchange resumes the first one's session" wait_for 20 resumed_above 0
is "one full handshake" "$((grants - resumed))" 1

ln -sfn renewed.crt "$T/pki/link.crt"
ln -sfn renewed.key "$T/pki/link.key"
look
then_full "another certificate"
stop ked
ked_start
look
before=$resumed
then_full "a server that has forgotten"
ok "the server counts them, too" wait_for 20 server_counts "$before"
num "and there are some" "$(ked_resumed)" -ge 1
look
total="$grants grants, $resumed of them on resumed sessions"
look slave
num "without the option, grants" "$grants" -ge 3
is "none of them resumed" "$resumed" 0
is "no port went down" "$(($(counter gm port_downs) + $(counter slave port_downs)))" 0
is "no exchange failed but while the server was away" \
	"$(grep 'no keys for' "$T/gm.log" | grep -vc 'TCP connection')" 0
diag "with resumption $total; without: $grants, $resumed"
done_testing
