#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ethernet, AES-128-CMAC, peer to peer.
# shellcheck source=tests/net/sync.sh
. "$(dirname "$0")/sync.sh"
sync_case AES-128-CMAC "$P2P" network_transport L2 delay_mechanism P2P logMinPdelayReqInterval -2
