// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NTS side of a ptp4l.conf. Knows linuxptp's own options only where they matter to
 * NTS; the rest is for ptp4l to judge.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/servers.h"
#include "nts4ptp/check_files.h"
#include "nts4ptp/check_kinds.h"

#define NTS_PREFIX "nts_"

static const char *const messages[] = {
	"announce", "sync", "follow_up", "delay_req", "delay_resp", "pdelay_req", "pdelay_resp",
	"pdelay_resp_follow_up", "signaling", "management",
};

typedef bool (*word_fn)(const char *word);

static const struct conf_option *find_option(const char *name)
{
	const struct conf_option *o;

	for (size_t i = 0; (o = conf_option_at(i)); i++) {
		if (!strcasecmp(o->name, name)) {
			return o;
		}
	}
	return NULL;
}

static bool is_message(const char *word)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (!strcasecmp(word, messages[i])) {
			return true;
		}
	}
	return false;
}

static bool is_mac(const char *word)
{
	return alg_mac_by_name(word) != NULL;
}

/* ---- one line ---- */

static void check_words(struct check *c, const struct conf_line *line, word_fn good)
{
	const char *at = line->value;
	char word[CONF_WORD];

	while (*(at += strspn(at, ", \t"))) {
		size_t len = strcspn(at, ", \t");

		snprintf(word, sizeof(word), "%.*s", (int)len, at);
		if (!good(word)) {
			check_error(c, line->number, "%s: unknown '%s'", line->name, word);
		}
		at += len;
	}
}

static void check_number(struct check *c, const struct conf_line *line,
			 const struct conf_option *o)
{
	char *end;
	long value = strtol(line->value, &end, 0);

	if (!line->value[0] || *end || value < o->min || value > o->max) {
		check_error(c, line->number, "%s: '%s' is not a number from %ld to %ld", o->name,
			    line->value, o->min, o->max);
	}
}

static void check_label(struct check *c, const struct conf_line *line, const struct conf_option *o)
{
	char all[128] = "";
	size_t n = 0;

	for (size_t i = 0; o->labels[i]; i++) {
		if (!strcasecmp(o->labels[i], line->value)) {
			return;
		}
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "",
				      o->labels[i]);
	}
	check_error(c, line->number, "%s: '%s' is none of %s", o->name, line->value, all);
}

static void check_text(struct check *c, const struct conf_line *line, const struct conf_option *o)
{
	struct servers servers;

	if (!strcmp(o->name, "nts_server")) {
		if (line->value[0] && servers_parse(line->value, &servers) != ST_OK) {
			check_error(c, line->number, "nts_server wants host[:port], several "
				    "separated by commas");
		}
	} else if (!strcmp(o->name, "nts_allow_unsecured")) {
		check_words(c, line, is_message);
	} else if (!strcmp(o->name, "nts_mac_algorithms")) {
		check_words(c, line, is_mac);
	}
}

static void check_option(struct check *c, const struct conf_line *line)
{
	static void (*const kinds[])(struct check *c, const struct conf_line *line,
				     const struct conf_option *o) = {
		[CONF_STR] = check_text, [CONF_INT] = check_number, [CONF_ENU] = check_label,
	};
	const struct conf_option *o = find_option(line->name);

	if (!o) {
		check_error(c, line->number, "%s: unknown option", line->name);
		return;
	}
	if (!o->per_port && strcmp(line->section, "global")) {
		check_error(c, line->number, "%s belongs into [global], not into [%s]", o->name,
			    line->section);
	}
	kinds[o->kind](c, line, o);
}

static void check_twice(struct check *c, size_t at)
{
	const struct conf_line *line = &c->conf->list[at];

	for (size_t i = 0; i < at; i++) {
		const struct conf_line *other = &c->conf->list[i];

		if (!strcmp(other->section, line->section) &&
		    !strcasecmp(other->name, line->name)) {
			check_warning(c, line->number, "%s stands in line %u, too: this one counts",
				      line->name, other->number);
			return;
		}
	}
}

/* ---- all together ---- */

