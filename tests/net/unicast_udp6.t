#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ticket mode over IPv6.
# shellcheck source=tests/net/unicast_case.sh
. "$(dirname "$0")/unicast_case.sh"
unicast_case UDPv6
