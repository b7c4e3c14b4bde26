#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked over its restarts and at its start: kill -9 changes no key and grows no lifetime; what is
# wrong at the start is said in one sentence; SIGHUP takes new certificates or keeps the old.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
ke_conf "$T/ked.conf" -- 'lifetime = 600' 'update_period = 1'
ok "the server is ready" ke_start "$T/ked.conf"

first=$(ask member "$REQUEST")
ok "keys are granted" is_grant "$first"
lifetime=$(lifetime_of "$first")
num "lifetime is that of the configuration" "$lifetime" -ge 590
num "and not more" "$lifetime" -le 600
for signal in KILL KILL TERM KILL; do
	stop ked "$signal"
	ok "it starts again after SIG$signal" ke_start "$T/ked.conf"
	again=$(ask member "$REQUEST")
	is "SIG$signal: same key" "$(sa_of "$again")" "$(sa_of "$first")"
	num "SIG$signal: lifetime has not grown" "$(lifetime_of "$again")" -le "$lifetime"
	lifetime=$(lifetime_of "$again")
done
num "lifetime has not shrunk either" "$lifetime" -ge 570
is "the store is for its owner" "$(stat -c %a "$T/keys.db")" 600

# In the update period the next key survives too: it is the current one afterwards.
stop ked KILL
rm -f "$T"/keys.db*
ke_conf "$T/ked.conf" -- 'lifetime = 6' 'update_period = 5'
ok "the server is ready" ke_start "$T/ked.conf"
has_next() {
	[[ $(ask member "$REQUEST") =~ 84090029(.{82}).*84090029(.{82}) ]]
}
ok "the next key is granted" wait_for 5 has_next
current=${BASH_REMATCH[1]} next=${BASH_REMATCH[2]}
stop ked KILL
ke_start "$T/ked.conf"
ok "both are there after kill -9" has_next
is "current as before" "${BASH_REMATCH[1]}" "$current"
is "next as before" "${BASH_REMATCH[2]}" "$next"
stop ked KILL
ke_start "$T/ked.conf"
current_is() {
	[ "$(sa_of "$(ask member "$REQUEST")")" = "$1" ]
}
ok "the next becomes current by the clock" wait_for 8 current_is "$next"

# SIGHUP
ke_hup() {
	local lines
	lines=$(ke_lines)
	kill -HUP "${NET_PIDS[ked]}"
	wait_for 5 ke_says_since "$lines" "$1"
}
pki_ca "$P" other
pki_cert "$P" other foreign gm dns=gm.test --client
cp "$P/ca.crt" "$P/ca.old"
echo rubbish >"$P/ca.crt"
ok "SIGHUP: rubbish is refused" ke_hup 'reload refused: the old configuration stays'
cp "$P/ca.old" "$P/ca.crt"
ok "the old ones work on" is_grant "$(ask member "$REQUEST")"
is "the other CA is none" "$(ask foreign "$REQUEST")" ''
cat "$P/ca.old" "$P/other.crt" >"$P/ca.crt"
ok "SIGHUP: good ones are taken" ke_hup 'configuration, certificates and keys read again'
ok "the other CA is one now" is_grant "$(ask foreign "$REQUEST")"

# fails NAME CONF TEXT: does not start, says why, exit status 1.
fails() {
	local name=$1 out status=0
	out=$(in_ns ke timeout 10 "$BUILD/nts-ked" -f "$2" 2>&1) || status=$?
	is "$name: exit status" "$status" 1
	ok "$name: $3" grep -qF -- "$3" <<<"$out" || diag "$out"
}
ke_conf "$T/2.conf" 'listen = 127.0.0.1:4461'
fails 'option twice' "$T/2.conf" "$T/2.conf:7: listen stands twice in [server]"
check() {
	"$BUILD/nts-ked" --check "$1" >"$T/check.log" 2>&1
}
ok "--check refuses it too" not check "$T/2.conf"
ok "--check says where" grep -qF "$T/2.conf:7: listen stands twice" "$T/check.log"
ok "--check takes a good one" check "$T/ked.conf"
sed 's/^listen.*/listen = 127.0.0.1:4461/' "$T/ked.conf" >"$T/2.conf"
fails 'store in use' "$T/2.conf" "store: $T/keys.db: another process uses it"
sed "s|^store.*|store = $T/2.db|" "$T/ked.conf" >"$T/2.conf"
fails 'address in use' "$T/2.conf" 'listen: 127.0.0.1: Address already in use'
stop ked
chmod 640 "$T/keys.db"
fails 'store for all' "$T/ked.conf" "store: $T/keys.db has mode 0640: others can get at its keys"
chmod 600 "$T/keys.db"
chmod 644 "$P/ke.key"
fails 'key for all' "$T/ked.conf" \
	'client_ca or client_crl: file with a key can be read by others'
