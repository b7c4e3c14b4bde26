// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NTS options of ptp4l.conf, read through linuxptp's own parser and checked together. What
 * is wrong stops the start with a sentence: never a silent fall-back to unauthenticated PTP.
 */
#include "ptp4l-nts/seam.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <dm.h>
#include <interface.h>

#include "agent/servers.h"

/* messageType numbers as bits */
#define BIT(type) (1u << (type))
#define NEED_ALWAYS (BIT(ANNOUNCE) | BIT(SYNC) | BIT(FOLLOW_UP))
#define NEED_E2E (BIT(DELAY_REQ) | BIT(DELAY_RESP))
#define NEED_P2P (BIT(PDELAY_REQ) | BIT(PDELAY_RESP) | BIT(PDELAY_RESP_FOLLOW_UP))

static const struct {
	const char *name;
	uint32_t bit;
} message_names[] = {
	{ "announce", BIT(ANNOUNCE) },
	{ "sync", BIT(SYNC) },
	{ "follow_up", BIT(FOLLOW_UP) },
	{ "delay_req", BIT(DELAY_REQ) },
	{ "delay_resp", BIT(DELAY_RESP) },
	{ "pdelay_req", BIT(PDELAY_REQ) },
	{ "pdelay_resp", BIT(PDELAY_RESP) },
	{ "pdelay_resp_follow_up", BIT(PDELAY_RESP_FOLLOW_UP) },
	{ "signaling", BIT(SIGNALING) },
	{ "management", BIT(MANAGEMENT) },
};

static const uint32_t need_of_mechanism[] = {
	[DM_AUTO] = NEED_ALWAYS | NEED_E2E | NEED_P2P,
	[DM_E2E] = NEED_ALWAYS | NEED_E2E,
	[DM_P2P] = NEED_ALWAYS | NEED_P2P,
};

static enum status wrong(const char *option, const char *why)
{
	fprintf(stderr, "%s: %s\n", option, why);
	return ST_CONFIG;
}

static enum status copy_string(struct config *config, const char *option, char *out, size_t size)
{
	const char *value = config_get_string(config, NULL, option);

	if (!value) {
		value = "";
	}
	if ((size_t)snprintf(out, size, "%s", value) >= size) {
		return wrong(option, "too long");
	}
	return ST_OK;
}

static enum status copy_strings(struct config *config, struct aproto_config *out)
{
	const struct {
		const char *option;
		char *to;
		size_t size;
	} rows[] = {
		{ "nts_server", out->servers, sizeof(out->servers) },
		{ "nts_ca_file", out->ca_file, sizeof(out->ca_file) },
		{ "nts_cert_file", out->cert_file, sizeof(out->cert_file) },
		{ "nts_key_file", out->key_file, sizeof(out->key_file) },
		{ "nts_crl_file", out->crl_file, sizeof(out->crl_file) },
		{ "nts_state_dir", out->state_dir, sizeof(out->state_dir) },
		{ "nts_user", out->user, sizeof(out->user) },
	};
	enum status st;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		st = copy_string(config, rows[i].option, rows[i].to, rows[i].size);
		if (st != ST_OK) {
			return st;
		}
	}
	return ST_OK;
}

enum status seam_conf_port_off(struct config *config, const char *name)
{
	if (config_get_int(config, name, "nts_mode") >= NTS_MODE_GROUP) {
		return wrong("nts_server", "not set, but nts_mode is group or ticket: refusing to "
			     "run unsecured");
	}
	if (config_get_int(config, name, "nts_policy") == NTS_POLICY_MONITOR) {
		return wrong("nts_server", "not set, but nts_policy is monitor: nothing would be "
			     "verified");
	}
	return ST_OK;
}

/* Files and modes without a server: somebody meant to be secured, and would not be. */
static enum status check_off(struct config *config, const struct aproto_config *c)
{
	if (c->ca_file[0] || c->cert_file[0] || c->key_file[0]) {
		return wrong("nts_server", "not set, but nts_ca_file, nts_cert_file or "
			     "nts_key_file is: refusing to run unsecured");
	}
	return seam_conf_port_off(config, NULL);
}

/* The agent's working directory is another one: a relative path is made absolute in place. */
static enum status check_file(const char *option, char path[APROTO_PATH])
{
	char why[APROTO_PATH + 64], here[APROTO_PATH], whole[2 * APROTO_PATH];

