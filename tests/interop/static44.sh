#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An independent anchor: a stock linuxptp 4.4, with its own static keys, is given the group key
# that nts-ked handed out, and must synchronize with us, both ways, in each MAC algorithm.
#	BUILD=build PTP4L44=/path/to/stock/4.4/ptp4l tests/interop/static44.sh
# 4.4 is in no Debian suite that we fetch from, so this is not part of make check.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
PTP4L44=${PTP4L44:?a stock ptp4l of linuxptp 4.4}

fetch_key() {
	in_ns gm "$TOOLS/kefetch" --server "$KE_ADDRESS:4460" --ca "$T/pki/ca.crt" \
		--cert "$T/pki/gm.crt" --key "$T/pki/fetch.key" --domain 0 --sdo 0 --sub 0 \
		--sa-file "$T/sa" >"$T/kefetch.log" 2>&1
}

# static_conf NAME [OPTION VALUE...]: a stock 4.4 that uses the fetched key.
static_conf() {
	local name=$1 spp id
	shift
	spp=$(awk '$1 == "spp" { print $2 }' "$T/sa")
	id=$(awk '$1 ~ /^[0-9]+$/ { print $1; exit }' "$T/sa")
	ptp_conf "$name" sa_file "$T/sa" spp "$spp" active_key_id "$id" "$@"
}

both_ways() {
	local mac=$1
	nts_conf gm
	static_conf slave clientOnly 1
	nts_start gm
	start slave slave "$PTP4L44" -f "$T/slave.conf" -i eth0
	ok "$mac: stock 4.4 follows our grandmaster" wait_for 30 synced slave 3
	num "$mac: our grandmaster verified its Delay_Req" "$(counter gm verified)" -gt 4
	is "$mac: our grandmaster refused nothing" "$(counter gm refused_total)" 0
	stop slave
	stop gm
	: >"$T/slave.log"

	static_conf gm
	nts_conf slave clientOnly 1
	start gm gm "$PTP4L44" -f "$T/gm.conf" -i eth0
	nts_start slave
	ok "$mac: our slave follows stock 4.4" wait_for 30 synced slave 3
	num "$mac: our slave verified its messages" "$(counter slave verified)" -gt 40
	is "$mac: our slave refused nothing" "$(counter slave refused_total)" 0
	stop slave
	stop gm
	: >"$T/slave.log"

	# The negative: one hexadecimal digit of the key is another one.
	sed -i -E 's/^([0-9]+ .*HEX:.*)(.)$/\1X\2/; /X.$/ { s/X0$/1/; s/X[^0]$/0/ }' "$T/sa"
	static_conf gm
	start gm gm "$PTP4L44" -f "$T/gm.conf" -i eth0
	nts_start slave
	ok "$mac: a wrong key is noticed" wait_for 30 counter_above slave refused.bad_icv 20
	is "$mac: and nothing of it verified" "$(counter slave verified)" 0
	stop slave
	stop gm
	: >"$T/slave.log"
}

# static_both_ways SPP KEY: our static keys on a release that has none, with stock 4.4.
static_both_ways() {
	local options=(sa_file "$T/static" spp "$1" active_key_id "$2") ours theirs
	for ours in gm slave; do
		theirs=$([ $ours = gm ] && echo slave || echo gm)
		ptp_conf gm "${options[@]}"
		ptp_conf slave slaveOnly 1 "${options[@]}"
		watch_start "static-$1-$2-$ours"
		nts_start $ours
		start "$theirs" "$theirs" "$PTP4L44" -f "$T/$theirs.conf" -i eth0
		ok "static $1/$2: we are $ours: the slave follows" wait_for 30 synced slave 3
		ok "static $1/$2: we refused nothing" not grep -q ': refused' "$T/$ours.log"
		stop slave
		stop gm
		watch_end "static-$1-$2-$ours"
		is "static $1/$2: nothing unsigned" "$(watched "static-$1-$2-$ours" unsigned)" 0
		rm -f "$T/slave.log" "$T/gm.log"
	done
}

net_up ke gm slave
printf '%s\n' '[security_association]' 'spp 3' 'seqid_window 20' \
	'1 SHA256-128 HEX:F8ADC6B8B8E9AA709106BA42481EC9E29607334DE2C3C737A11A12931DB27F8C' \
	'2 SHA256 26 abcdefghijklmnopqrstuvwxyz' '3 AES128 ASCII:0123456789abcdef' \
	'4 AES256 B64:PKTF9VQz94qPaoAzW4eE3JtFoQ8Ov1OTQSojalWyMbs=' \
	'[security_association]' 'spp 4' 'allow_mutable 1' \
	'1 SHA256 HEX:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff001122334455' \
	>"$T/static"
for id in 1 2 3 4; do
	static_both_ways 3 $id
done
static_both_ways 4 1
net_pki gm slave
cp "$T/pki/gm.key" "$T/pki/fetch.key"
chown root "$T/pki/fetch.key"
for mac in HMAC-SHA256-128 HMAC-SHA256 AES-128-CMAC AES-256-CMAC; do
	ked_conf mac="$mac"
	rm -f "$T"/ked/store*
	ok "$mac: the KE server listens" ked_start
	ok "$mac: the group key is fetched" fetch_key
	both_ways "$mac"
	stop ked
done
done_testing
