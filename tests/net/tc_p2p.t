#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two peer-to-peer transparent clocks in a row, Ethernet.
# shellcheck source=tests/net/tc.sh
. "$(dirname "$0")/tc.sh"
tc_case P2P_TC delay_mechanism P2P network_transport L2 logMinPdelayReqInterval -2
