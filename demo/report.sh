#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# report.sh RUN: the report page of a demo, one HTML file on standard output that needs nothing else.
# RUN is a folder with
#	facts	name TAB value: release, begin, seconds, and "tile" TAB value TAB words
#	results	ok|FAILED|section TAB what TAB value
#	steps	seconds TAB words
#	offsets, rotations, attack	as demo/offsets.awk wants them; attack is "from to"
#	phases	phase TAB mean TAB deviation TAB largest TAB samples, in microseconds
#	refused	count TAB reason TAB what it may come from
#	sync	of `nts4ptp decode --octets`
#	keys.svg	another picture, where it exists
# Whatever comes from there is escaped; the page may run no script and ask for nothing.
# shellcheck disable=SC2016
set -eu
run=$1
here=$(cd "$(dirname "$0")" && pwd)

# text FILE SCRIPT [ASSIGNMENT...]: awk on tab-separated lines, with esc().
text() {
	local file=$1 script=$2 assign=()
	shift 2
	for a in "$@"; do
		assign+=(-v "$a")
	done
	awk -F '\t' "${assign[@]}" '
	function esc(s) {
		gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
		gsub(/"/, "\\&quot;", s); gsub(/[\001-\010\013-\037\177]/, "?", s)
		return s
	}
	'"$script" "$run/$file"
}

fact() {
	text facts '$1 == name { print esc($2); exit }' "name=$1"
}

tiles() {
	echo '<dl class="tiles">'
	text facts '$1 == "tile" { printf "<div><dt>%s</dt><dd>%s</dd></div>\n", esc($3), esc($2) }'
	echo '</dl>'
}

offsets() {
	local from to
	read -r from to <"$run/attack"
	awk -v rotations="$run/rotations" -v from="$from" -v to="$to" -v w="$1" -f "$here/svg.awk" \
		-f "$here/offsets.awk" "$run/offsets"
}

phases() {
	echo '<table><caption>Offset in microseconds, before, during and after the attack</caption>'
	echo '<thead><tr><th scope="col">when</th><th scope="col" class="n">mean</th><th scope="col" class="n">deviation</th>'
	echo '<th scope="col" class="n">at most</th><th scope="col" class="n">samples</th></tr></thead><tbody>'
	text phases '{
		printf "<tr><th scope=\"row\">%s</th>", esc($1)
		for (i = 2; i <= 5; i++) { sub(/^-/, "−", $i); printf "<td class=\"n\">%s</td>", esc($i) }
		print "</tr>"
	}'
	echo '</tbody></table>'
}

# results SECTION: the lines of one section.
results() {
	echo '<table><thead><tr><th scope="col">claim</th><th scope="col" class="n">measured</th>'
	echo '<th scope="col" class="verdict">verdict</th></tr></thead><tbody>'
	text results '
	$1 == "section" { on = $2 == section; next }
	on { held = $1 == "ok"
	printf "<tr><th scope=\"row\">%s</th><td class=\"v\">%s</td><td class=\"verdict\">" \
		"<span class=\"%s\">%s</span></td></tr>\n", esc($2), esc($3), held ? "held" : "failed",
		held ? "✓ held" : "✗ failed" }' "section=$1"
	echo '</tbody></table>'
}

refused() {
	echo '<table><thead><tr><th scope="col">reason</th><th scope="col" class="n">messages</th>'
	echo '<td class="bar"></td></tr></thead><tbody>'
	text refused '
	{ n[NR] = $1; why[NR] = esc($2); if ($1 > max) max = $1 }
	$3 { why[NR] = why[NR] "<small>" esc($3) "</small>" }
	END { for (i = 1; i <= NR; i++) printf "<tr><th scope=\"row\">%s</th><td class=\"n\">%d</td>" \
		"<td class=\"bar\"><span style=\"width:%.1f%%\"></span></td></tr>\n", why[i], n[i],
		max ? n[i] / max * 100 : 0 }'
	echo '</tbody></table>'
}

# Rows "at  octets  words"; from the AUTHENTICATION TLV on they are marked.
sync() {
	echo '<table class="octet-table"><thead><tr><th scope="col">at</th><th scope="col">octets</th>'
	echo '<th scope="col">field</th></tr></thead><tbody>'
	text sync '
	BEGIN { two["majorSdoId, messageType"] = two["Ticket Key ID"] = 1 }
	/^ *[0-9]+  [0-9a-f][0-9a-f] / {
		at = $0 + 0; hex = substr($0, 9, 47); words = substr($0, 58)
		sub(/ +$/, "", hex)
		if (words ~ /^tlvType AUTHENTICATION/) tlv = 1
		name = words
		sub(/ [^ ]*[0-9].*/, "", name)
		if (!(name in two)) sub(/ .*/, "", name)
		value = substr(words, length(name) + 1)
		unit = match(value, / n?s$/) ? substr(value, RSTART + 1) : ""
		if (unit) value = substr(value, 1, RSTART - 1)
		printf "<tr%s><td class=\"at\">%d</td><td class=\"octets\">%s</td><td><b>%s</b>%s%s</td></tr>\n",
			tlv ? " class=\"tlv\"" : "", at, esc(hex), esc(name), esc(value),
			unit ? "&nbsp;" unit : ""
	}'
	echo '</tbody></table>'
}

