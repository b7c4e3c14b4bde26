# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Programs that lead clocks of their own, which are files (tests/shim/testphc.c). The kernel would
# let none of them touch the machine's.

WITHOUT_SYS_TIME=(setpriv --bounding-set=-sys_time --inh-caps=-sys_time)
OWN=("${WITHOUT_SYS_TIME[@]}")

# own_clocks NAME INTERFACE...: what precedes a command that is to have clocks of its own.
own_clocks() {
	local name=$1 dir=$T/$1.clocks
	shift
	mkdir -p "$dir"
	truncate -s 4096 "$dir/ptp0" "$dir/ptp1" "$dir/system"
	OWN=("${WITHOUT_SYS_TIME[@]}"
		env LD_PRELOAD="$TOOLS/testphc.so" TESTPHC_DIR="$dir" TESTPHC_INTERFACES="$*")
}

# own_clock_errs NAME CLOCK NS PPB: it is ahead of the machine's now, and gains by so much.
own_clock_errs() {
	perl -e 'print pack("x8 q q d d", $ARGV[0], $ARGV[2], 0, $ARGV[1])' "$3" "$4" \
		"${EPOCHREALTIME/./}000" | dd of="$T/$1.clocks/$2" conv=notrunc status=none
}

# Bit 25 is CAP_SYS_TIME.
may_not_set_clocks() {
	local caps
	caps=$(sed -n 's/^CapEff:\t*/0x/p; s/^CapBnd:\t*/0x/p' "/proc/${NET_PIDS[$1]}/status")
	[ -n "$caps" ] && for caps in $caps; do
		[ $((caps >> 25 & 1)) = 0 ] || return 1
	done
}

# own NAME HOST COMMAND...: started with the clocks of OWN.
own() {
	local name=$1 host=$2
	shift 2
	start "$name" "$host" "${OWN[@]}" "$@"
	ok "$name: the kernel would refuse it the machine's clock" \
		wait_for 5 may_not_set_clocks "$name"
}

# own_or_none HOST: ends the test where the kernel would not refuse it.
own_or_none() {
	own nobody "$1" sleep 60
	may_not_set_clocks nobody || exit 1
	stop nobody
}
