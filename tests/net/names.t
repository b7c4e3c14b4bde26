#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A KE server's name that comes to mean another address in /etc/hosts while the agent runs; a dead
# name server beside a good one; servers by address, with and without a port.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# An /etc of its own, in the mount namespace that ip netns exec has given it.
own_etc() {
	# shellcheck disable=SC2016
	start gm gm sh -c 'mount --bind "$1" /etc && shift && exec "$@"' sh "$T/etc" \
		"$PTP4L_NTS" -f "$T/gm.conf" -i eth0
}

# The file is another one each time, as editors and resolvconf have it.
etc() {
	printf '%s\n' "${@:2}" >"$T/etc/new"
	mv "$T/etc/new" "$T/etc/$1"
}

failed_in() {
	[ "$(counter gm last_exchange.step)" = "$1" ]
}

net_up ke gm
net_pki gm
ked_conf
sed -i "s/^listen.*/listen = $KE_ADDRESS:4460, [fd00::1]:4460, [fd00::1]:4461/" "$T/ked.conf"
pki_cert "$T/pki" ca ke ke dns=ke.test ip="$KE_ADDRESS" ip=fd00::1 --server
ok "the KE server listens" ked_start

mkdir -m 755 "$T/etc"
cp /etc/passwd /etc/group "$T/etc"
nts_conf gm nts_server ke.test nts_timeout 2
own_etc
ok "a name that nobody knows" wait_for 10 failed_in name
etc hosts '192.0.2.77 ke.test'
ok "now /etc/hosts has an address, where nobody is" wait_for 20 failed_in tcp
etc hosts "$KE_ADDRESS ke.test"
ok "and now the right one: the port comes up" wait_for 30 is_up gm
stop gm

name_server ke "$KE_ADDRESS"
rm "$T/etc/hosts"
etc resolv.conf 'nameserver 192.0.2.77' "nameserver $KE_ADDRESS"
nts_conf gm nts_server ke.test
lines=$(log_lines gm)
own_etc
ok "the first of two name servers is dead: the port comes up" wait_for 20 is_up gm
is "no exchange failed for it" "$(tail -n "+$((lines + 1))" "$T/gm.log" | grep -c 'no keys for')" 0
stop gm

# is_shown NTS_SERVER SHOWN
is_shown() {
	nts_conf gm nts_server "$1" nts_timeout 2
	nts_start gm
	ok "nts_server $1" wait_for 20 is_up gm
	is "is shown as $2" "$(counter gm server)" "$2"
	stop gm
}

is_shown fd00::1 '[fd00::1]:4460'
is_shown '[fd00::1]:4461' '[fd00::1]:4461'
is_shown '192.0.2.77:4460, [fd00::1]' '[fd00::1]:4460'
done_testing