static const struct conf_line *set_line(const struct check *c, const char *name)
{
	const struct conf_line *line = conf_find(c->conf, NULL, name);

	return line && line->value[0] ? line : NULL;
}

static void check_one_step(struct check *c, const struct conf_line *line)
{
	if ((!strcasecmp(line->name, "twoStepFlag") && !strcmp(line->value, "0")) ||
	    (!strcasecmp(line->name, "time_stamping") &&
	     (!strcasecmp(line->value, "onestep") || !strcasecmp(line->value, "p2p1step")))) {
		check_error(c, line->number, "%s %s: NTS needs two-step", line->name, line->value);
	}
}

static void check_mode(struct check *c, const struct conf_line *line, bool server)
{
	if (strcasecmp(line->name, "nts_mode")) {
		return;
	}
	if (!strcasecmp(line->value, "off") && server) {
		check_warning(c, line->number, "nts_mode off: [%s] is NOT SECURED", line->section);
	} else if (!server && (!strcasecmp(line->value, "group") ||
			       !strcasecmp(line->value, "ticket"))) {
		check_error(c, line->number, "nts_mode %s, but nts_server is not set", line->value);
	}
}

static void check_policy(struct check *c, const struct conf_line *line)
{
	const char *type = conf_text(c->conf, NULL, "clock_type", "OC");

	if (strcasecmp(line->name, "nts_policy") || strcasecmp(line->value, "monitor")) {
		return;
	}
	check_warning(c, line->number, "nts_policy monitor: [%s] is NOT ENFORCED", line->section);
	if (!strcasecmp(type, "P2P_TC") || !strcasecmp(type, "E2E_TC")) {
		check_error(c, line->number, "nts_policy monitor: not in a transparent clock");
	}
	if (conf_number(c->conf, line->section, "unicast_listen", 0)) {
		check_error(c, line->number, "nts_policy monitor: not for a grantor "
			    "(unicast_listen)");
	}
}

/* Without a server: somebody meant to be secured, and would not be. */
static void check_off(struct check *c)
{
	static const char *const names[] = { "nts_ca_file", "nts_cert_file", "nts_key_file" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct conf_line *line = set_line(c, names[i]);

		if (line) {
			check_error(c, line->number, "%s is set, but nts_server is not", names[i]);
		}
	}
	if (!c->errors) {
		check_warning(c, 0, "no nts_server: this clock is NOT SECURED");
	}
}

static void check_on(struct check *c, const struct conf_line *server)
{
	const struct check_files files = {
		.ca = set_line(c, "nts_ca_file"),
		.cert = set_line(c, "nts_cert_file"),
		.key = set_line(c, "nts_key_file"),
		.crl = set_line(c, "nts_crl_file"),
		.user = conf_text(c->conf, NULL, "nts_user", NULL),
	};

	if (!files.ca) {
		check_error(c, server->number, "nts_ca_file must be set where nts_server is");
	}
	if (!files.cert) {
		check_error(c, server->number, "nts_cert_file must be set where nts_server is");
	}
	if (!files.key) {
		check_error(c, server->number, "nts_key_file must be set where nts_server is");
	}
	if (conf_number(c->conf, NULL, "spp", -1) >= 0) {
		check_error(c, conf_find(c->conf, NULL, "spp")->number,
			    "spp, linuxptp's static keys, and NTS: one is enough");
	}
	check_credentials(c, &files);
}

void check_ptp4l(struct check *c)
{
	const struct conf_line *server = set_line(c, "nts_server");

	for (size_t i = 0; i < c->conf->n; i++) {
		const struct conf_line *line = &c->conf->list[i];

		if (!strncasecmp(line->name, NTS_PREFIX, strlen(NTS_PREFIX))) {
			check_option(c, line);
			check_twice(c, i);
		}
		if (server) {
			check_one_step(c, line);
		}
		check_mode(c, line, server != NULL);
		check_policy(c, line);
	}
	if (server) {
		check_on(c, server);
	} else {
		check_off(c);
	}
}
