#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packaging/nts-ked.service: systemd finds it right, its sandbox is tight, and leaves nts-ked the
# system calls that it makes.
# shellcheck source=tests/net/ke.sh
. "$(dirname "$0")/ke.sh"

command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze"
UNIT=$T/nts-ked.service
sed "s|/usr/local/sbin|$BUILD|" "$(dirname "$0")/../../packaging/nts-ked.service" >"$UNIT"

systemd-analyze verify "$UNIT" >"$T/verify" 2>&1
is "systemd-analyze verify" "$?" 0
is "has nothing to say" "$(cat "$T/verify")" ''
exposure() {
	systemd-analyze security --offline=yes --no-pager --threshold=20 "$UNIT" >"$T/security"
}
ok "systemd-analyze security: exposure at most 2.0 of 10" exposure
diag "$(grep Overall "$T/security")"

# allowed: the system calls that SystemCallFilter leaves, one a line. Lines of the filter are
# taken in their order, as systemd does.
expand() {
	local name
	for name in "$@"; do
		case $name in
		@*) # shellcheck disable=SC2046
			expand $(systemd-analyze syscall-filter "$name" | sed '1d; s/#.*//') ;;
		*) echo "$name" ;;
		esac
	done
}
allowed() {
	local line
	: >"$T/allowed"
	while read -r line; do
		# shellcheck disable=SC2086
		case $line in
		~*) expand ${line#\~} >"$T/denied"
			grep -vxFf "$T/denied" "$T/allowed" >"$T/rest"
			mv "$T/rest" "$T/allowed" ;;
		*) expand $line >>"$T/allowed" ;;
		esac
	done < <(sed -n 's/^SystemCallFilter=//p' "$UNIT")
	expand @default >>"$T/allowed"
}
if command -v strace >/dev/null && ! ldd "$BUILD/nts-ked" | grep -q libasan; then
	allowed
	net_ns ke
	ke_pki
	mkdir "$T/var"
	chown -R nobody "$P" "$T/var"
	chmod 711 "$P"
	ke_conf "$T/ked.conf" 'metrics = 127.0.0.1:9461' 'workers = 2'
	sed -i "s|^store.*|store = $T/var/keys.db|" "$T/ked.conf"
	KE_CONF=$T/ked.conf
	touch "$T/trace"
	chown nobody "$T/trace"
	ok "the server is ready, without privileges from the beginning" ke_start_with \
		setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all \
		strace -D -f -qq -o "$T/trace" env NOTIFY_SOCKET=@nts-nobody
	ok "it serves" is_grant "$(ask member "$REQUEST")"
	counters() {
		in_ns ke "$BUILD/nts4ptp" ke-status >"$T/counters"
	}
	ok "it tells its counters" counters
	kill -HUP "${NET_PIDS[ked]}"
	ok "it reloads" wait_for 8 ke_says_since 0 'configuration, certificates and keys read again'
	rm "$T"/var/keys.db*
	ok "it writes its store anew" wait_for 8 ke_says_since 0 'store: it was gone, and has been'
	stop ked
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/trace" | sort -u >"$T/made"
	num "system calls were traced" "$(wc -l <"$T/made")" -gt 30
	is "the sandbox allows each" "$(grep -vxFf "$T/allowed" "$T/made" | tr '\n' ' ')" ''
fi
done_testing
