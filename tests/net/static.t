#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Static keys, with linuxptp 4.4's options, on every release: each type of key, every way to
# write one; wrong ones; a port that has both kinds of keys; and a boundary clock with NTS on one
# port and static keys on the next, which is how a site moves.
# shellcheck source=tests/net/chain.sh
. "$(dirname "$0")/chain.sh"

# Whole lines, since a key stands in them: ID TYPE [LENGTH] VALUE.
cat >"$T/sa" <<'EOF'
# A comment, then an association.
[security_association]
spp 3
seqid_window 64
10 SHA256-128 HEX:F8ADC6B8B8E9AA709106BA42481EC9E29607334DE2C3C737A11A12931DB27F8C
11 SHA256 26 abcdefghijklmnopqrstuvwxyz
12 AES128 16 ASCII:0123456789abcdef
4294967295 AES256 B64:PKTF9VQz94qPaoAzW4eE3JtFoQ8Ov1OTQSojalWyMbs=

[security_association]
spp 4
seqid_window 0
allow_mutable 1
10 SHA256-128 HEX:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff001122334455
EOF
sed 's/HEX:F8/HEX:F9/; s/abcdefg/bbcdefg/' "$T/sa" >"$T/other"

# static_conf NAME KEY [OPTION VALUE...]: in the association SPP of the file SA.
static_conf() {
	local name=$1 id=$2
	shift 2
	ptp_conf "$name" sa_file "${SA:-$T/sa}" spp "${SPP:-3}" active_key_id "$id" "$@"
}

# follows NAME KEY: a pair with this key.
follows() {
	local wire=wire-${SPP:-3}-$2
	static_conf gm "$2"
	static_conf slave "$2" slaveOnly 1
	: >"$T/slave.log"
	watch_start "$wire"
	nts_start gm
	nts_start slave
	ok "$1: the slave follows" wait_for 30 synced slave 3
	stop slave
	stop gm
	watch_end "$wire"
	is "$1: nothing unsigned on the wire" "$(watched "$wire" unsigned)" 0
	num "$1: all of it signed" "$(watched "$wire" signed)" -gt 30
	ok "$1: nothing was refused" not grep -q ': refused' "$T/gm.log" "$T/slave.log"
}

# refuses NAME TEXT: gm.conf is not taken.
refuses() {
	in_ns gm timeout 10 "$PTP4L_NTS" -f "$T/gm.conf" -i eth0 -m >"$T/refuses.txt" 2>&1
	case $? in
	0 | 124) ok "$1: ends with an error" false ;;
	*) ok "$1: ends with an error" true ;;
	esac
	[ -z "$2" ] || ok "$1: says why" grep -qE "$2" "$T/refuses.txt" || diag "$(cat "$T/refuses.txt")"
}

net_up ke gm slave bc
native=false
! has_option sa_file || native=true
follows "SHA256-128" 10
follows "SHA256, ASCII" 11
follows "AES128" 12
follows "AES256, Base64, the highest key ID" 4294967295
SPP=4 follows "mutable correctionField, a key of 38 octets" 10

static_conf gm 10
SA=$T/other static_conf slave 10 slaveOnly 1
: >"$T/slave.log"
nts_start gm
nts_start slave
ok "the grandmaster speaks" wait_for 20 grep -q 'assuming the grand master role' "$T/gm.log"
$native || ok "another key: refused" wait_for 10 grep -q 'refused.*wrong ICV' "$T/slave.log"
ok "many messages later" capture "$T/frames" -n 80
is "another key: the slave follows nobody" "$(offsets slave)" 0
$native || num "another key: lines in the log" "$(grep -c 'wrong ICV' "$T/slave.log")" -le 6
stop slave
stop gm

