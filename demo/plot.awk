# SPDX-License-Identifier: GPL-2.0-or-later
# The picture of demo/plot.sh.
function offset_y(ns) { return top + height / 2 - ns / (range * 1000) * height / 2 }
BEGIN { n = 0; max = 0 }
{ t[n] = $1; v[n] = $2; n++; m = $2 < 0 ? -$2 : $2; if (m > max) max = m }
END {
	if (!n || t[n - 1] - t[0] > 3600) exit 1
	left = 86; top = 78; width = 840; height = 300
	t0 = t[0]; span = t[n - 1] - t0
	if (span <= 0) span = 1
	range = nice(max / 1000 * 1.05 + 0.001)
	rot = "stroke=\"#2e8b57\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\""
	svg_begin(960, 446)
	title("Offset of a secured slave from its master")

	rect(x(a0), top, x(a1) - x(a0), height, "fill=\"#f6d5d0\"")
	offset_grid(top, height, range)
	while ((getline r < rotations) > 0) {
		if (r >= t0 && r <= t[n - 1]) line(x(r), top, x(r), top + height, rot)
	}
	printf "<polyline fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.4\" points=\""
	for (i = 0; i < n; i++) printf "%.1f,%.1f ", x(t[i]), offset_y(v[i])
	print "\"/>"
	frame(top, height)
	time_axis(top + height, 5)

	line(left, 54, left + 30, 54, "stroke=\"#1f5fa8\" stroke-width=\"2\"")
	text(left + 38, 58, "start", 13, "offset from master")
	line(left + 200, 54, left + 230, 54, rot)
	text(left + 238, 58, "start", 13, "key rotation")
	rect(left + 360, 46, 30, 15, "fill=\"#f6d5d0\"")
	text(left + 398, 58, "start", 13, "attack: better-priority rogue master, replays, forgeries")
	print "</svg>"
}