	if (!path[0]) {
		return wrong(option, "must be set where nts_server is");
	}
	if (path[0] != '/') {
		if (!getcwd(here, sizeof(here)) ||
		    snprintf(whole, sizeof(whole), "%s/%s", here, path) >= APROTO_PATH) {
			return wrong(option, "path too long");
		}
		memcpy(path, whole, strlen(whole) + 1);
	}
	if (access(path, F_OK)) {
		snprintf(why, sizeof(why), "%s: %m", path);
		return wrong(option, why);
	}
	return ST_OK;
}

static enum status check_on(struct config *config, struct aproto_config *c)
{
	int ts = config_get_int(config, NULL, "time_stamping");
	struct servers servers;
	enum status st;

	if (servers_parse(c->servers, &servers) != ST_OK) {
		return wrong("nts_server", "wants host[:port], several separated by commas");
	}
	if (ts == TS_ONESTEP || ts == TS_P2P1STEP ||
	    !config_get_int(config, NULL, "twoStepFlag")) {
		return wrong("time_stamping", "NTS needs two-step: in one-step the network card "
			     "writes into a message that is already signed");
	}
	st = check_file("nts_ca_file", c->ca_file);
	if (st == ST_OK) {
		st = check_file("nts_cert_file", c->cert_file);
	}
	if (st == ST_OK) {
		st = check_file("nts_key_file", c->key_file);
	}
	if (st == ST_OK && c->crl_file[0]) {
		st = check_file("nts_crl_file", c->crl_file);
	}
	return st;
}

enum status seam_conf_global(struct config *config, struct aproto_config *out, bool *active)
{
	struct aproto_config c;
	enum status st;

	memset(&c, 0, sizeof(c));
	c.type = APROTO_CONFIG;
	c.version = APROTO_VERSION;
	st = copy_strings(config, &c);
	if (st != ST_OK) {
		return st;
	}
	c.timeout_ms = config_get_int(config, NULL, "nts_timeout") * 1000u;
	c.jitter_ms = config_get_int(config, NULL, "nts_start_jitter") * 1000u;
	c.log_level = config_get_int(config, NULL, "logging_level");
	c.any_time = config_get_int(config, NULL, "nts_cert_time_check") ==
		     NTS_CERT_TIME_UNTIL_SYNC;
	c.any_time_max = config_get_int(config, NULL, "nts_cert_time_exchanges");
	c.cert_warn_days = config_get_int(config, NULL, "nts_cert_warn_days");
	c.resumption = config_get_int(config, NULL, "nts_tls_resumption");
	st = c.servers[0] ? check_on(config, &c) : check_off(config, &c);
	if (st != ST_OK) {
		return st;
	}
	*out = c;
	*active = c.servers[0] != '\0';
	return ST_OK;
}

/* "announce, sync": a bit for each. */
static enum status parse_messages(const char *port, const char *list, uint32_t *out)
{
	char word[32], why[96];
	uint32_t bits = 0;
	size_t i, n;

	while (list && *(list += strspn(list, ", \t"))) {
		n = strcspn(list, ", \t");
		snprintf(word, sizeof(word), "%.*s", (int)n, list);
		for (i = 0; i < sizeof(message_names) / sizeof(message_names[0]); i++) {
			if (!strcasecmp(word, message_names[i].name)) {
				bits |= message_names[i].bit;
				break;
			}
		}
		if (i == sizeof(message_names) / sizeof(message_names[0])) {
			snprintf(why, sizeof(why), "%s: %s is no PTP message", port, word);
			return wrong("nts_allow_unsecured", why);
		}
		list += n;
	}
	*out = bits;
	return ST_OK;
}

static uint32_t announce_timeout_ms(struct config *config, const char *name)
{
	int log = config_get_int(config, name, "logAnnounceInterval");
	int count = config_get_int(config, name, "announceReceiptTimeout");
	int64_t ms = log >= 0 ? 1000LL << (log < 16 ? log : 16) : 1000LL >> (log > -9 ? -log : 9);

	return (uint32_t)(ms * count);
}

/* linuxptp's own announce timeout is up to an interval longer: it goes first. */
static uint32_t silence_ms(struct config *config, const char *name, uint32_t timeout_ms)
{
	int count = config_get_int(config, name, "announceReceiptTimeout");

	return timeout_ms + 2 * timeout_ms / (count > 0 ? count : 1);
}

static bool is_transparent(enum clock_type type)
{
	return type == CLOCK_TYPE_P2P || type == CLOCK_TYPE_E2E;
}

