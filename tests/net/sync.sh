# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A grandmaster and a slave that get their keys from a KE server, over one transport with one
# MAC algorithm: what sync_*.t share.
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# refused NAME: but over Ethernet not what is no PTP. linuxptp's socket hears everything, a moment
# before it has its filter, even the TLS of the machine's own agent.
refused() {
	local malformed=0
	! grep -q 'network_transport L2' "$T/$1.conf" || malformed=$(counter "$1" refused.malformed)
	echo $(($(counter "$1" refused_total) - malformed))
}

# sync_case MAC TYPES [OPTION VALUE...]: TYPES are the names that must be seen on the wire.
sync_case() {
	local mac=$1 wanted=$2 type lost_before
	shift 2
	net_up ke gm slave
	net_pki gm slave
	ked_conf mac="$mac"
	ok "the KE server listens" ked_start
	watch_start wire
	nts_pair "$@"
	ok "the slave follows the grandmaster" wait_for 30 synced slave 4
	lost_before=$(missing gm slave)
	ok "and goes on" wait_for 20 synced slave 6
	ok "no message was lost on the way" none_lost gm slave "$lost_before"
	num "the slave verified messages" "$(counter slave verified)" -gt 50
	num "the grandmaster verified messages" "$(counter gm verified)" -gt 0
	is "the slave refused nothing" "$(refused slave)" 0
	is "the grandmaster refused nothing" "$(refused gm)" 0
	is "the algorithm is the group's" "$(counter slave mac)" "$mac"
	is "both use the same key" "$(counter slave key_id)" "$(counter gm key_id)"
	ok "offsets are those of one clock" [ "$(offset_max slave)" -lt 100000000 ]
	watch_end wire
	is "nothing unsigned was on the wire" "$(watched wire unsigned)" 0
	is "one key was on the wire" "$(watched wire keys)" 1
	for type in $wanted; do
		ok "$type was on the wire, signed" \
			grep -qE "^$type [^ ]+ signed [1-9][0-9]* unsigned 0 " "$T/wire.log"
	done
	done_testing
}

# shellcheck disable=SC2034
E2E='Announce Sync Follow_Up Delay_Req Delay_Resp'
# shellcheck disable=SC2034
P2P='Announce Sync Follow_Up Pdelay_Req Pdelay_Resp Pdelay_Resp_Follow_Up'
