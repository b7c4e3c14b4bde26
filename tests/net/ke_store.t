#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked's store is deleted, moved away or exchanged while it runs: it is noticed, said, and where
# nobody's file is in the way written anew, so that a later kill -9 changes no key. Its disk is full:
# that is said too, and no key is handed out that is not stored.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
pki_cert "$P" ca gm1 gm1 ip=192.0.2.1 --client
openssl rand -hex 32 >"$T/store.key"
chmod 600 "$T/store.key"
ke_conf "$T/ked.conf" 'metrics = 127.0.0.1:9461' 'workers = 2' "store_key_file = $T/store.key" \
	'[unicast main]' 'grantors = gm?' 'requesters = member, gm' --
ok "the server is ready" ke_start "$T/ked.conf"

REGISTRATION=$PROTOCOL${VERSION}840600020003840800060001c000020180040004000f0011$END
value() {
	in_ns ke "$BUILD/nts4ptp" ke-status --json | jq ".$1"
}
value_is() {
	[ "$(value "$1")" = "$2" ]
}
ke_status() {
	in_ns ke "$BUILD/nts4ptp" ke-status >"$T/status" 2>&1
}
key=$(sa_of "$(ask member "$REQUEST")")
is "the key has 32 octets" "${#key}" 82
ok "a grantor is registered" test -n "$(ask gm1 "$REGISTRATION")"
ok "all is well" ke_status
ok "and said so" grep -qE '^ +store +in its place, written anew 0 times' "$T/status"

# same NAME: killed and started again, nothing is another.
same() {
	{ stop ked KILL; } 2>/dev/null
	ok "$1: it starts after kill -9" ke_start "$T/ked.conf"
	is "$1: no key changed" "$(sa_of "$(ask member "$REQUEST")")" "$key"
	is "$1: registrations are there" "$(value registrations)" 1
}

lines=$(ke_lines)
rm "$T"/keys.db*
ok "deleted: written anew" wait_for 8 value_is store_restored_total 1
ok "deleted: said" ke_says_since "$lines" 'store: it was gone, and has been written anew'
is "deleted: for its owner alone" "$(stat -c %a "$T/keys.db" "$T/keys.db-wal" | xargs)" '600 600'
ok "deleted: it serves on" is_grant "$(ask member "$REQUEST")"
same deleted

mv "$T/keys.db" "$T/aside.db"
ok "moved away: written anew" wait_for 8 value_is store_restored_total 1
same 'moved away'

rm "$T/keys.db-wal"
ok "only its log of changes: written anew" wait_for 8 value_is store_restored_total 1
same 'its log of changes'

# ---- somebody else's is in its place ----
mv "$T/keys.db" "$T/ours.db"
echo "somebody's" >"$T/keys.db"
ok "exchanged: noticed" wait_for 8 value_is store_in_place 0
ok "exchanged: not well" not ke_status
ok "exchanged: ke-status says why" grep -qF "A RESTART WOULD NOT FIND TODAY'S KEYS" "$T/status"
ok "exchanged: so does the log" ke_says_since 0 "another file stands at $T/keys.db"
is "exchanged: it is left alone" "$(cat "$T/keys.db")" "somebody's"
ok "exchanged: it serves on" is_grant "$(ask member "$REQUEST")"
rm "$T/keys.db"
ok "out of the way: written anew" wait_for 25 value_is store_in_place 1
ok "all is well again" ke_status
same exchanged
stop ked
ok "no key stands open in the file" not grep -q "${key:18:16}" <(xxd -p "$T/keys.db" | tr -d '\n')

# ---- its disk is full: a small one of its own ----
mkdir "$T/disk"
ke_conf "$T/ked.conf" 'metrics = 127.0.0.1:9461' -- 'lifetime = 6' 'update_period = 3'
sed -i "s|^store.*|store = $T/disk/keys.db|" "$T/ked.conf"
KE_CONF=$T/ked.conf
# shellcheck disable=SC2016
ok "full: the server is ready" ke_start_with unshare -m bash -c \
	'mount -t tmpfs -o size=400k none "$0" && exec "$@"' "$T/disk"
inside=/proc/${NET_PIDS[ked]}/root$T/disk
head -c 1M /dev/zero >"$inside/fill" 2>"$T/fill.log"
is_told() {
	value_is store_good 0
}
ok "full: it is told" wait_for 10 is_told
ok "full: not well" not ke_status
ok "full: ke-status says why" grep -qF 'KEYS CANNOT BE STORED' "$T/status"
ok "full: so does the log" ke_says_since 0 'database or disk is full'
has_ended() {
	[ "$(value 'group_keys[0].value')" = 0 ]
}
ok "full: the key ends" wait_for 10 has_ended
is "full: no key that is not stored" "$(error_of "$(ask member "$REQUEST")")" 2
rm "$inside/fill"
granted() {
	is_grant "$(ask member "$REQUEST")"
}
ok "space again: keys" wait_for 10 granted
ok "space again: all is well" wait_for 5 ke_status
stop ked
done_testing