steps() {
	echo '<ol class="steps">'
	text steps '{ printf "<li><time>%s s</time><span>%s</span></li>\n", esc($1), esc($2) }'
	echo '</ol>'
}

# ---- the page ----

held=$(grep -c '^ok' "$run/results" || :)
failed=$(grep -c '^FAILED' "$run/results" || :)
# Before the page: what cannot be made ends this.
began=$(fact begin)
release=$(fact release)
seconds=$(fact seconds)
tiles=$(tiles)
wide=$(offsets 912)
narrow=$(offsets 372)
phases=$(phases)
multicast=$(results multicast)
unicast=$(results unicast)
refused=$(refused)
sync=$(sync)
steps=$(steps)
verdict="All of it held"
[ "$failed" -eq 0 ] || verdict="$failed of $((held + failed)) claims did not hold"

cat <<END
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>ptp4l-nts: $verdict</title>
<style>
$(cat "$here/report.css")
</style>
</head>
<body>
<header>
<p class="eyebrow">ptp4l-nts, the demo</p>
<h1>$verdict</h1>
<p>Two clocks under authenticated PTP whose keys change every few seconds, and somebody without a key
who wants to be their master. Everything on this page was counted or captured in this run.</p>
<p class="facts">$began · linuxptp $release · $seconds&nbsp;s · $held of $((held + failed)) claims held</p>
</header>
<main>
$tiles
<section aria-labelledby="h-what">
<div class="beside">
<div>
<h2 id="h-what">What ran</h2>
<p>Four hosts, as network namespaces on one switch. The grandmaster and the slave have certificates, and get
the keys of their group from the Key Establishment (KE) server over mutually authenticated TLS 1.3. Every PTP
message between them carries an AUTHENTICATION TLV.</p>
<p>The attacker is on the same switch and has no key: first as a better master, then with replayed, forged and
changed messages.</p>
</div>
<figure>
$(grep -v '^<!--' "$here/topology.svg")
</figure>
</div>
</section>
<section aria-labelledby="h-offset">
<h2 id="h-offset">The slave's offset from its master</h2>
<p>Changes of the key are marked, the attack is shaded. One accepted forgery would show as 1&#8239;000&#8239;000&nbsp;µs.</p>
<figure>
<div class="wide">
$wide
</div>
<div class="narrow">
$narrow
</div>
<figcaption>Ten samples a second of the slave's own data set. All hosts share one clock that nobody steers, so what
is left is the noise of software timestamps.</figcaption>
</figure>
$phases
</section>
<section aria-labelledby="h-claims">
<h2 id="h-claims">What was claimed, and whether it held</h2>
<p>From counters and logs of both clocks, and from a witness on each of their cables.</p>
$multicast
</section>
<section aria-labelledby="h-refused">
<h2 id="h-refused">What the slave refused</h2>
<p>By reason, in the words of <code>nts4ptp status</code>. None of these messages reached linuxptp.</p>
$refused
</section>
<section aria-labelledby="h-sync">
<h2 id="h-sync">The first signed Sync, octet by octet</h2>
<p>As it was on the wire in this run, behind its UDP header, told by <code>nts4ptp decode --octets</code>.
<span class="legend"></span>The AUTHENTICATION TLV is what was added: it names the key, and its last 16 octets are
the ICV, a MAC (HMAC-SHA256-128) over all octets above them.</p>
$sync
</section>
<section aria-labelledby="h-unicast">
<h2 id="h-unicast">Second act: unicast</h2>
<p>The same two clocks in ticket mode. The slave asks the grandmaster in unicast, under a key that only the two of
them have: the slave has it from the KE server, the grandmaster out of the ticket that comes with the request.</p>
$unicast
</section>
END
if [ -s "$run/keys.svg" ]; then
	cat <<-END
	<section aria-labelledby="h-keys">
	<h2 id="h-keys">Keys change, agents die, the KE server fails</h2>
	<p>A longer run, by <code>make picture</code>.</p>
	<figure class="scroll" tabindex="0" role="region" aria-labelledby="h-keys">
	$(grep -v '^<?xml' "$run/keys.svg")
	</figure>
	</section>
	END
fi
cat <<END
<section>
<details>
<summary>Step by step</summary>
$steps
</details>
</section>
</main>
<footer>
<p>Made by <code>make demo</code>, which ends with 0 only if all of it held. Everything ran in network namespaces;
no clock was steered. Other topologies: <code>nts4ptp drill --list</code>.</p>
</footer>
</body>
</html>
END
