# SPDX-License-Identifier: GPL-2.0-or-later
# The picture of demo/picture.sh, from lines "what seconds ...", in the order of time.
function offset_y(ns) { return top + height / 2 - ns / (range * 1000) * height / 2 }
function lost_y(n) { return lost_top + lost_height - n / lost_range * lost_height }

# A numbered flag above the panels; its words stand below, in two columns.
function number(px, py, n) {
	printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"9\" fill=\"#444\"/>\n", px, py
	text(px, py + 4, "middle", 12, n, "fill=\"#fff\" font-weight=\"bold\"")
}

function flag(t, words,   px) {
	px = x(t)
	line(px, top, px, bottom, "stroke=\"#444\"")
	if (flags && px < flag_x + 21) flag_x += 21
	else flag_x = px
	line(px, top, flag_x, top - 10, "stroke=\"#444\"")
	number(flag_x, top - 17, ++flags)
	said[flags] = words
}

function segment(x1, py, x2, state) {
	rect(x1, py, x2 - x1, 20, "fill=\"" color[state] "\"")
	if (x2 - x1 > length(state) * 7.5) text(x1 + 4, py + 14, "start", 11, state)
}

# The states of a clock as a bar, up to the end.
function bar(who, words, py,   i, from, state, j) {
	text(left - 8, py + 15, "end", 12, words)
	state = ""
	for (i = 0; i <= n_state; i++) {
		if (i < n_state && state_of[i] != who) continue
		if (state != "") {
			j = i < n_state ? state_at[i] : t1
			if (j > t0) segment(x(from > t0 ? from : t0), py, x(j), state)
		}
		if (i < n_state) { state = state_is[i]; from = state_at[i] }
	}
	rect(left, py, width, 20, "fill=\"none\" stroke=\"#666\"")
}

function swatch(px, py, style, words) {
	rect(px, py - 11, 26, 14, style)
	text(px + 34, py, "start", 13, words)
}

BEGIN { n = n_rot = n_state = n_lost = n_mark = flags = 0 }
$1 == "offset" { if (t0) { ot[n++] = $2; ov[n - 1] = $3; m = $3 < 0 ? -$3 : $3; if (m > max) max = m } }
$1 == "rotation" && $3 == "slave" { rotation[n_rot++] = $2 }
$1 == "end" && $3 == "slave" { ended = $2 }
$1 == "state" { state_at[n_state] = $2; state_of[n_state] = $3; state_is[n_state++] = $4 }
$1 == "state" && $3 == "slave" && ended && $4 == "LISTENING" { up = $2 }
$1 == "lost" { if (!n_lost) lost0 = $3; lost_at[n_lost] = $2; lost[n_lost++] = $3 - lost0 }
$1 == "mark" {
	words = $0
	sub(/^mark [^ ]* /, "", words)
	if (words == "begin") t0 = $2
	else if (words == "end") t1 = $2
	else { mark_at[n_mark] = $2; mark_words[n_mark++] = words }
}

END {
	if (!n || !t0 || !t1 || t1 - t0 > 3600) exit 1
	left = 110; width = 960; top = 128; height = 270; span = t1 - t0
	band_top = top + height + 18; lost_top = band_top + 74; lost_height = 56
	bottom = lost_top + lost_height
	range = nice(max / 1000 * 1.05 + 0.001)
	lost_range = 5
	for (i = 0; i < n_lost; i++) if (lost[i] > lost_range) lost_range = nice(lost[i])
	color["MASTER"] = "#9cc3e6"; color["SLAVE"] = "#a9d8ae"; color["UNCALIBRATED"] = "#f3e2a0"
	color["LISTENING"] = "#d9d9d9"; color["FAULTY"] = "#e08a7d"
	color["GRAND_MASTER"] = color["MASTER"]
	curve = "stroke=\"#1f5fa8\""
	rot = "stroke=\"#2e8b57\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\""
	gone = "fill=\"#fbe3df\""

	svg_begin(1100, bottom + 162)
	title("Keys change, agents die, the KE server fails: the slave's offset")
	text(left, 50, "start", 13, sprintf("Time is compressed: a key lives %d s here. Where it lives five " \
		"minutes, this is %.1f hours; with the usual four hours, %.0f days.", lifetime,
		span / lifetime * 300 / 3600, span / lifetime * 4 / 24), "fill=\"#555\"")
	line(left, 77, left + 26, 77, curve " stroke-width=\"2\"")
	text(left + 34, 81, "start", 13, "offset from the grandmaster, of each Sync")
	line(left + 400, 77, left + 426, 77, rot)
	text(left + 434, 81, "start", 13, "key rotation")
	swatch(left + 570, 81, gone " stroke=\"#e0b5ad\"", "no KE server")
	swatch(left + 712, 81, "fill=\"" color["FAULTY"] "\"", "FAULTY")
	swatch(left + 820, 81, "fill=\"" color["LISTENING"] "\"", "LISTENING")

	for (i = 0; i < n_mark; i++) {
		if (mark_words[i] ~ /KE server (killed|gone)/)
			rect(x(mark_at[i]), top, x(mark_at[i + 1]) - x(mark_at[i]), bottom - top, gone)
	}
	offset_grid(top, height, range)
	for (i = 0; i < n_rot; i++)
		if (rotation[i] > t0 && rotation[i] < t1) line(x(rotation[i]), top, x(rotation[i]), bottom, rot)
	for (i = 0; i < n; i++) {
		if (ot[i] > t1) break
		if (!i || ot[i] - ot[i - 1] > 0.5)
			printf "%s<polyline fill=\"none\" %s stroke-width=\"1\" points=\"", i ? "\"/>\n" : "", curve
		printf "%.1f,%.1f ", x(ot[i]), offset_y(ov[i])
	}
	print "\"/>"
	frame(top, height)

	bar("gm", "grandmaster", band_top)
	bar("slave", "slave", band_top + 28)

	# What is missing now may have been under way: what is missing for good counts.
	for (i = n_lost - 2; i >= 0; i--) if (lost[i] > lost[i + 1]) lost[i] = lost[i + 1]
	line(left, lost_top, left + width, lost_top, "stroke=\"#ddd\"")
	text(left - 8, lost_top + 4, "end", 12, lost_range)
	text(left - 8, lost_top + lost_height + 4, "end", 12, 0)
	printf "<polyline fill=\"none\" stroke=\"#b5342b\" stroke-width=\"2\" points=\""
	for (i = 0; i < n_lost; i++)
		if (lost_at[i] <= t1) printf "%.1f,%.1f ", x(lost_at[i]), lost_y(lost[i])
	print "\"/>"
	frame(lost_top, lost_height)
	time_axis(bottom, 10)

	for (i = 0; i < n_mark; i++) {
		flag(mark_at[i], mark_words[i])
		if (ended && mark_words[i] ~ /gone/) flag(ended, "keys have ended: the ports go down")
	}
	if (up) flag(up, "keys again: the ports come up by themselves")
	rect(left + 6, lost_top + 6, 216, 16, "fill=\"#fff\" fill-opacity=\"0.9\"")
	text(left + 10, lost_top + 18, "start", 12, "messages that the slave lost, in all", "fill=\"#b5342b\"")
	for (i = 1; i <= flags; i++) {
		px = left + int((i - 1) / 3) * 320
		py = bottom + 78 + (i - 1) % 3 * 22
		number(px + 9, py - 4, i)
		text(px + 26, py, "start", 13, said[i])
	}
	text(left + width, bottom + 150, "end", 11, "real daemons in network namespaces of one machine, " \
		"software timestamps, 16 Sync/s", "fill=\"#777\"")
	print "</svg>"
}
