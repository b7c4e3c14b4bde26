# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A KE server, certificates, clocks, on a network of net.sh. No clock is touched: every ptp4l runs
# with free_running. The programs are PTP4L_NTS, NTS_KED and NTS4PTP.

KE_ADDRESS=192.0.2.1

# ---- KE server ----

# net_pki HOST...: a CA, the server's certificate and one for each host, in $T/pki.
net_pki() {
	mkdir -m 711 "$T/pki"
	{
		net_ca init && net_ca server ke --ip "$KE_ADDRESS" --dns ke.test && net_nodes "$@"
	} >>"$T/pki.log" 2>&1
}

net_ca() {
	"$NTS4PTP" pki --dir "$T/pki" --days 30 "$@"
}

net_nodes() {
	local host
	for host in "$@"; do
		net_ca node "$host" --dns "$host.test" || return 1
		chown nobody "$T/pki/$host.key"
	done
}

# ked_conf [OPTION=VALUE...]: one group, domain 0; options replace or add lines of [group main].
ked_conf() {
	ked_file 'group main' domain=0 lifetime=3600 update_period=600 grace_period=5 \
		'members=*.test' "$@"
}

# unicast_ked [OPTION=VALUE...]: one [unicast main], likewise.
unicast_ked() {
	ked_file 'unicast main' 'grantors=gm*.test' 'requesters=*.test' identities=any \
		lifetime=3600 update_period=600 lead=300 grace_period=5 "$@"
}

# ked_file SECTION OPTION=VALUE...: ked.conf with one section; of an option's values the last one.
ked_file() {
	local section=$1 option
	local -A lines=()
	shift
	for option in "$@"; do
		lines[${option%%=*}]=${option#*=}
	done
	mkdir -p "$T/ked"
	chmod 700 "$T/ked"
	{
		printf '[server]\nlisten = %s:4460\n' "$KE_ADDRESS"
		printf 'certificate = %s\nprivate_key = %s\nclient_ca = %s\nstore = %s\n' \
			"$T/pki/ke.crt" "$T/pki/ke.key" "$T/pki/ca.crt" "$T/ked/store"
		printf '\n[%s]\n' "$section"
		for option in "${!lines[@]}"; do
			printf '%s = %s\n' "$option" "${lines[$option]}"
		done
	} >"$T/ked.conf"
}

# Starts nts-ked in the host ke and waits until it listens.
ked_start() {
	start ked ke "$NTS_KED" -f "$T/ked.conf"
	wait_for 10 ked_listens
}

ked_listens() {
	in_ns ke ss -Hltn "sport = :4460" | grep -q .
}

# ---- clocks ----

# ptp_conf NAME [OPTION VALUE...]: NAME.conf for an unsecured ptp4l.
ptp_conf() {
	local name=$1
	shift
	{
		printf '[global]\nfree_running 1\ntime_stamping software\nuse_syslog 0\nverbose 1\n'
		printf 'tx_timestamp_timeout 200\nlogSyncInterval -4\nlogMinDelayReqInterval -3\n'
		printf 'logAnnounceInterval -2\nannounceReceiptTimeout 8\n'
		printf 'summary_interval -4\nfreq_est_interval 0\n'
		printf 'uds_address %s\n' "$T/$name.uds"
		! grep -aqw uds_ro_address "$PTP4L_NTS" ||
			printf 'uds_ro_address %s\n' "$T/$name.uds-ro"
		[ $# -eq 0 ] || printf '%s %s\n' "$@"
	} >"$T/$name.conf"
}

# nts_conf NAME [OPTION VALUE...]: NAME.conf for a secured one.
nts_conf() {
	local name=$1
	shift
	ptp_conf "$name" nts_server "$KE_ADDRESS" nts_ca_file "$T/pki/ca.crt" \
		nts_cert_file "$T/pki/$name.crt" nts_key_file "$T/pki/$name.key" \
		nts_state_dir "$T/state-$name" nts_status_address "$T/$name.status" \
		nts_start_jitter 0 "$@"
}

# nts_start NAME [ARGUMENT...]: ptp4l-nts in the host NAME with NAME.conf.
nts_start() {
	local name=$1
	shift
	start "$name" "$name" "$PTP4L_NTS" -f "$T/$name.conf" -i eth0 "$@"
}

# unicast_master NAME INTERFACE TRANSPORT ADDRESS...: appended to NAME.conf.
unicast_master() {
	local name=$1 interface=$2 transport=$3
	shift 3
	{
		printf '[unicast_master_table]\ntable_id 1\nlogQueryInterval 0\n'
		printf '%s\n' "${@/#/$transport }"
		printf '[%s]\nunicast_master_table 1\n' "$interface"
	} >>"$T/$name.conf"
}

# Lines of offsets that a slave has printed; 3.1.1 sums many Syncs a second up.
offsets() {
	grep -cE 'master offset|rms +[0-9]+ max' "$T/$1.log"
}

# synced NAME N: N offsets have been printed.
synced() {
	[ "$(offsets "$1")" -ge "$2" ]
}

# offset_max NAME [LINES]: the largest absolute offset of the log behind so many lines, in ns.
# Without any, ten seconds: nothing that is held against it may hold.
offset_max() {
	tail -n "+$((${2:-0} + 1))" "$T/$1.log" | awk '/master offset|rms +[0-9]+ max/ {
		for (i = 1; i < NF; i++) if ($i == "offset" || $i == "max") v = $(i + 1)
		if (v < 0) v = -v
		if (v > max) max = v
		any = 1
	} END { printf "%.0f\n", any ? max : 10000000000 }'
}
