# SPDX-License-Identifier: GPL-2.0-or-later
# With svg.awk, -v rotations=FILE -v from=S -v to=S -v w=PIXELS: an SVG of lines "seconds offset-in-ns";
# FILE has lines "seconds", from and to bound the attack; all times are of the same clock. It is as
# wide as told, and light or dark as whoever looks at it prefers.
function offset_y(ns) { return top + height / 2 - ns / (range * 1000) * height / 2 }
function label(px, py, anchor, words, class) {
	printf "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
		class, px, py, anchor, words
}
function path(x1, y1, x2, y2, class) {
	printf "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1, y1, x2, y2
}
function style() {
	print "<style>.o{--i:#1d2733;--s:#5b6875;--g:#dfe4e9;--l:#1c5d9f;--k:#1f7a4d;--a:#fbe3de;--b:#9c2f1f}"
	print "@media(prefers-color-scheme:dark){.o{--i:#e7ecf1;--s:#a3b0bd;--g:#313b46;--l:#7fb6ee;" \
		"--k:#6fcf9b;--a:#47251f;--b:#f3a395}}"
	print ".o{font:13px system-ui,sans-serif;fill:var(--i)}.o path{fill:none}.o .soft{fill:var(--s)}"
	print ".o .grid{stroke:var(--g)}.o .zero{stroke:var(--s)}.o .curve{stroke:var(--l);stroke-width:1.5;" \
		"stroke-linejoin:round}"
	print ".o .key{stroke:var(--k);stroke-width:1.5;stroke-dasharray:5 4}.o path.mark{fill:var(--k)}"
	print ".o .band{fill:var(--a)}.o .bandname{fill:var(--b);font-weight:600}</style>"
}
BEGIN { n = 0; max = 0 }
{ t[n] = $1; v[n] = $2; n++; m = $2 < 0 ? -$2 : $2; if (m > max) max = m }
END {
	if (!n || t[n - 1] - t[0] > 3600) exit 1
	small = w < 600
	left = 48; top = 66; width = w - left - 12; height = small ? 220 : 280
	t0 = t[0]; span = t[n - 1] - t0
	if (span <= 0) span = 1
	range = nice(max / 1000 * 1.05 + 0.001)
	while ((getline r < rotations) > 0) if (r >= t0 && r <= t[n - 1]) rotation[n_rotations++] = r
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"o\" viewBox=\"0 0 %d %d\" role=\"img\" ", w,
		top + height + 50
	printf "aria-label=\"Offset of the slave from its master over %d seconds: at most %.1f microseconds. " \
		"%d key rotations; the attack lasts from second %d to second %d.\">\n", span, max / 1000,
		n_rotations, from - t0, to - t0
	style()
	path(left, 14, left + 26, 14, "curve")
	label(left + 34, 18, "start", "offset", "soft")
	path(left + 100, 14, left + 126, 14, "key")
	printf "<path class=\"mark\" d=\"M%.1f 9h10l-5 9z\"/>\n", left + 108
	label(left + 134, 18, "start", "the key changes", "soft")
	label(left - 8, top - 14, "end", "µs", "soft")

	printf "<rect class=\"band\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", x(from), top - 28,
		x(to) - x(from), height + 28
	label((x(from) + x(to)) / 2, top - 12, "middle", "attack", "bandname")
	parts = small ? 2 : 4
	for (i = -parts; i <= parts; i++) {
		path(left, offset_y(i * range * 1000 / parts), left + width, offset_y(i * range * 1000 / parts),
			i ? "grid" : "zero")
		label(left - 8, offset_y(i * range * 1000 / parts) + 4.5, "end",
			(i < 0 ? "−" : "") sprintf("%g", (i < 0 ? -i : i) * range / parts), "soft")
	}
	step = nice(span / (small ? 6 : 12))
	for (i = 0; i <= span; i += step) label(x(t0 + i), top + height + 21, "middle", i, "soft")
	label(left + width, top + height + 42, "end", "seconds", "soft")
	for (i = 0; i < n_rotations; i++) {
		path(x(rotation[i]), top, x(rotation[i]), top + height, "key")
		printf "<path class=\"mark\" d=\"M%.1f %dh10l-5 9z\"/>\n", x(rotation[i]) - 5, top - 4
	}
	printf "<path class=\"curve\" d=\""
	for (i = 0; i < n; i++) printf "%s%.1f %.1f", i ? "L" : "M", x(t[i]), offset_y(v[i])
	print "\"/>\n</svg>"
}