ok "--check says so too" not check "$T/ked.conf"
ok "with the reason" grep -qF 'file with a key can be read by others' "$T/check.log"
chmod 600 "$P/ke.key"
sed "s|^user.*||; s|^store.*|&\nuser = no-such-user|" "$T/ked.conf" >"$T/2.conf"
fails 'no such user' "$T/2.conf" 'user: cannot become no-such-user: no such user'

# The key of the store
sed "s|^store.*|&\nstore_key_file = $T/store.key|" "$T/ked.conf" >"$T/key.conf"
for text in '' 0123 "$(printf '%064dx' 0)"; do
	echo "$text" >"$T/store.key"
	chmod 600 "$T/store.key"
	ok "--check refuses a store_key_file of '$text'" not check "$T/key.conf"
	ok "and says so" grep -qF "store_key_file: key file $T/store.key: is not 64" "$T/check.log"
done
openssl rand -hex 32 >"$T/store.key"
ok "--check takes a good one" check "$T/key.conf"
chmod 640 "$T/store.key"
ok "--check refuses one for all" not check "$T/key.conf"
rm "$T/store.key"
ok "--check refuses one that is not there" not check "$T/key.conf"

# As another user
mkdir "$T/var"
chown nobody "$T/var"
sed "s|^store.*|store = $T/var/keys.db\nuser = nobody|" "$T/ked.conf" >"$T/ked3.conf"
ok "it has said that it stayed root without" ke_says_since 0 'user is not given: stays root'
: >"$T/ked.log"
ok "it starts as another user" ke_start "$T/ked3.conf"
ok "and has nothing to say of root" not ke_says_since 0 'stays root'
is "effective user" "$(awk '/^Uid:/ { print $2, $3, $4 }' "/proc/${NET_PIDS[ked]}/status")" \
	"$(id -u nobody) $(id -u nobody) $(id -u nobody)"
is "no new privileges" "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/${NET_PIDS[ked]}/status")" 1
is "the store is that user's" "$(stat -c '%U %a' "$T/var/keys.db")" "nobody 600"
is "nothing is dumped" "$(awk '/Max core file size/ { print $5, $6 }' \
	"/proc/${NET_PIDS[ked]}/limits")" "0 0"
is "its memory is root's to look at" "$(stat -c %U "/proc/${NET_PIDS[ked]}/mem")" root
# Where the limit on locked memory can be taken away; and ASan makes mlockall do nothing.
if (ulimit -l unlimited) 2>/dev/null && ! ldd "$BUILD/nts-ked" | grep -q libasan; then
	num "its memory is locked" \
		"$(awk '/^VmLck:/ { print $2 }' "/proc/${NET_PIDS[ked]}/status")" -gt 0
fi
is "no capabilities" "$(awk '/^Cap(Prm|Eff):/ { print $2 }' "/proc/${NET_PIDS[ked]}/status" |
	sort -u)" 0000000000000000
ok "it says what a reload could not read" ke_says_since 0 \
	"private_key: $P/ke.key: Permission denied for user $(id -u nobody): a reload will be refused"
ok "it serves" is_grant "$(ask member "$REQUEST")"
stop ked

# The key is that user's: read by root at the start, by him at each reload
chmod 755 "$T" "$P"
chown nobody "$P/ke.key"
fails 'a key of somebody else' "$T/ked.conf" \
	'client_ca or client_crl: file with a key can be read by others'
ok "--check takes the key of the user" check "$T/ked3.conf"
ok "and that of whom the service may run as" check "$T/ked.conf"
ok "--check takes no user that is none" not check "$T/2.conf"
ok "and says so" grep -qF 'user: cannot become no-such-user: no such user' "$T/check.log"
ok "it starts with a key of its user" ke_start "$T/ked3.conf"
lines=$(ke_lines)
kill -HUP "${NET_PIDS[ked]}"
ok "and reloads" wait_for 5 ke_says_since "$lines" \
	'configuration, certificates and keys read again'
stop ked
done_testing
