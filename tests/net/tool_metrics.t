#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The clock's counters over HTTP: nts4ptp metrics --listen, a service beside the clock, with its
# limits. And alerts and dashboards ask for nothing that clock and KE server do not tell.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/../.." || exit 1

# http HOST PORT REQUEST_LINE: the answer, header and all.
http() {
	# shellcheck disable=SC2016
	in_ns "$1" timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/$1; printf "%s\r\nHost: x\r\n\r\n" "$2" >&3; cat <&3' \
		http "$2" "$3" 2>/dev/null
}

fetch() {
	http "$1" "$2" 'GET /metrics HTTP/1.1' | sed '1,/^\r$/d'
}

answers() {
	http "$1" "$2" 'GET /metrics HTTP/1.1' | grep -q "^HTTP/1.1 $3"
}

up() {
	fetch gm 9462 | grep -qxF 'ptp4l_nts_up{port="1",interface="eth0"} 1'
}

net_up ke gm slave
net_pki gm slave
ked_conf
sed -i 's/^listen.*/&\nmetrics = 127.0.0.1:9461/' "$T/ked.conf"
ok "the KE server listens" ked_start

# As packaging/ptp4l-nts-metrics.service does it: no root, no capability, the group of the socket.
start metrics gm setpriv --reuid=nobody --regid=nogroup --groups=root --inh-caps=-all \
	--bounding-set=-all --no-new-privs \
	"$BUILD/nts4ptp" metrics --address "$T/gm.status" --listen 127.0.0.1:9462
ok "without a clock: 503" wait_for 10 answers gm 9462 503
nts_pair
ok "with one: its port is up" wait_for 20 up
ok "the slave follows" wait_for 30 synced slave 1
fetch gm 9462 >"$T/clock"
"$BUILD/nts4ptp" metrics --address "$T/gm.status" >"$T/stdout"
is "the same families as on standard output" "$(grep '^# ' "$T/clock")" "$(grep '^# ' "$T/stdout")"
ok "every line is one of Prometheus's" not grep -qvE \
	'^(# (HELP|TYPE) ptp4l_nts_[a-z_]+ .+|ptp4l_nts_[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.e+]+)$' "$T/clock"
ok "HEAD has no text" not grep -q ptp4l_nts <(http gm 9462 'HEAD /metrics HTTP/1.1')
ok "another path: 404" grep -q '^HTTP/1.1 404' <(http gm 9462 'GET / HTTP/1.1')
ok "another method: 405" grep -q '^HTTP/1.1 405' <(http gm 9462 'POST /metrics HTTP/1.1')
ok "rubbish: no answer" not grep -q ' 200 ' <(http gm 9462 rubbish)
ok "a request without end: no text" not grep -q ' 200 ' <(http gm 9462 "GET /metrics?$(printf '%09000d' 0)")
ok "the clock itself listens nowhere" not grep -q . <(in_ns gm ss -Hltnp | grep ptp4l-nts)
ok "nobody else can reach it" not in_ns slave timeout 3 bash -c '</dev/tcp/192.0.2.2/9462' 2>"$T/reach"

# Thirty that say nothing: sixteen are let in, each for five seconds, and then an honest one, too.
# shellcheck disable=SC2016
in_ns gm bash -c 'for i in {10..39}; do eval "exec $i<>/dev/tcp/127.0.0.1/9462"; done; : >"$1"
	exec sleep 60' hold "$T/held" 2>/dev/null &
held=$!
sockets() {
	find "/proc/${NET_PIDS[metrics]}/fd" -lname 'socket:*' 2>/dev/null | wc -l
}
sixteen() {
	[ "$(sockets)" -ge 16 ]
}
ok "sixteen are let in" wait_for 10 sixteen
num "not all of them: sockets open" "$(sockets)" -le 20
ok "the silent ones are ended" wait_for 30 answers gm 9462 200
kill "$held"

in_ns gm "$BUILD/nts4ptp" metrics --listen 127.0.0.1:9462 >"$T/second" 2>&1
is "a port in use: exit status" "$?" 2
ok "a port in use: says so" grep -q '127.0.0.1:9462: Address already in use' "$T/second"
"$BUILD/nts4ptp" metrics --listen nowhere >"$T/second" 2>&1
is "no address: exit status" "$?" 64

# ---- alerts and dashboards ----

fetch ke 9461 >"$T/server"
# "NAME" of each family, and "NAME LABEL" of each label that one of its samples has.
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$T/clock" "$T/server" | sort -u >"$T/names"
grep -hv '^#' "$T/clock" "$T/server" | awk '{ name = $0; sub(/[{ ].*/, "", name)
	while (match($0, /[{,][a-z]+="/)) {
		print name, substr($0, RSTART + 1, RLENGTH - 3)
		$0 = substr($0, RSTART + RLENGTH) } }' | sort -u >"$T/labels"
# Not seen here: there is no unicast, and no handshake failed.
printf '%s\n' 'ptp4l_nts_grantor_usable interface' 'ptp4l_nts_grantor_usable grantor' \
	'nts_ked_handshake_failures_total reason' >>"$T/labels"

# One line each: an alert, or a panel's question.
one_line() {
	sed '/^ *#/d' packaging/prometheus/*.yml | awk '/- alert:/ { print line; line = "" }
		{ line = line " " $0 } END { print line }'
	jq -r '.panels[].targets[] | .expr + " " + .legendFormat' packaging/grafana/*.json
}
one_line | grep -oE '(nts_ked|ptp4l_nts)_[a-z_]+' | sort -u >"$T/used"
is "alerts and dashboards use metrics that exist" "$(comm -23 "$T/used" "$T/names")" ''
num "and many of them" "$(wc -l <"$T/used")" -gt 25
one_line | awk '{ rest = $0; n = split("", names)
	while (match(rest, /(nts_ked|ptp4l_nts)_[a-z_]+/)) {
		names[++n] = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH) }
	rest = $0
	gsub(/by \(|[{][{] *([$]labels[.])?/, "\001", rest); gsub(/ *[}][}]|[)]/, "\002", rest)
	while (match(rest, /\001[a-z, ]+\002/)) {
		m = split(substr(rest, RSTART + 1, RLENGTH - 2), labels, ", *")
		for (i = 1; i <= m; i++) for (k = 1; k <= n; k++)
			if (labels[i] !~ /^(instance|job)$/) print names[k], labels[i]
		rest = substr(rest, RSTART + RLENGTH) } }' | sort -u >"$T/wanted"
is "and labels that they have" "$(grep -vxFf "$T/labels" "$T/wanted")" ''
num "and many of them" "$(wc -l <"$T/wanted")" -gt 15
if promtool=$(command -v "${PROMTOOL:-promtool}"); then
	ok "promtool takes the alerts" "$promtool" check rules packaging/prometheus/*.yml
	ok "promtool takes what the clock tells" "$promtool" check metrics <"$T/clock"
fi
stop gm
ok "the clock is gone: 503" wait_for 10 answers gm 9462 503
kill "${NET_PIDS[metrics]}"
wait "${NET_PIDS[metrics]}"
is "it ends well" "$?" 0
unset "NET_PIDS[metrics]"
done_testing
