#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP over IPv6, which is padded by two octets; HMAC-SHA256, whose ICV is longer.
# shellcheck source=tests/net/sync.sh
. "$(dirname "$0")/sync.sh"
sync_case HMAC-SHA256 "$E2E" network_transport UDPv6
