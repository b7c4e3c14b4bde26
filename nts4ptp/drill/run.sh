#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh NAME FAULT KEEP JSON: what `nts4ptp drill` starts: the drill NAME.sh in namespaces of its
# own. FAULT is a deliberate one or empty; KEEP and JSON are empty or not. NTS4PTP is the program.
# Exit status: 0 all held, 1 something did not, 2 it cannot be run.
set -u
NAME=$1 FAULT=$2 KEEP=$3 JSON=$4
HERE=$(dirname "$0")
NET_NAME=nts-drill
NET_TAG=drill$$
CLOCKS=()
PATIENCE=${FAULT:+10}		# seconds, until there are keys
PATIENCE=${PATIENCE:-30}
[ -z "$JSON" ] || exec 3>&1 >&2

cannot() {
	echo "nts4ptp drill: $*" >&2
	exit 2
}

# find_program NAME: beside nts4ptp, or where it was installed.
find_program() {
	local dir
	for dir in "${NTS4PTP%/*}" "${NTS4PTP%/bin/*}/sbin"; do
		if [ -x "$dir/$1" ]; then
			echo "$dir/$1"
			return
		fi
	done
	command -v "$1"
}

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v ip >/dev/null || cannot "there is no ip: install the package iproute2"
PTP4L_NTS=$(find_program ptp4l-nts) || cannot "there is no ptp4l-nts: install the package ptp4l-nts"
NTS_KED=$(find_program nts-ked) || cannot "there is no nts-ked: install the package nts-ked"

# shellcheck source=nts4ptp/drill/net.sh
. "$HERE/net.sh"
# shellcheck source=nts4ptp/drill/clocks.sh
. "$HERE/clocks.sh"
# shellcheck source=nts4ptp/drill/steps.sh
. "$HERE/steps.sh"

drill_end() {
	trap '' INT TERM HUP PIPE
	net_down
	if [ "$FAILED" -gt 0 ] && [ -z "$INTERRUPTED" ]; then
		rm -rf "$T"/pki "$T"/other "$T"/ked "$T"/state-*
		echo "Logs and configurations are kept in $T" >&2
	else
		rm -rf "$T"
	fi
}
INTERRUPTED=
trap drill_end EXIT
trap 'INTERRUPTED=1; exit 130' INT TERM HUP PIPE

# ---- faults ----

# In the KE server's file, or before it starts.
fault_server() {
	case $FAULT in
	not-member) sed -i -E 's/^(members|requesters) = .*/\1 = gm.test/' "$T/ked.conf" ;;
	esac
}

# In the slave's file.
fault_slave() {
	case $FAULT in
	wrong-ca)
		"$NTS4PTP" pki init --dir "$T/other" >/dev/null || cannot "no second CA"
		chmod 711 "$T/other"
		sed -i "s|^nts_ca_file .*|nts_ca_file $T/other/ca.crt|" "$T/slave.conf"
		;;
	unsecured) sed -i '/^nts_/d' "$T/slave.conf" ;;
	esac
}

server_up() {
	fault_server
	if [ "$FAULT" = no-server ]; then
		say "the KE server is not started: a deliberate fault"
		return
	fi
	start ked ke "$NTS_KED" -f "$T/ked.conf"
	await 10 "the KE server listens on $KE_ADDRESS:4460" ked_listens
}

# clock NAME [INTERFACE...]: ptp4l-nts in the host NAME; eth0 where none is given.
clock() {
	local name=$1 interface options=()
	shift
	[ "$name" != slave ] || fault_slave
	for interface in "${@:-eth0}"; do
		options+=(-i "$interface")
	done
	CLOCKS+=("$name")
	start "$name" "$name" "$PTP4L_NTS" -f "$T/$name.conf" "${options[@]}"
}

# outsider NAME INTERFACE: a clock without nts_server: PTP as everybody speaks it.
outsider() {
	start "$1" "$1" "$PTP4L_NTS" -f "$T/$1.conf" -i "$2"
}

# ---- summary ----

json_text() {
	local text=${1//\\/\\\\}
	printf '"%s"' "${text//\"/\\\"}"
}

json_results() {
	local verdict what value comma=
	while IFS=$'\t' read -r verdict what value; do
		printf '%s{"what":%s,"value":%s,"held":%s}' "$comma" "$(json_text "$what")" \
			"$(json_text "$value")" "$([ "$verdict" = ok ] && echo true || echo false)"
		comma=,
	done <"$T/results"
}

json_summary() {
	printf '{"drill":%s,"fault":%s,"held":%s,' "$(json_text "$NAME")" \
		"$([ -n "$FAULT" ] && json_text "$FAULT" || echo null)" \
		"$([ "$FAILED" = 0 ] && echo true || echo false)" >&3
	printf '"passed":%d,"failed":%d,"seconds":%s,"results":[%s]}\n' "$PASSED" "$FAILED" \
		"$(since_begin "${EPOCHREALTIME/./}")" "$(json_results)" >&3
}

finish() {
	say "$NAME: $([ "$FAILED" = 0 ] && echo "all of it held" || echo "FAILED")," \
		"$PASSED of $((PASSED + FAILED))"
	[ -z "$JSON" ] || json_summary
	[ -z "$KEEP" ] || keep
	exit "$((FAILED > 0))"
}

# Until somebody interrupts, or everything has died.
keep() {
	local name
	echo
	echo "Left running until Ctrl-C. In another terminal, as root:"
	for name in "${CLOCKS[@]}"; do
		echo "  $NTS4PTP status --address $T/$name.status"
	done
	echo "  $NTS4PTP status --watch --address $T/${CLOCKS[-1]}.status"
	echo "  pmc -u -b 0 -s $T/${CLOCKS[-1]}.uds 'GET CURRENT_DATA_SET'     (package linuxptp)"
	echo "  ip netns exec $NET_TAG-ke $NTS4PTP ke-status"
	echo "  ip netns exec $NET_TAG-slave $NTS4PTP probe --conf $T/slave.conf"
	echo "  tail -f $T/slave.log"
	trap 'exit $((FAILED > 0))' INT
	while :; do
		sleep 1
	done
}

# shellcheck source=/dev/null
. "$HERE/$NAME.sh"
drill
finish
