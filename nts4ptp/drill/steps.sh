# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What drills and the demo tell: steps with their time, and at the end what held and what did not.
# Both are kept, separated by tabs: $T/steps has seconds and words, $T/results has verdict, what and
# value.

BEGIN=${EPOCHREALTIME/./}
FAILED=0
PASSED=0
TOLD=

say() {
	local seconds
	seconds=$(since_begin "${EPOCHREALTIME/./}")
	printf '%s\t%s\n' "$seconds" "$*" >>"$T/steps"
	printf '[%5.1f s] %s\n' "$seconds" "$*"
}

# Microseconds since the start as seconds with one decimal.
since_begin() {
	local tenths=$((($1 - BEGIN) / 100000))
	echo "$((tenths / 10)).$((tenths % 10))"
}

# result WHAT VALUE TEST...: one line of the summary, and whether it held.
result() {
	local what=$1 value=$2 verdict=ok
	shift 2
	if "$@"; then
		PASSED=$((PASSED + 1))
	else
		verdict=FAILED
		FAILED=$((FAILED + 1))
	fi
	printf '%s\t%s\t%s\n' "$verdict" "$what" "$value" >>"$T/results"
	printf '  %-7s %-54s %s\n' "$verdict" "$what" "$value"
}

# section NAME TITLE: of the results that follow.
section() {
	printf 'section\t%s\t\n' "$1" >>"$T/results"
	echo "$2"
}

# await SECONDS WHAT COMMAND...: until it succeeds; every three seconds it tells that it waits, and
# of what goes wrong, unless it has told so.
await() {
	local what=$2 next=$((SECONDS + 3)) end=$((SECONDS + $1)) limit=$1 cause
	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			result "$what" "not within $limit s$(causes)" false
			finish
		fi
		if [ "$SECONDS" -ge "$next" ]; then
			cause=$(causes)
			[ "$cause" != "$TOLD" ] || cause=
			say "waiting: $what$cause"
			TOLD=${cause:-$TOLD}
			next=$((SECONDS + 3))
		fi
		sleep 0.1
	done
	say "$what"
}

# ---- what clocks tell ----

# value NAME METRIC [PORT [REASON]]: a sum of `nts4ptp metrics`; PORT '' is all of them.
value() {
	"$NTS4PTP" metrics --address "$T/$1.status" 2>/dev/null | awk -v m="ptp4l_nts_$2{" \
		-v port="${3:+port=\"$3\"}" -v reason="${4:+reason=\"$4\"}" '
		index($0, m) == 1 && index($0, port) && index($0, reason) { n += $NF }
		END { printf "%d\n", n }'
}

# above NUMBER NAME METRIC [PORT [REASON]]
above() {
	[ "$(value "${@:2}")" -gt "$1" ]
}

# told NAME WORDS [PORT]: what stands behind these words in `nts4ptp status`.
told() {
	"$NTS4PTP" status --address "$T/$1.status" 2>/dev/null |
		awk -v words="$2" -v port="${3:-1}" '
		BEGIN { words = sprintf("  %-15s ", words) }
		/^port / { on = $2 == port }
		on && index($0, words) == 1 { print substr($0, 19) }'
}

key_of() {
	told "$1" key "${2:-1}" | cut -d, -f1
}

# Every clock's every port has a key.
all_up() {
	local name
	for name in "${CLOCKS[@]}"; do
		"$NTS4PTP" status --address "$T/$name.status" || return 1
	done
}

all_above() {
	local name
	for name in "${CLOCKS[@]}"; do
		above "$1" "$name" "${@:2}" || return 1
	done
}

# Of each clock whose last exchange with the KE server failed: why.
causes() {
	local name words
	for name in "${CLOCKS[@]}"; do
		words=$(told "$name" 'last exchange')
		case $words in
		ok* | none*) ;;
		'') printf '; %s: does not answer: is nts_server set, does it run?' "$name" ;;
		*) printf '; %s: %s' "$name" "${words% (*}" ;;
		esac
	done
}
