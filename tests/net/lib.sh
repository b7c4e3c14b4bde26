# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every network test starts with (and the demo): the network and the clocks of the drills,
# TAP, what a clock tells of itself, and what is on the wire. Needs root and BUILD, the folder with
# the programs.

set -u
# shellcheck source=tests/net/pki.sh
. "$(dirname "${BASH_SOURCE[0]}")/pki.sh"

BUILD=${BUILD:?the folder with the programs}

PTP4L_NTS=${PTP4L_NTS:-$BUILD/ptp4l-nts}
NTS_KED=$BUILD/nts-ked
NTS4PTP=$BUILD/nts4ptp
STOCK=${STOCK:-$BUILD/stock}
TOOLS=${TOOLS:-$BUILD/tools}
export LSAN_OPTIONS=${LSAN_OPTIONS:-detect_leaks=0}
NET_RUN=0
NET_FAILED=0

# shellcheck source=nts4ptp/drill/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../nts4ptp/drill/net.sh"
# shellcheck source=nts4ptp/drill/clocks.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../nts4ptp/drill/clocks.sh"

# Reports go to files: the key agent's standard error is /dev/null, and it is not root. Programs may
# have shims (tests/shim) preloaded before the sanitizer's library.
mkdir -m 1777 "$T/san" || exit 1
chmod 1777 "$T/san"
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$T/san/report:verify_asan_link_order=0
export ASAN_OPTIONS
export UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$T/san/report
export TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}log_path=$T/san/report

# ---- TAP: prove shows a failure's line, and what is on standard error ----

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1
	shift
	NET_RUN=$((NET_RUN + 1))
	if "$@"; then
		echo "ok $NET_RUN - $name"
	else
		echo "not ok $NET_RUN - $name"
		NET_FAILED=$((NET_FAILED + 1))
	fi
}

# is NAME GOT WANTED
is() {
	ok "$1" [ "$2" = "$3" ]
	[ "$2" = "$3" ] || diag "got '$2', wanted '$3'" >&2
}

