#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A restart of either clock within a key's lifetime: the same key again, and the slave follows.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

net_up ke gm slave
net_pki gm slave
ked_conf
ok "the KE server listens" ked_start
nts_pair
ok "the slave follows" wait_for 30 synced slave 2
key=$(counter slave key_id)
for name in gm slave gm; do
	stop "$name" KILL
	from=${EPOCHREALTIME/./}
	nts_start "$name"
	ok "$name is up again" wait_for 20 is_up "$name"
	up=$(ms_since "$from")
	is "$name has the same key" "$(counter "$name" key_id)" "$key"
	n=$(offsets slave)
	ok "the slave follows after the restart of $name" wait_for 30 synced slave $((n + 2))
	diag "$name had the same key and was up $up ms after its start, the slave followed after" \
		"$(ms_since "$from") ms"
done
is "the grandmaster refused nothing" "$(counter gm refused_total)" 0
done_testing
