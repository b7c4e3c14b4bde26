#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The KE server under load, on loopback in a namespace of its own: the server on one core, the
# load generator on the other, each figure the median of rounds that are interleaved, and each ratio
# the median of the rounds' own, so that a machine that drifts drifts for all. What is compared with
# bare takes turns with it on the server's core, a tenth of a second each. Ends with 1, and says
# which, when a target is missed.
#
#  bare      server's side of a full mutual handshake in GnuTLS alone, in memory
#  first     nts-ked, which does not know the client's chain: full verification each time
#  known     nts-ked as it is: the chain was verified before, the handshake is still full
#  resumed   with session resumption
#  nocert    nts-ked asking for no client certificate, in the bench only
#  chrony    chrony's NTS-KE server, which asks for none; a grant is eight cookies
#
# ROUNDS (7), SECONDS_EACH (2), CLIENTS_LIST ("1 8 64 1024"), KINDS ("ecdsa ed25519"), MANY
# (100000 registrations).
# shellcheck disable=SC2016
set -u
BUILD=${BUILD:?the folder with the programs}
BENCH=$BUILD/bench
ROUNDS=${ROUNDS:-7}
SECONDS_EACH=${SECONDS_EACH:-2}
CLIENTS_LIST=${CLIENTS_LIST:-1 8 64 1024}
KINDS=${KINDS:-ecdsa ed25519}
MANY=${MANY:-100000}
SERVER_CPU=0
LOAD_CPU=1
PORT=14460

if [ -z "${KE_BENCH_NS:-}" ]; then
	export KE_BENCH_NS=1
	exec unshare --net -- "$0" "$@"
fi
ip link set lo up
ulimit -n "$(ulimit -Hn)"

# In memory: how fast a disk is, is not the question.
W=$(mktemp -d /dev/shm/nts-bench-XXXXXX || mktemp -d)
declare -A PIDS=()
# shellcheck disable=SC2329
clean_up() {
	local name
	for name in "${!PIDS[@]}"; do
		stop "$name"
	done
	rm -rf "$W"
}
trap clean_up EXIT
# shellcheck source=tests/net/pki.sh
. "$(dirname "$0")/../net/pki.sh"

# WIRE.md 2: a request for the group of domain 0; what stands in a grant.
# Next Protocol, version, Key Request, group of domain 0, End of Message; Key Grant.
REQUEST=800100020001840700020100840600020000840000070000000000000080000000
GRANTED=840600020001
# The same of the key of grantor 10.0.0.5 for requester 10.128.0.1.
UNICAST_REQUEST=80010002000184070002010084060002000084000006
UNICAST_REQUEST+=00010a00000584080006
UNICAST_REQUEST+=00010a80000180000000
# RFC 8915: NTPv4, AES-SIV-CMAC-256; a cookie.
NTP_REQUEST=80010002000080040002000f80000000
NTP_GRANTED=00050064

# ---- servers ----

pki() {
	local kind=$1 dir=$W/$1
	mkdir -m 700 "$dir"
	if [ "$kind" = ed25519 ]; then
		pki_key() {
			(umask 077 && certtool --generate-privkey --key-type=ed25519 \
				--outfile "$1.key" 2>>"${1%/*}/pki.log")
		}
	fi
	pki_ca "$dir" ca
	pki_cert "$dir" ca ke ke.bench dns=ke.bench ip=127.0.0.1 --server
	pki_cert "$dir" ca node gm.bench dns=gm.bench --client
}

# conf FILE KIND [LINE...]
conf() {
	local file=$1 dir=$W/$2
	{
		printf '%s\n' '[server]' "listen = 127.0.0.1:$PORT" "certificate = $dir/ke.crt" \
			"private_key = $dir/ke.key" "client_ca = $dir/ca.crt" "store = $file.db" \
			'max_connections = 15000' \
			'max_connections_per_address = 0' 'handshakes_per_second = 0' \
			"${@:3}" '[group bench]' 'members = *.bench' '[unicast bench]' \
			'grantors = *.bench' 'requesters = *.bench' 'identities = any' \
			'lifetime = 36000'
	} >"$file"
}

# start NAME COMMAND...: on the server's core; its last words are in $W/NAME.log.
start() {
	local name=$1
	shift
	rm -f "$W/$name.log"	# the last one's words are not this one's
	taskset -c "$SERVER_CPU" "$@" >"$W/$name.log" 2>&1 &
	PIDS[$name]=$!
}

