# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# nts-ked alone in a namespace, asked by foreign TLS clients with octets of our own writing:
# what ke_*.t share.
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

P=$T/pki

# Records, as octets in hexadecimal: WIRE.md 2.
PROTOCOL=800100020001
VERSION=840700020100
KEY_REQUEST=840600020000
GROUP=8400000700000000000000	# domain 0, sdoId 0, no sub-group
END=80000000
# shellcheck disable=SC2034
REQUEST=$PROTOCOL$VERSION$KEY_REQUEST$GROUP$END

# ke_pki: a CA, the server's certificate and that of a member.
ke_pki() {
	mkdir -m 700 "$P"
	pki_ca "$P" ca
	pki_cert "$P" ca ke ke.test dns=ke.test ip=127.0.0.1 --server
	pki_cert "$P" ca member gm dns=gm.test --client
}

# ke_conf FILE [SERVER_LINE...] [-- GROUP_LINE...]
ke_conf() {
	local file=$1
	shift
	{
		echo '[server]'
		printf '%s\n' 'listen = 127.0.0.1' "certificate = $P/ke.crt" \
			"private_key = $P/ke.key" "client_ca = $P/ca.crt" "store = $T/keys.db"
		while [ $# -gt 0 ] && [ "$1" != -- ]; do
			echo "$1"
			shift
		done
		printf '%s\n' '[group main]' 'members = *.test' "${@:2}"
	} >"$file"
}

# ke_start CONF: in the namespace ke; waits for the line that says so.
ke_start() {
	KE_CONF=$1
	ke_start_with env
}

# ke_start_with COMMAND...: the same under a command that takes the server's as arguments.
ke_start_with() {
	local lines
	touch "$T/ked.log"
	lines=$(ke_lines)
	start ked ke "$@" "$BUILD/nts-ked" -f "$KE_CONF"
	wait_for 10 ke_says_since "$lines" 'nts-ked ready on 127.0.0.1:4460'
}

# ke_manager: a service manager on $T/notify; what it hears is in $T/manager, a message a line.
ke_manager() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
		open my $log, ">>", $ARGV[1] or die;
		$log->autoflush(1);
		while (defined $s->recv(my $text, 4096)) { $text =~ s/\n/;/g; print $log "$text\n"; }
		' "$T/notify" "$T/manager" &
	# shellcheck disable=SC2034
	MANAGER=$!
	wait_for 5 test -S "$T/notify"
}

# ke_says_since LINES TEXT: the log has TEXT in a line after that many.
ke_says_since() {
	tail -n "+$(($1 + 1))" "$T/ked.log" | grep -qF -- "$2"
}

ke_matches_since() {
	tail -n "+$(($1 + 1))" "$T/ked.log" | grep -qE -- "$2"
}

ke_lines() {
	wc -l <"$T/ked.log"
}

# tls CERT [OPTION...]: s_client to the server; octets in, octets out, until the server closes.
# CERT is a name in $P or "".
tls() {
	local cert=$1
	shift
	[ -z "$cert" ] || set -- -cert "$P/$cert.crt" -key "$P/$cert.key" "$@"
	in_ns ke timeout 10 openssl s_client -connect 127.0.0.1:4460 -CAfile "$P/ca.crt" \
		-verify_return_error -quiet -nocommands "$@" 2>>"$T/client.log"
}

# ask CERT HEX: the answer in hexadecimal.
ask() {
	xxd -r -p <<<"$2" | tls "$1" -alpn ntske/1 | xxd -p | tr -d '\n'
}

# The same by gnutls-cli, which ends its side when its input ends.
# shellcheck disable=SC2094
ask_gnutls() {
	xxd -r -p <<<"$2" | in_ns ke timeout 10 gnutls-cli --port 4460 --alpn ntske/1 \
		--logfile "$T/client.log" --x509cafile "$P/ca.crt" --x509certfile "$P/$1.crt" \
		--x509keyfile "$P/$1.key" 127.0.0.1 2>>"$T/client.log" | xxd -p | tr -d '\n'
}

# crowd ADDRESS N: as many connections that say nothing, until crowd_goes.
crowd() {
	rm -f "$T/crowded"
	# shellcheck disable=SC2016
	ip netns exec "$NET_TAG-ke" perl -MIO::Socket::INET -e '
		my ($from, $n, $mark) = @ARGV;
		my @s = map { IO::Socket::INET->new(LocalAddr => $from, PeerAddr => "127.0.0.1",
			PeerPort => 4460) or die "$@" } 1 .. $n;
		open my $f, ">", $mark or die;
		sleep 60' "$1" "$2" "$T/crowded" >>"$T/client.log" 2>&1 &
	CROWD=$!
	wait_for 5 test -e "$T/crowded"
}

crowd_goes() {
	kill "$CROWD"
	wait "$CROWD"
} 2>/dev/null

# The Error of a Refusal; "" where the answer is something else.
error_of() {
	local refusal=$PROTOCOL$VERSION${KEY_REQUEST%00}02
	[[ $1 =~ ^${refusal}80020002(....)80000000$ ]] && echo "$((16#${BASH_REMATCH[1]}))"
}

is_grant() {
	[[ $1 == $PROTOCOL$VERSION${KEY_REQUEST%00}01* ]]
}

# The first Security Association: SPP, algorithm, key ID, key, in hexadecimal.
sa_of() {
	[[ $1 =~ 84090029(.{82}) ]] && echo "${BASH_REMATCH[1]}"
}

# Seconds of the first Lifetime.
lifetime_of() {
	[[ $1 =~ 84030004(.{8}) ]] && echo "$((16#${BASH_REMATCH[1]}))"
}

# load_end NAME: ends a load that has run, and judges it; its last line is in counts.
load_end() {
	local pid=${NET_PIDS[$1]} status=0
	unset "NET_PIDS[$1]"
	kill "$pid"
	wait "$pid" || status=$?
	is "$1: nothing was wrong" "$status" 0
	counts=$(tail -n 1 "$T/$1.log")
	diag "$1: $counts"
	ok "$1: was served" grep -qE '^granted [1-9][0-9]{1,} ' <<<"$counts"
}
