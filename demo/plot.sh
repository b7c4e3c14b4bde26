#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plot.sh OFFSETS ROTATIONS ATTACK_START ATTACK_END: an SVG on standard output. OFFSETS has lines
# "seconds offset-in-ns", ROTATIONS lines "seconds"; all times are of the same clock.
set -eu
here=$(dirname "$0")
awk -v rotations="$2" -v a0="$3" -v a1="$4" -f "$here/svg.awk" -f "$here/plot.awk" "$1"
