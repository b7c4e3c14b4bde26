#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two end-to-end transparent clocks in a row, UDP over IPv4.
# shellcheck source=tests/net/tc.sh
. "$(dirname "$0")/tc.sh"
tc_case E2E_TC