why() {
	$native || echo "$1"
}
static_conf gm 99
refuses "no such key" "$(why 'no such spp and active_key_id')"
SPP=9 static_conf gm 10
refuses "no such association" "$(why 'no such spp and active_key_id')"
ptp_conf gm spp 3 active_key_id 10
refuses "spp without sa_file" "$(why 'sa_file is not')"
ptp_conf gm sa_file "$T/sa" spp 3
refuses "spp without active_key_id" "$(why 'needs active_key_id')"
ptp_conf gm sa_file "$T/nowhere" spp 3 active_key_id 10
refuses "no file" nowhere
net_pki gm slave bc
nts_conf gm sa_file "$T/sa" spp 3 active_key_id 10
refuses "both kinds of keys on a port" 'NTS and static keys|static keys, and NTS'
ptp_conf gm
printf '[eth0]\nnts_mode group\n' >>"$T/gm.conf"
refuses "nts_mode without nts_server" 'nts_server: not set, but nts_mode'
$native || {
	sed 's/^12 AES128 16/12 AES128 17/' "$T/sa" >"$T/wrong"
	SA=$T/wrong static_conf gm 10
	refuses "a wrong line" 'wrong: line 7 is wrong'
	ok "it tells no key" not grep -q 0123456789abcdef "$T/refuses.txt"
}

ked_conf
ok "the KE server listens" ked_start
cable gm g0 bc b0 1
cable bc b1 slave s0 2
nts_conf gm priority1 10
nts_conf bc sa_file "$T/sa"
printf '[b1]\nnts_mode off\nspp 3\nactive_key_id 10\n' >>"$T/bc.conf"
static_conf slave 11 slaveOnly 1
: >"$T/slave.log"
witness nts gm g0
witness fixed slave s0
start gm gm "$PTP4L_NTS" -f "$T/gm.conf" -i g0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
ok "a boundary clock follows by NTS" wait_for 40 synced bc 3
ok "and is followed by static keys" wait_for 40 synced slave 3
ok "the log tells which port is which" grep -q 'port 2 (b1): secured by static keys' "$T/bc.log"
ok "and calls none unsecured" not grep -q 'NOT SECURED' "$T/bc.log"
is "status: the one port is of the group" "$(port bc 1 mode)" group
is "status: the other is static" "$(port bc 2 mode)" static
$native || {
	is "status: with its key" "$(port bc 2 key_id) $(port bc 2 spp)" "0x0000000a 3"
	num "status: and its counters" "$(port bc 2 signed)" -gt 20
}
watch_end nts
watch_end fixed
is "nothing unsigned on the NTS side" "$(watched nts unsigned)" 0
is "nothing unsigned on the other" "$(watched fixed unsigned)" 0
is "two keys there, of one association" "$(watched fixed keys)" 2
stop slave
stop bc

none_is_open() {
	! in_ns "$1" ss -Hxap | grep "pid=${NET_PIDS[$1]}," | grep -v "$T/$1.uds"
}

# Without nts_server there is a status socket where one is named, and nowhere else.
static_conf bc 10 nts_status_address "$T/bc.status"
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1
ok "static keys only, a status socket is named" wait_for 10 [ -S "$T/bc.status" ]
is "status: static" "$(port bc 1 mode) $(port bc 2 mode)" "static static"
if $native; then
	is "status: linuxptp's own keys are not told" "$(port bc 1 key_id)" null
else
	ok "status: what is signed is counted" wait_for 10 port_above bc 2 signed 5
	ok "status: what is refused is counted" wait_for 10 port_above bc 1 refused_total 5
fi
ok "in words, too" eval '"$BUILD/nts4ptp" status -a "$T/bc.status" | grep -q "mode  *static"'
ok "a look at its sockets finds that one" not none_is_open bc
stop bc
ok "its end takes the socket away" [ ! -e "$T/bc.status" ]
static_conf bc 10
ptp_conf slave
start slave slave "$PTP4L_NTS" -f "$T/slave.conf" -i s0
start bc bc "$PTP4L_NTS" -f "$T/bc.conf" -i b0 -i b1
ok "a boundary clock of static keys, none named" wait_for 10 grep -q 'port 1.*LISTENING' "$T/bc.log"
ok "static keys: no socket but linuxptp's" none_is_open bc
ok "no keys: no socket but linuxptp's" none_is_open slave
done_testing