/* Where what nobody has verified would go on to others under our signature. */
static enum status check_monitor(struct config *config, const struct port *p, enum clock_type type)
{
	if (is_transparent(type)) {
		return wrong(p->name, "nts_policy monitor: a transparent clock would pass on, and "
			     "sign anew, what nobody has verified");
	}
	if (config_get_int(config, p->name, "unicast_listen")) {
		return wrong(p->name, "nts_policy monitor: a grantor (unicast_listen) would serve "
			     "whoever asks, under its own signature");
	}
	return ST_OK;
}

/* What one option says against another. */
static enum status check_port(struct config *config, const struct port *p, enum clock_type type,
			      const struct seam_port_conf *c)
{
	if (c->secured && (p->timestamping == TS_ONESTEP || p->timestamping == TS_P2P1STEP)) {
		return wrong(p->name, "NTS needs two-step time stamping");
	}
	if (c->ticket && is_transparent(type)) {
		return wrong(p->name, "nts_mode ticket: linuxptp's transparent clocks forward no "
			     "unicast");
	}
	return c->monitor ? check_monitor(config, p, type) : ST_OK;
}

/* The messages that must be signed. */
static uint32_t required_messages(struct config *config, const struct port *p, bool ticket)
{
	size_t dm = (size_t)config_get_int(config, p->name, "delay_mechanism");
	uint32_t bits = 0;

	if (dm < sizeof(need_of_mechanism) / sizeof(need_of_mechanism[0])) {
		bits = need_of_mechanism[dm];
	}
	if (!bits) {
		bits = NEED_ALWAYS;
	}
	return ticket ? bits | BIT(SIGNALING) : bits;
}

static void fill_gates(struct config *config, const struct port *p, enum clock_type type,
		       struct seam_port_conf *c)
{
	memcpy(c->guard.clock_identity, &p->portIdentity.clockIdentity, 8);
	c->guard.port_number = p->portIdentity.portNumber;
	c->guard.transparent = is_transparent(type);
	c->guard.group_unicast = config_get_int(config, p->name, "nts_group_unicast");
	c->guard.step_back_refuse =
		config_get_int(config, p->name, "nts_step_back") == NTS_STEP_BACK_REFUSE;
	c->guard.announce_timeout_ms = announce_timeout_ms(config, p->name);
	memcpy(c->gate.clock_identity, c->guard.clock_identity, 8);
	c->gate.port_number = c->guard.port_number;
	c->gate.domain = nts_assoc_domain(&c->assoc);
	c->gate.sdo_id = nts_assoc_sdo_id(&c->assoc);
	c->gate.ticket_tlv = config_get_int(config, NULL, "nts_ticket_tlv");
}

enum status seam_conf_port(struct config *config, struct port *p, enum clock_type type,
			   struct seam_port_conf *out)
{
	int mode = config_get_int(config, p->name, "nts_mode");
	struct seam_port_conf c;
	uint32_t allowed;
	enum status st;

	memset(&c, 0, sizeof(c));
	c.secured = mode != NTS_MODE_OFF;
	c.ticket = mode == NTS_MODE_TICKET;
	c.monitor = c.secured &&
		    config_get_int(config, p->name, "nts_policy") == NTS_POLICY_MONITOR;
	c.assoc = nts_assoc_group(config_get_int(config, NULL, "domainNumber"),
				  config_get_int(config, p->name, "transportSpecific") << 8,
				  config_get_int(config, p->name, "nts_subgroup"));
	st = parse_messages(p->name, config_get_string(config, p->name, "nts_allow_unsecured"),
			    &allowed);
	if (st == ST_OK) {
		st = check_port(config, p, type, &c);
	}
	if (st != ST_OK) {
		return st;
	}
	c.required = required_messages(config, p, c.ticket) & ~allowed;
	fill_gates(config, p, type, &c);
	c.silence_ms = silence_ms(config, p->name, c.guard.announce_timeout_ms);
	*out = c;
	return ST_OK;
}

enum status seam_conf_agent_path(char *out, size_t size)
{
	char self[512], path[600];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		snprintf(path, sizeof(path), "%.*s/nts-agent", (int)(slash - self), self);
		if (!access(path, X_OK) && strlen(path) < size) {
			memcpy(out, path, strlen(path) + 1);
			return ST_OK;
		}
	}
	if (!access(LIBEXECDIR "/nts-agent", X_OK) && sizeof(LIBEXECDIR "/nts-agent") <= size) {
		memcpy(out, LIBEXECDIR "/nts-agent", sizeof(LIBEXECDIR "/nts-agent"));
		return ST_OK;
	}
	log_err("nts-agent is neither beside ptp4l-nts nor in " LIBEXECDIR);
	return ST_FILE_OPEN;
}
