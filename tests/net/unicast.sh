# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Native unicast with tickets: a KE server, one grantor, three requesters. What unicast_*.t share.
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

REQUESTERS='r1 r2 r3'

# address_of HOST TRANSPORT: as a unicast master table names it.
address_of() {
	case $2 in
	UDPv4) ip -n "$NET_TAG-$1" -4 -o addr show eth0 | sed 's/.*inet \([^/]*\).*/\1/' ;;
	UDPv6)
		ip -n "$NET_TAG-$1" -6 -o addr show eth0 scope global |
			sed 's/.*inet6 \([^/]*\).*/\1/'
		;;
	L2) in_ns "$1" cat /sys/class/net/eth0/address ;;
	esac
}

# unicast_table NAME TRANSPORT GRANTOR...: appended to NAME.conf.
unicast_table() {
	local name=$1 transport=$2 grantor addresses=()
	shift 2
	for grantor in "$@"; do
		addresses+=("$(address_of "$grantor" "$transport")")
	done
	unicast_master "$name" eth0 "$transport" "${addresses[@]}"
}

# unicast_grantor NAME TRANSPORT [OPTION VALUE...]
unicast_grantor() {
	local name=$1 transport=$2
	shift 2
	nts_conf "$name" nts_mode ticket network_transport "$transport" unicast_listen 1 "$@"
	nts_start "$name"
}

# unicast_requester NAME TRANSPORT GRANTORS [OPTION VALUE...]
unicast_requester() {
	local name=$1 transport=$2 grantors=$3
	shift 3
	nts_conf "$name" nts_mode ticket network_transport "$transport" slaveOnly 1 \
		unicast_req_duration "${DURATION:-60}" "$@"
	# shellcheck disable=SC2086
	unicast_table "$name" "$transport" $grantors
	nts_start "$name"
}

# unicast_three TRANSPORT [OPTION VALUE...]: the grantor gm, and the requesters, with these options.
unicast_three() {
	local transport=$1 name
	shift
	unicast_grantor gm "$transport"
	for name in $REQUESTERS; do
		unicast_requester "$name" "$transport" gm "$@"
	done
}

all_synced() {
	local name
	for name in $REQUESTERS; do
		synced "$name" "$1" || return 1
	done
}

# mark, then all_go_on N: since then each requester has printed N offsets.
declare -A before
mark() {
	local name
	for name in $REQUESTERS; do
		before[$name]=$(offsets "$name")
	done
	# shellcheck disable=SC2034
	since=$SECONDS
}

all_go_on() {
	local name
	for name in $REQUESTERS; do
		[ "$(offsets "$name")" -ge $((before[$name] + $1)) ] || return 1
	done
}
