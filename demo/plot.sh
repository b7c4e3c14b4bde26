#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plot.sh OFFSETS ROTATIONS ATTACK_START ATTACK_END: an SVG on standard output. OFFSETS has lines
# "seconds offset-in-ns", ROTATIONS lines "seconds"; all times are of the same clock.
set -eu
awk -v rotations="$2" -v a0="$3" -v a1="$4" '
function x(t) { return left + (t - t0) / span * width }
function y(ns) { return top + height / 2 - ns / (range * 1000) * height / 2 }
function text(px, py, anchor, size, words, extra) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\"%s>%s</text>\n",
		px, py, anchor, size, extra, words
}
function line(x1, y1, x2, y2, style) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style
}
# 1, 2 or 5 times a power of ten, not below v
function nice(v,   p) {
	p = 1
	while (p * 10 <= v) p *= 10
	return v <= p ? p : v <= 2 * p ? 2 * p : v <= 5 * p ? 5 * p : 10 * p
}
BEGIN { n = 0; max = 0 }
{ t[n] = $1; v[n] = $2; n++; m = $2 < 0 ? -$2 : $2; if (m > max) max = m }
END {
	if (!n || t[n - 1] - t[0] > 3600) exit 1
	left = 86; top = 78; width = 840; height = 300
	t0 = t[0]; span = t[n - 1] - t0
	if (span <= 0) span = 1
	range = nice(max / 1000 * 1.05 + 0.001)
	rot = "stroke=\"#2e8b57\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\""
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"960\" height=\"446\" "
	print "viewBox=\"0 0 960 446\" font-family=\"sans-serif\" fill=\"#222\">"
	print "<rect width=\"960\" height=\"446\" fill=\"#fff\"/>"
	text(left, 28, "start", 18, "Offset of a secured slave from its master", " font-weight=\"bold\"")

	printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#f6d5d0\"/>\n",
		x(a0), top, x(a1) - x(a0), height
	for (i = -4; i <= 4; i++) {
		line(left, y(i * range * 250), left + width, y(i * range * 250),
			i ? "stroke=\"#ddd\"" : "stroke=\"#999\"")
		text(left - 8, y(i * range * 250) + 4, "end", 12, sprintf("%g", i * range / 4), "")
	}
	for (i = 0; i <= span; i += 5) {
		line(x(t0 + i), top + height, x(t0 + i), top + height + 5, "stroke=\"#666\"")
		text(x(t0 + i), top + height + 20, "middle", 12, i, "")
	}
	while ((getline r < rotations) > 0) {
		if (r >= t0 && r <= t[n - 1]) line(x(r), top, x(r), top + height, rot)
	}
	printf "<polyline fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.4\" points=\""
	for (i = 0; i < n; i++) printf "%.1f,%.1f ", x(t[i]), y(v[i])
	print "\"/>"
	printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" ", left, top, width, height
	print "fill=\"none\" stroke=\"#666\"/>"
	text(left + width / 2, top + height + 46, "middle", 14, "time (s)", "")
	text(24, top + height / 2, "middle", 14, "offset (µs)",
		sprintf(" transform=\"rotate(-90 24 %d)\"", top + height / 2))

	line(left, 54, left + 30, 54, "stroke=\"#1f5fa8\" stroke-width=\"2\"")
	text(left + 38, 58, "start", 13, "offset from master", "")
	line(left + 200, 54, left + 230, 54, rot)
	text(left + 238, 58, "start", 13, "key rotation", "")
	printf "<rect x=\"%d\" y=\"46\" width=\"30\" height=\"15\" fill=\"#f6d5d0\"/>\n", left + 360
	text(left + 398, 58, "start", 13,
		"attack: better-priority rogue master, replays, forgeries", "")
	print "</svg>"
}' "$1"