stop() {
	kill "${PIDS[$1]}" 2>/dev/null && wait "${PIDS[$1]}" 2>/dev/null
	unset "PIDS[$1]"
}

wait_until() {
	local end=$((SECONDS + 20))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

listens_on() {
	ss -Hltn "sport = $1" | grep -q .
}

# come_up COMMAND...: waits for it, or says why not.
come_up() {
	wait_until "$@" && return
	cat "$W"/*.log >&2
	echo "a server has not come up: not $*" >&2
	exit 1
}

start_ked() {
	rm -f "$W"/ked.conf.db*
	[ ! -f "$W/store.db" ] || cp -p "$W/store.db" "$W/ked.conf.db"
	conf "$W/ked.conf" "$2" "${@:3}"
	start ked "$1" -f "$W/ked.conf"
	come_up grep -qs 'nts-ked ready' "$W/ked.log"
}

chronyd=$BUILD/dl-chrony/usr/sbin/chronyd
# By hand, as an ordinary program: no clock control (-x), own port, loopback of this namespace.
start_chrony() {
	local dir=$W/$1
	printf '%s\n' 'port 11123' 'bindaddress 127.0.0.1' 'allow 127.0.0.0/8' 'cmdport 0' \
		"pidfile $W/chrony.pid" 'bindcmdaddress /' "ntsserverkey $dir/ke.key" \
		"ntsservercert $dir/ke.crt" 'ntsport 14461' 'maxntsconnections 2048' \
		'ntsprocesses 1' 'local' >"$W/chrony.conf"
	start chrony "$chronyd" -x -d -u root -f "$W/chrony.conf"
	come_up listens_on 14461
	sleep 0.5
}

# ---- load ----

# The process that does the work: chrony's NTS-KE helper is a child.
worker_pid() {
	local child
	child=$(tr -d ' ' <"/proc/$1/task/$1/children")
	echo "${child:-$1}"
}

load() {
	taskset -c "$LOAD_CPU" "$BENCH/ke_load" -t "$SECONDS_EACH" "$@"
}

load_ked() {
	load -p "$PORT" -s "${PIDS[ked]}" -x "$REQUEST" -g "$GRANTED" "$@"
}

# start_row NAME KIND: the row's server, and in args its load's options.
start_row() {
	local dir=$W/$2
	args=(-c "$dir/node.crt" -k "$dir/node.key")
	case $1 in
	first) start_ked "$BENCH/ked_nocache" "$2" ;;
	known) start_ked "$BUILD/nts-ked" "$2" ;;
	resumed)
		start_ked "$BUILD/nts-ked" "$2" 'resumption = 3600'
		args+=(-r)
		;;
	nocert)
		start_ked "$BENCH/ked_nocert" "$2"
		args=()
		;;
	chrony)
		start_chrony "$2"
		args=(-p 14461 -s "$(worker_pid "${PIDS[chrony]}")" -x "$NTP_REQUEST"
			-g "$NTP_GRANTED")
		;;
	esac
}

# row NAME CLIENTS KIND [OPTION...]: one round; its line goes to $W/rows.
row() {
	local args line name=$1
	start_row "$name" "$3"
	if [ "$name" = chrony ]; then
		line=$(load -n "$2" "${args[@]}" "${@:4}")
		stop chrony
	else
		line=$(load_ked -n "$2" "${args[@]}" "${@:4}")
		stop ked
	fi
	keep_row "$3" "$name" "$2" "$line"
}

# row_by_bare NAME CLIENTS KIND: one round in turns with the bare handshake, which has a row, too.
row_by_bare() {
	local dir=$W/$3
	start bare "$BENCH/ke_bare" "$dir/ca.crt" "$dir/ke.crt" "$dir/ke.key" "$dir/node.crt" \
		"$dir/node.key"
	row "$1" "$2" "$3" -b "${PIDS[bare]}"
	stop bare
	keep_row "$3" "bare-$1" "$2" "$(cat "$W/bare.log")"
}

# Of the round that is on: see rounds.
keep_row() {
	echo "$1 $2 $3 round=$round $4" >>"$W/rows"
}

# of_rows PROGRAM [AWK_OPTION...]: awk over the rows, in which field(NAME) is a value of the row.
of_rows() {
	awk "${@:2}" 'function field(f, i, p) {
		for (i = 4; i <= NF; i++) if (split($i, p, "=") && p[1] == f) return p[2]
		return 0
	} '"$1" "$W/rows"
}

middle() {
	sort -g | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# median KIND NAME CLIENTS FIELD
median() {
	of_rows 'index($0, k) == 1 { print field(f) }' -v k="$1 $2 $3 " -v f="$4" | middle
}

# speed KIND NAME CLIENTS BY BY_CLIENTS: the other's time by this one's in the same round.
speed() {
	of_rows 'index($0, b) == 1 { by[field("round")] = field("server_us") }
		index($0, k) == 1 { us[field("round")] = field("server_us") }
		END { for (r in us) if (us[r] > 0 && r in by) printf "%.2f\n", by[r] / us[r] }' \
		-v k="$1 $2 $3 " -v b="$1 $4 $5 " | middle
}

# of_best CLIENTS: the share of what the best number of clients got in the same round; 16 is the
# first table's.
of_best() {
	of_rows 'index($0, "ecdsa first ") == 1 && $3 != 16 {
			r = field("round"); n[r, $3] = field("per_s")
			if (n[r, $3] > best[r]) best[r] = n[r, $3] }
		END { for (r in best) if (best[r] > 0) printf "%.2f\n", n[r, c] / best[r] }' \
		-v c="$1" | middle
}

sum() {
	of_rows 'index($0, k) == 1 { s += field(f) } END { print s + 0 }' -v k="$1 $2 $3 " -v f="$4"
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'
}

# target WHAT VALUE least|most TARGET
MISSED=()
target() {
	awk -v v="$2" -v t="$4" -v way="$3" 'BEGIN {
		exit v == "-" || (way == "least" ? v + 0 < t : v + 0 > t) }' ||
		MISSED+=("$1: $2, at $3 $4")
}

# no_failures KIND NAME CLIENTS
no_failures() {
	target "$1 $2, $3 clients, failures" "$(sum "$@" failures)" most 0
}

# ---- tables ----

round=1
rows='first known resumed nocert'
[ ! -x "$chronyd" ] || rows="$rows chrony"

rounds() {
	local kind=$1 name
	for round in $(seq "$ROUNDS"); do
		for name in $rows; do
			row_by_bare "$name" 16 "$kind"
		done
	done
}

# "Above 1" is at least 1.01 in figures of two decimals.
declare -A least=([first]=0.80 [known]=1.01 [resumed]=2.50)

table() {
	local kind=$1 name speed
	printf '%-8s %-8s %9s %10s %9s %8s %9s %8s %8s\n' keys server us/grant "bare's us" \
		'speed' grants/s 'core busy' close_us failures
	for name in $rows; do
		speed=$(speed "$kind" "$name" 16 "bare-$name" 16)
		printf '%-8s %-8s %9s %10s %9s %8s %9s %8s %8s\n' "$kind" "$name" \
			"$(median "$kind" "$name" 16 server_us)" \
			"$(median "$kind" "bare-$name" 16 server_us)" "$speed" \
			"$(median "$kind" "$name" 16 per_s)" \
			"$(median "$kind" "$name" 16 server_cpu)" \
			"$(median "$kind" "$name" 16 close_us)" \
			"$(sum "$kind" "$name" 16 failures)"
		no_failures "$kind" "$name" 16
		[ -z "${least[$name]:-}" ] ||
			target "$kind $name, speed" "$speed" least "${least[$name]}"
	done
}

# Throughput by the number of clients, full verification each time: the server's core is the
# narrow place then, not the load generator's.
clients() {
	local n share busy
	for round in $(seq "$ROUNDS"); do
		for n in $CLIENTS_LIST; do
			row first "$n" ecdsa
		done
	done
	printf '%8s %9s %9s %10s %10s %9s %9s\n' clients grants/s 'of best' 'core busy' \
		answer_us p99_us failures
	for n in $CLIENTS_LIST; do
		share=$(of_best "$n")
		busy=$(median ecdsa first "$n" server_cpu)
		printf '%8s %9s %9s %10s %10s %9s %9s\n' "$n" "$(median ecdsa first "$n" per_s)" \
			"$share" "$busy" "$(median ecdsa first "$n" answer_us)" \
			"$(median ecdsa first "$n" answer_p99_us)" "$(sum ecdsa first "$n" failures)"
		no_failures ecdsa first "$n"
		[ "$n" -lt 8 ] || target "$n clients, core busy" "$busy" least 0.95
		[ "$n" -lt 64 ] || target "$n clients, of best" "$share" least 0.90
	done
}

rss_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/${PIDS[ked]}/status"
}

honest() {
	load_ked -n 1 -c "$W/ecdsa/node.crt" -k "$W/ecdsa/node.key" |
		sed -n 's/.* answer_us=\([0-9]*\) .*/\1/p'
}

connections() {
	[ "$(ss -Htn "sport = $PORT" | wc -l)" -ge "$1" ]
}

honest_rounds() {
	local r
	for ((r = 0; r < ROUNDS; r++)); do
		honest
	done | sort -g | sed -n "$(((ROUNDS + 1) / 2))p"
}

# idle_row NAME silent|octets: an honest client alone, then beside connections that get nowhere, and
# begin anew when the server puts them out.
idle_row() {
	local name=$1 n=10000 alone beside before after times
	start_ked "$BUILD/nts-ked" ecdsa
	alone=$(honest_rounds)
	before=$(rss_kib)
	taskset -c "$LOAD_CPU" nice "$BENCH/ke_idle" "$PORT" "$n" 600 "$2" &
	PIDS[idle]=$!
	wait_until connections "$n"
	sleep 1
	after=$(rss_kib)
	beside=$(honest_rounds)
	stop idle
	stop ked
	times=$(ratio "$beside" "$alone")
	printf '%-34s answer %s us alone, %s us beside them: %s (at most 2.00); %s octets each\n' \
		"$n $name:" "$alone" "$beside" "$times" "$(((after - before) * 1024 / n))"
	target "an honest client's answer beside $n $name" "$times" most 2.00
}

# A requester's key and ticket from a server that holds that many registrations, one that it has
# asked for before.
registrations_round() {
	local n=$1
	(umask 077 && MANY=$n FILE=$W/store.db "$BENCH/bench_registrations" >/dev/null)
	start_ked "$BUILD/nts-ked" ecdsa
	keep_row ecdsa registrations "$n" "$(load_ked -n 16 -c "$W/ecdsa/node.crt" \
		-k "$W/ecdsa/node.key" -x "$UNICAST_REQUEST")"
	echo "$n $(rss_kib)" >>"$W/rss"
	stop ked
	rm -f "$W"/store.db*
}

registrations() {
	local times
	for round in $(seq "$ROUNDS"); do
		registrations_round 10
		registrations_round "$MANY"
	done
	times=$(speed ecdsa registrations 10 registrations "$MANY")
	echo "10: $(median ecdsa registrations 10 server_us) us," \
		"$MANY: $(median ecdsa registrations "$MANY" server_us) us per grant:" \
		"$times (at most 1.20);" \
		"failures $(sum ecdsa registrations "$MANY" failures);" \
		"$(awk -v n="$MANY" '$1 == 10 { a = $2 } $1 == n { b = $2 }
			END { printf "%d KiB per 1,000", (b - a) * 1000 / n }' "$W/rss")"
	no_failures ecdsa registrations "$MANY"
	target "a grant with $MANY registrations, times that with 10" "$times" most 1.20
}

for kind in $KINDS; do
	pki "$kind"
done
[ -d "$W/ecdsa" ] || pki ecdsa
echo "-- server CPU time per grant, 16 clients, $ROUNDS rounds of $SECONDS_EACH s; speed is bare's"
echo "   time by it: first at least 0.80, known above 1, resumed at least 2.5"
for kind in $KINDS; do
	rounds "$kind"
	table "$kind"
done
echo "-- throughput by clients at a time, every chain verified; 64 and 1024 at least 0.90 of best"
clients
echo "-- connections that get nowhere, and an honest client"
idle_row 'idle connections' silent
idle_row 'sending one octet per second' octets
echo "-- registrations"
registrations
if [ ${#MISSED[@]} -gt 0 ]; then
	printf 'MISSED: %s\n' "${MISSED[@]}"
	exit 1
fi
echo "all targets met"