# num NAME A OP B: OP as for test: -eq -ge ... What is no number, or nothing, never holds.
num() {
	local op=$3
	ok "$1" test "$2" "$op" "$4"
	test "$2" "$op" "$4" || diag "'$2' is not $op $4" >&2
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# Ends every test: all are stopped, none had died or hangs or is reported by a sanitizer; the plan.
done_testing() {
	net_stop
	is "every process has ended as it was told to" "${NET_BAD_ENDS[*]}" ''
	ok "no sanitizer has anything to say" no_sanitizer_reports
	echo "1..$NET_RUN"
	exit "$((NET_FAILED > 0))"
}

no_sanitizer_reports() {
	! grep -lE '(ERROR|WARNING): (Address|Thread)Sanitizer|runtime error:|DEADLYSIGNAL' \
		"$T"/*.log "$T"/san/* 2>/dev/null |
		sed 's/^/# /' | grep .
}

show_logs() {
	local log
	for log in "$T"/*.log; do
		[ -e "$log" ] || continue
		diag "---- last lines of $log"
		tail -n 15 "$log" | sed 's/^/#   /'
	done
}

# Nothing ends it early: a Ctrl-C comes to all, and sudo passes on its own.
test_end() {
	trap '' INT TERM HUP PIPE
	net_down
	if [ "$NET_FAILED" -gt 0 ]; then
		show_logs
		diag "everything is kept in $T" >&2
	else
		rm -rf "$T"
	fi
}
trap test_end EXIT
trap 'exit 1' INT TERM HUP PIPE
trap : KILL	# bash need not tell of each daemon that a test kills

# ---- certificates and clocks ----

# cert NAME LINE...: a key and a certificate signed by the CA; lines are certtool's template.
cert() {
	pki_issue "$T/pki" ca "$1" "cn = $1" 'expiration_days = 30' "${@:2}"
}

# has_option NAME: does this release of linuxptp know the option?
has_option() {
	grep -aqw -- "$1" "$STOCK/ptp4l"
}

# often: the option that has an offset in the log for each Sync; before 4.0 it is once a second.
often() {
	! has_option ptp_minor_version || echo 'freq_est_interval -4'
}

# no_ipv6 HOST IFACE: what it says when a link comes up could reach linuxptp's socket for Ethernet
# in the moment before that has its filter.
no_ipv6() {
	in_ns "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
}

# The usual pair: KE server, grandmaster and slave; options for both clocks.
nts_pair() {
	nts_conf gm "$@"
	nts_conf slave slaveOnly 1 "$@"
	nts_start gm
	nts_start slave
}

# status_get NAME FILTER: one value of `nts4ptp status --json`, by jq. Where nobody answers it fails
# and prints what is neither a number nor what another clock's would be: nothing to reckon with.
status_get() {
	local json
	json=$("$BUILD/nts4ptp" status --address "$T/$1.status" --json 2>>"$T/nts4ptp.log")
	[ -n "$json" ] || { echo "nobody_answers_at_${1//[^a-z0-9]/_}" && return 1; }
	jq -r "$2" <<<"$json"
}

# counter NAME FIELD: of the first port, e.g. verified, refused.stale.
counter() {
	status_get "$1" ".ports[0].$2"
}

# total NAME FIELD: a sum over the ports of a clock.
total() {
	status_get "$1" "[.ports[].$2] | add"
}

# port NAME NUMBER FIELD
port() {
	status_get "$1" ".ports[$(($2 - 1))].$3"
}

port_above() {
	[ "$(port "$1" "$2" "$3")" -gt "$4" ]
}

counter_above() {
	[ "$(counter "$1" "$2")" -gt "$3" ]
}

# name_server HOST ADDRESS: in that host, at that address, which is what each name has, while the
# file $T/answers is there; each query is a line of names.log.
name_server() {
	touch "$T/answers"
	# shellcheck disable=SC2016
	start names "$1" perl -MIO::Socket::INET -e '$| = 1; my ($address, $answers) = @ARGV;
		my $s = IO::Socket::INET->new(LocalAddr => $address, LocalPort => 53,
			Proto => "udp") or die;
		while (defined $s->recv(my $q, 1500)) {
			print "query\n";
			next unless -e $answers && length $q > 16;
			my $a = substr($q, -4, 2) eq "\0\1" ? pack("nnnNna4", 0xc00c, 1, 1, 0,
				4, inet_aton($address)) : "";
			$s->send(substr($q, 0, 2) . pack("nnnnn", 0x8580, 1, $a ne "", 0, 0) .
				 substr($q, 12) . $a);
		}' "$2" "$T/answers"
}

# ms_since MICROSECONDS: since that value of ${EPOCHREALTIME/./}.
ms_since() {
	echo $(((${EPOCHREALTIME/./} - $1) / 1000))
}

# agent_killed NAME: and another one started, at the latest ten seconds later.
agent_killed() {
	local pid
	pid=$(counter "$1" agent.pid)
	kill_agent "$1" && wait_for 15 has_other_agent "$1" "$pid"
}

# kill_agent NAME: where there is none it has pid 0, which to kill is everybody here.
kill_agent() {
	local pid
	pid=$(counter "$1" agent.pid)
	[ "$pid" -gt 0 ] && kill -KILL "$pid"
}

# has_other_agent NAME PID
has_other_agent() {
	local pid
	pid=$(counter "$1" agent.pid)
	[ "$pid" -gt 0 ] && [ "$pid" != "$2" ]
}

is_up() {
	[ "$(counter "$1" up)" = true ]
}

is_down() {
	[ "$(counter "$1" up)" = false ]
}

port_state() {
	counter "$1" port_state
}

is_slave() {
	[ "$(port_state "$1")" = SLAVE ]
}

# pmc_local NAME [OPTION...] COMMAND...: linuxptp's pmc, over the clock's own socket.
pmc_local() {
	local name=$1
	shift
	in_ns "$name" timeout 10 "$STOCK/pmc" -u -b 0 -s "$T/$name.uds" -i "$T/pmc.$BASHPID" "$@"
}

# settle NAME: with free_running linuxptp's slave stays UNCALIBRATED; so it becomes SLAVE.
settle() {
	pmc_local "$1" 'SET SYNCHRONIZATION_UNCERTAIN_NP 0' >/dev/null 2>&1
}

# set_time NAME SECONDS: away from the machine's, in the file NAME.time (tests/shim/clockshift.c).
set_time() {
	echo "$2" >"$T/$1.time.new"
	chmod 644 "$T/$1.time.new"
	mv "$T/$1.time.new" "$T/$1.time"
}

# slave_follows WHEN: it prints two more offsets.
slave_follows() {
	local lines
	lines=$(offsets slave)
	ok "$1: the slave follows" wait_for 40 synced slave $((lines + 2))
}

# both SECONDS COMMAND...: of the grandmaster, and then of the slave.
both() {
	wait_for "$@" gm && wait_for "$@" slave
}

# The usual pair has the same key, and each of them one for after it: none is between the two
# rotations.
next_known() {
	local keys='.ports[0] | "\(.key_id) \(.next_known)"' gm
	gm=$(status_get gm "$keys") && [ "${gm#* }" = true ] &&
		[ "$(status_get slave "$keys")" = "$gm" ]
}

# ---- the wire ----

# watch_start NAME [OPTION...]: counts on the cable of the grandmaster, where all multicast passes.
watch_start() {
	local name=$1
	shift
	watch_cable "$name" gm "$@"
}

# watch_cable NAME HOST [OPTION...]: on another cable; with -d only what the host itself sends.
watch_cable() {
	witness "$1" sw "$2" "${@:3}"
}

# witness NAME HOST INTERFACE [OPTION...]: on any.
witness() {
	local name=$1 host=$2
	shift 2
	start "$name" "$host" "$TOOLS/ptpwatch" count -t 300 "$@"
	wait_for 5 grep -q counting "$T/$name.log"
}

# Ends it; the table is in NAME.log.
watch_end() {
	stop "$1" INT
}

# watched NAME signed|unsigned|keys: a sum of the table.
watched() {
	awk -v what="$2" '/^total/ { for (i = 1; i < NF; i++) if ($i == what) print $(i + 1) }' \
		"$T/$1.log"
}

# missing FROM TO: messages that FROM has signed and TO never verified.
missing() {
	"$TOOLS/missing" "$T/$1.status" "$T/$2.status"
}

# none_lost FROM TO BEFORE: no more are missing than BEFORE, which is a number.
none_lost() {
	local now
	now=$(missing "$1" "$2") && [ "$now" -eq "$3" ] && return
	diag "missing before: '$3', now: '$now'"
	return 1
}

# state_changes NAME [LINES]: how often the log, behind so many lines, tells of a change of port 1.
state_changes() {
	tail -n "+$((${2:-0} + 1))" "$T/$1.log" |
		grep -cE 'port 1( \(eth0\))?: [A-Z_]+ to [A-Z_]+ on'
}

log_lines() {
	wc -l <"$T/$1.log"
}

# capture FILE [OPTION...]
capture() {
	in_ns sw "$TOOLS/ptpwatch" capture gm "$@" >>"$T/capture.log"
}
