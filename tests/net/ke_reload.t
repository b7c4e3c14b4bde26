#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# nts-ked takes another configuration, and other certificates, while it runs: on SIGHUP and when a
# file changes, whole or not at all. And it tells the service manager.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

net_ns ke
ke_pki
pki_ca "$P" other
pki_cert "$P" other foreign gm dns=gm.test --client
pki_cert "$P" ca stranger stranger dns=stranger.example --client

TAKEN='configuration, certificates and keys read again'
REFUSED='reload refused: the old configuration stays'

ke_manager

# in_place FILE COMMAND...: exchanges a file for what the command makes of it, in one step.
in_place() {
	local file=$1
	shift
	"$@" <"$file" >"$file.new" && mv "$file.new" "$file"
}

# becomes TEXT: within a moment of now, whoever notices first.
becomes() {
	wait_for 8 ke_says_since "$lines" "$1"
}

hup() {
	lines=$(ke_lines)
	kill -HUP "${NET_PIDS[ked]}"
}

ke_conf "$T/ked.conf" 'metrics = 127.0.0.1:9461' -- 'lifetime = 600' 'update_period = 60'
KE_CONF=$T/ked.conf
ok "the server is ready" ke_start_with env NOTIFY_SOCKET="$T/notify" WATCHDOG_USEC=400000
ok "it tells the service manager" wait_for 5 grep -q '^READY=1;STATUS=1 groups, 1 workers' \
	"$T/manager"
ok "and gives signs of life" wait_for 5 grep -q '^WATCHDOG=1$' "$T/manager"
first=$(sa_of "$(ask member "$REQUEST")")

# ---- the configuration changes, nobody says so ----
lines=$(ke_lines)
in_place "$T/ked.conf" sed 's/^members.*/members = *.test, stranger/'
ok "members: noticed" becomes "$TAKEN"
ok "members: a new one is served" is_grant "$(ask stranger "$REQUEST")"
is "members: the key stays" "$(sa_of "$(ask member "$REQUEST")")" "$first"
ok "the service manager hears of it" wait_for 5 grep -q '^RELOADING=1;MONOTONIC_USEC=[0-9]' \
	"$T/manager"
ok "and of its end" wait_for 5 grep -q '^READY=1;.*1 reloads, 0 refused' "$T/manager"

# ---- a bad one ----
lines=$(ke_lines)
in_place "$T/ked.conf" sed 's/^members.*/&\nmembres = nobody/'
ok "a bad one is refused" becomes "$REFUSED"
line=$(grep -n membres "$T/ked.conf" | cut -d: -f1)
ok "with file and line" ke_says_since "$lines" \
	"$T/ked.conf:$line: unknown option membres in [group main]"
ok "the old one stays" is_grant "$(ask stranger "$REQUEST")"
hup
ok "SIGHUP: refused again" becomes "$REFUSED"
lines=$(ke_lines)
in_place "$T/ked.conf" sed '/^membres/d'
ok "a good one is taken again" becomes "$TAKEN"

# ---- all or nothing: groups are right, the certificate is not there ----
lines=$(ke_lines)
in_place "$T/ked.conf" sed "s|^members.*|members = nobody|; s|^certificate.*|certificate = $P/none.crt|"
ok "a certificate that is not there: refused" becomes "$REFUSED"
ok "and why" ke_says_since "$lines" "$P/none.crt: file cannot be read"
ok "the members are the old ones" is_grant "$(ask stranger "$REQUEST")"
lines=$(ke_lines)
in_place "$T/ked.conf" sed "s|^members.*|members = *.test|; s|^certificate.*|certificate = $P/ke.crt|"
ok "put right: taken" becomes "$TAKEN"
is "who is not named any more is refused at once" "$(error_of "$(ask stranger "$REQUEST")")" 3

# ---- groups come and go ----
SECOND=$PROTOCOL$VERSION${KEY_REQUEST}8400000700000900000000$END
is "no such group yet" "$(error_of "$(ask member "$SECOND")")" 3
printf '%s\n' '[group second]' 'domain = 9' 'members = *.test' 'lifetime = 600' \
	'update_period = 60' >"$T/second"
lines=$(ke_lines)
in_place "$T/ked.conf" cat - "$T/second"
ok "another group: taken" becomes "$TAKEN"
answer=$(ask member "$SECOND")
ok "another group: has keys" is_grant "$answer"
is "the first group's stays" "$(sa_of "$(ask member "$REQUEST")")" "$first"
lines=$(ke_lines)
in_place "$T/ked.conf" sed '/^.group second/,$d'
ok "taken out again" becomes "$TAKEN"
is "taken out: refused" "$(error_of "$(ask member "$SECOND")")" 3
lines=$(ke_lines)
in_place "$T/ked.conf" cat - "$T/second"
ok "and back" becomes "$TAKEN"
is "with the same key" "$(sa_of "$(ask member "$SECOND")")" "$(sa_of "$answer")"

