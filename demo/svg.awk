# SPDX-License-Identifier: GPL-2.0-or-later
# What the pictures share: SVG elements, and scales. The caller sets left, width, t0 and span.
function x(t) { return left + (t - t0) / span * width }
function text(px, py, anchor, size, words, extra) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\"%s>%s</text>\n",
		px, py, anchor, size, extra ? " " extra : "", words
}
function line(x1, y1, x2, y2, style) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style
}
function rect(px, py, w, h, style) {
	printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s/>\n", px, py, w, h, style
}
function sideways(px, py, words) {
	text(px, py, "middle", 14, words, sprintf("transform=\"rotate(-90 %.1f %.1f)\"", px, py))
}
# 1, 2 or 5 times a power of ten, not below v
function nice(v,   p) {
	p = 1
	while (p * 10 <= v) p *= 10
	return v <= p ? p : v <= 2 * p ? 2 * p : v <= 5 * p ? 5 * p : 10 * p
}
function svg_begin(w, h) {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ", w, h
	printf "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" fill=\"#222\">\n", w, h
	rect(0, 0, w, h, "fill=\"#fff\"")
}
function title(words) {
	text(left, 28, "start", 18, words, "font-weight=\"bold\"")
}
# A frame with a line every quarter of its range on both sides of 0, in microseconds.
function offset_grid(top, height, range_us,   i) {
	for (i = -4; i <= 4; i++) {
		line(left, offset_y(i * range_us * 250), left + width, offset_y(i * range_us * 250),
			i ? "stroke=\"#ddd\"" : "stroke=\"#999\"")
		text(left - 8, offset_y(i * range_us * 250) + 4, "end", 12, sprintf("%g", i * range_us / 4))
	}
	sideways(24, top + height / 2, "offset (µs)")
}
function frame(top, height) {
	rect(left, top, width, height, "fill=\"none\" stroke=\"#666\"")
}
function time_axis(bottom, step,   i) {
	for (i = 0; i <= span; i += step) {
		line(x(t0 + i), bottom, x(t0 + i), bottom + 5, "stroke=\"#666\"")
		text(x(t0 + i), bottom + 20, "middle", 12, i)
	}
	text(left + width / 2, bottom + 46, "middle", 14, "time (s)")
}
