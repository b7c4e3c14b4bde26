#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/quickstart.md, every command as it stands, in mount and network namespaces of its own, with
# the programs of BUILD in place of the page's `make`. Needs root.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=$(cd "${BUILD:?the folder with the programs}" && pwd)
if [ -z "${INSIDE:-}" ]; then
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/nts-quickstart-XXXXXX") && chmod 711 "$tmp" || exit 1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM HUP PIPE
	INSIDE=$tmp unshare -m -n -p -f --kill-child --mount-proc --propagation private "$0"
	exit
fi
tmp=$INSIDE
mkdir -p /run/netns
mount -t tmpfs none /run/netns || exit 1
ip link set lo up
# linuxptp 3.1.1 has no such socket.
lacks=
grep -aqw uds_ro_address "$BUILD/ptp4l-nts" || lacks='s/(\\n)?uds_ro_address [^\]*//'
{
	echo 'set -eo pipefail'
	echo "make() { :; }; PATH=$BUILD:$BUILD/stock:\$PATH"
	echo 'set -v'
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' docs/quickstart.md |
		sed -E "$lacks;s|/tmp/nts-try|$tmp|g"
} >"$tmp/script"
echo 1..1
if bash "$tmp/script" >"$tmp/transcript" 2>&1; then
	echo "ok 1 - the quick start works, $(wc -l <"$tmp/script") lines"
	exit 0
fi
echo "not ok 1 - the quick start works"
sed 's/^/# /' "$tmp/transcript"
tail -n 5 "$tmp"/*.log | sed 's/^/# /'
exit 1