# ---- what takes a restart, and limits ----
lines=$(ke_lines)
in_place "$T/ked.conf" sed "s|^listen.*|listen = 127.0.0.1, 127.0.0.9|; s|^store.*|store = $T/2.db\nuser = nobody\nworkers = 2\nhandshakes_burst = 2\nhandshakes_per_second = 1|"
ok "a reload that changes what it cannot" becomes "$TAKEN"
for o in listen store user workers; do
	ok "$o: that takes a restart" ke_says_since "$lines" "$o has changed: that takes a restart"
done
many() {
	for _ in 1 2 3 4 5; do
		is_grant "$(ask member "$REQUEST")" || return 1
	done
}
ok "the new limits hold" not many
lines=$(ke_lines)
in_place "$T/ked.conf" sed '/^handshakes/d; /^user/d; /^workers/d'
ok "and the old ones again" becomes "$TAKEN"
ok "many are served again" wait_for 5 many

# ---- certificates, exchanged as a link to a folder ----
mkdir "$P/v1" "$P/v2"
for f in ke.crt ke.key ca.crt; do
	cp -p "$P/$f" "$P/v1/$f"
	cp -p "$P/$f" "$P/v2/$f"
done
cat "$P/ca.crt" "$P/other.crt" >"$P/v2/ca.crt"
ln -s v1 "$P/current"
lines=$(ke_lines)
in_place "$T/ked.conf" sed "s|$P/ke|$P/current/ke|; s|$P/ca|$P/current/ca|"
ok "files behind a link: taken" becomes "$TAKEN"
is "the other CA is none" "$(ask foreign "$REQUEST")" ''
swap() {
	lines=$(ke_lines)
	ln -s "$1" "$P/current.new" && mv -T "$P/current.new" "$P/current"
}
swap v2
ok "the link is exchanged: noticed" becomes "$TAKEN"
ok "the other CA is one" is_grant "$(ask foreign "$REQUEST")"
swap v1
ok "and back: noticed" becomes "$TAKEN"
is "the other CA is none again" "$(ask foreign "$REQUEST")" ''
swap nowhere
ok "a link to nowhere: refused" becomes "$REFUSED"
ok "the old ones work on" is_grant "$(ask member "$REQUEST")"
lines=$(ke_lines)
swap v2
ok "a link to something: taken" becomes "$TAKEN"
lines=$(ke_lines)
chmod 644 "$P/v2/ke.key"
ok "a key for all: refused" becomes "$REFUSED"
chmod 600 "$P/v2/ke.key"
ok "a key for its owner: taken" becomes "$TAKEN"

# ---- revocation ----
certtool --generate-crl --load-ca-privkey "$P/ca.key" --load-ca-certificate "$P/ca.crt" \
	--load-certificate "$P/stranger.crt" --outfile "$P/ca.crl" --template /dev/stdin \
	<<<$'expiration_days = 30\ncrl_next_update = 30\ncrl_number = 1' 2>>"$P/pki.log"
lines=$(ke_lines)
in_place "$T/ked.conf" sed "s|^client_ca.*|&\nclient_crl = $P/ca.crl|; s|^members.*|members = *|"
ok "a revocation list: taken" becomes "$TAKEN"
lines=$(ke_lines)
is "who is on it gets nothing" "$(ask stranger "$REQUEST")" ''
ok "and the log says why" becomes 'failed: certificate is revoked'
ok "who is not is served" is_grant "$(ask member "$REQUEST")"
certtool --generate-crl --load-ca-privkey "$P/ca.key" --load-ca-certificate "$P/ca.crt" \
	--load-certificate "$P/member.crt" --outfile "$P/ca.crl.new" --template /dev/stdin \
	<<<$'expiration_days = 30\ncrl_next_update = 30\ncrl_number = 2' 2>>"$P/pki.log"
lines=$(ke_lines)
mv "$P/ca.crl.new" "$P/ca.crl"
ok "another list: noticed" becomes "$TAKEN"
is "who is on that gets nothing from then on" "$(ask member "$REQUEST")" ''

stop ked
ok "the service manager hears of the end" wait_for 5 grep -q '^STOPPING=1$' "$T/manager"
kill "$MANAGER"
done_testing
