#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP over IPv4, HMAC-SHA256-128, end to end.
# shellcheck source=tests/net/sync.sh
. "$(dirname "$0")/sync.sh"
sync_case HMAC-SHA256-128 "$E2E"
