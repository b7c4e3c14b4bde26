// SPDX-License-Identifier: GPL-2.0-or-later
/* nts-ked.conf: what is right is read, what is wrong is told with file and line. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/kedconf.h"
#include "tests/unit/run.h"

#define SERVER \
	"[server]\n" \
	"certificate = c.pem\n" \
	"private_key = k.pem\n" \
	"client_ca = ca.pem\n" \
	"store = keys.db\n"		/* 5 lines */
#define GROUP "[group a]\n"
#define F1 "sha256:00000000000000000000000000000000000000000000000000000000000000a1"
#define F2 "SHA256:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:" \
	   "00:00:00:00:00:0B"
#define ISSUERS(line, text) "F:" line ": attributes: '" text "' is not yes, or patterns on issuers' " \
	"names, separated by commas, with ? for a comma in one\n"
#define NAMES "patterns, separated by commas, with ? for a comma in subject:"
#define GOOD SERVER GROUP "domain = 3\n"

static char path[] = "/tmp/test_kedconf.XXXXXX";
static char errors[8192];

static void collect(void *ctx, const char *error)
{
	const char *file = strrchr(error, '/');
	size_t used = strlen(errors);

	(void)ctx;
	/* the file's name is random: "F" stands for it */
	ck_assert(file && !strncmp(error, path, strlen(path)));
	snprintf(errors + used, sizeof(errors) - used, "F%s\n", error + strlen(path));
}

static enum status load(const char *text, struct kedconf **conf)
{
	int fd = mkstemp(path);
	enum status st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	errors[0] = '\0';
	st = kedconf_load(path, collect, NULL, conf);
	unlink(path);
	return st;
}

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{ GOOD "colour = red\n", "F:8: unknown option colour in [group a]\n" },
	{ SERVER "colour = red\n" GROUP "domain = 3\n",
	  "F:6: unknown option colour in [server]\n" },
	{ SERVER "store = b.db\n" GROUP "domain = 3\n", "F:6: store stands twice in [server]\n" },
	{ GOOD "domain = 3\n", "F:8: domain stands twice in [group a]\n" },
	{ SERVER "[group a]\ndomain = 256\n",
	  "F:7: domain: '256' is not a number from 0 to 255\n" },
	{ SERVER "[group a]\ndomain = -1\n",
	  "F:7: domain: '-1' is not a number from 0 to 255\n" },
	{ SERVER "[group a]\ndomain = 1x\n",
	  "F:7: domain: '1x' is not a number from 0 to 255\n" },
	{ SERVER "[group a]\ndomain =\n", "F:7: domain: '' is not a number from 0 to 255\n" },
	{ SERVER "[group a]\nsdo_id = 0x1000\n",
	  "F:7: sdo_id: '0x1000' is not a number from 0 to 4095\n" },
	{ SERVER "[group a]\nsub_group = 65536\n",
	  "F:7: sub_group: '65536' is not a number from 0 to 65535\n" },
	{ SERVER "[group a]\nlifetime = 99999999999999999999\n",
	  "F:7: lifetime: '99999999999999999999' is not a number from 2 to 31536000\n" },
	{ SERVER "[group a]\nlifetime = 1\n",
	  "F:7: lifetime: '1' is not a number from 2 to 31536000\n" },
	{ SERVER "[group a]\nmac = MD5\n",
	  "F:7: mac: 'MD5' is not a known MAC algorithm by name or number\n" },
	{ SERVER "[group a]\nmac = 3\n",
	  "F:7: mac: '3' is not a known MAC algorithm by name or number\n" },
	{ SERVER "[group a]\npolicies = Sync, Hello\n",
	  "F:7: policies: 'Sync, Hello' is not all, or PTP message names, each once, "
	  "each with or without :SPP\n" },
	{ SERVER "[group a]\npolicies = Sync:256\n",
	  "F:7: policies: 'Sync:256' is not all, or PTP message names, each once, "
	  "each with or without :SPP\n" },
	{ SERVER "[group a]\npolicies = Sync, Sync\n",
	  "F:7: policies: 'Sync, Sync' is not all, or PTP message names, each once, "
	  "each with or without :SPP\n" },
	{ SERVER "[group a]\npolicies =\n",
	  "F:7: policies: '' is not all, or PTP message names, each once, "
	  "each with or without :SPP\n" },
	{ SERVER "[group a]\nmembers = a, b # both\n",
	  "F:7: members: 'a, b # both' is not " NAMES "\n" },
	{ SERVER "[group a]\nmembers = a, sha256:12\n",
	  "F:7: members: 'a, sha256:12' is not " NAMES "\n" },
	{ SERVER "[group a]\nmembers = subject:CN=a,O=b\n",
	  "F:7: members: 'subject:CN=a,O=b' is not " NAMES "\n" },
	{ SERVER "[group a]\nmembers = CN=a\n", "F:7: members: 'CN=a' is not " NAMES "\n" },
	{ SERVER "[group a]\nmembers = subject:gm1\n",
	  "F:7: members: 'subject:gm1' is not " NAMES "\n" },
	{ SERVER "[group a]\nmembers = a, subject:\n",
	  "F:7: members: 'a, subject:' is not " NAMES "\n" },
	{ GOOD "[unicast u]\ngrantors = a, 2.5.4.97=b\nrequesters = dns:\n"
	  "transparent_clocks = O=x\n",
	  "F:9: grantors: 'a, 2.5.4.97=b' is not " NAMES "\n"
	  "F:10: requesters: 'dns:' is not " NAMES "\n"
	  "F:11: transparent_clocks: 'O=x' is not " NAMES "\n" },
	{ GOOD "[unicast u]\nidentities = subject:CN=a,O=b=192.0.2.1\n",
	  "F:9: identities: 'subject:CN=a,O=b=192.0.2.1' is not any, or NAME=IDENTITY patterns, "
	  "separated by commas\n" },
	{ GOOD "[unicast u]\nidentities = gm1.test\n",
	  "F:9: identities: 'gm1.test' is not any, or NAME=IDENTITY patterns, "
	  "separated by commas\n" },
	{ GOOD "[unicast u]\nidentities = =*\n",
	  "F:9: identities: '=*' is not any, or NAME=IDENTITY patterns, separated by commas\n" },
	{ GOOD "[unicast u]\nidentities = gm=192.0.2.1 gm2\n",
	  "F:9: identities: 'gm=192.0.2.1 gm2' is not any, or NAME=IDENTITY patterns, "
	  "separated by commas\n" },
	{ GOOD "[unicast u]\nidentities = sha256:12=192.0.2.1\n",
	  "F:9: identities: 'sha256:12=192.0.2.1' is not any, or NAME=IDENTITY patterns, "
	  "separated by commas\n" },
	{ SERVER "[group a]\nmembers = a,,b\n",
	  "F:7: members: 'a,,b' is not " NAMES "\n" },
	{ SERVER "listen = localhost\n" GROUP "domain = 1\n",
	  "F:6: listen: 'localhost' is not addresses, each with or without a port\n" },
	{ SERVER "listen = 127.0.0.1:65536\n" GROUP "domain = 1\n",
	  "F:6: listen: '127.0.0.1:65536' is not addresses, each with or without a port\n" },
	{ SERVER "listen =\n" GROUP "domain = 1\n",
	  "F:6: listen: '' is not addresses, each with or without a port\n" },
	{ SERVER "handshake_timeout = 0\n" GROUP "domain = 1\n",
	  "F:6: handshake_timeout: '0' is not a number from 1 to 300\n" },
	{ SERVER "max_connections = 5 # five\n" GROUP "domain = 1\n",
	  "F:6: max_connections: '5 # five' is not a number from 1 to 1000000\n" },
	{ SERVER "max_connections_per_address = -1\n" GROUP "domain = 1\n",
	  "F:6: max_connections_per_address: '-1' is not a number from 0 to 1000000\n" },
	{ SERVER "handshakes_per_second = 100001\n" GROUP "domain = 1\n",
	  "F:6: handshakes_per_second: '100001' is not a number from 0 to 100000\n" },
	{ SERVER "handshakes_burst = 0\n" GROUP "domain = 1\n",
	  "F:6: handshakes_burst: '0' is not a number from 1 to 1000000\n" },
	{ SERVER "request_size = 16385\n" GROUP "domain = 1\n",
	  "F:6: request_size: '16385' is not a number from 1024 to 16384\n" },
	{ SERVER "metrics = 192.0.2.1:9461\n" GROUP "domain = 1\n",
	  "F:6: metrics: '192.0.2.1:9461' is not an address of loopback with a port\n" },
	{ SERVER "metrics = 127.0.0.1\n" GROUP "domain = 1\n",
	  "F:6: metrics: '127.0.0.1' is not an address of loopback with a port\n" },
	{ SERVER "metrics = [::1]:1, [::1]:2\n" GROUP "domain = 1\n",
	  "F:6: metrics: '[::1]:1, [::1]:2' is not an address of loopback with a port\n" },
	{ SERVER "log_level = 8\n" GROUP "domain = 1\n",
	  "F:6: log_level: '8' is not a number from 0 to 7\n" },
	{ GOOD "lifetime = 60\nupdate_period = 60\n",
	  "F:6: update_period 60 of [group a] is not below its lifetime 60\n" },
	{ GOOD "lifetime = 10\nupdate_period = 2\ngrace_period = 11\n",
	  "F:6: grace_period 11 of [group a] is above its lifetime 10\n" },
	{ GOOD "[group b]\ndomain = 3\n",
	  "F:8: [group b] has domain, sdo_id and sub_group of [group a]\n" },
	{ GOOD "[group a]\ndomain = 4\n", "F:8: section [group a] stands twice\n" },
	{ GOOD SERVER, "F:8: section [server] stands twice\n" },
	{ GOOD "[gruop b]\ndomain = 4\n", "F:8: unknown section [gruop b]\n" },
	{ GOOD "[group]\ndomain = 4\n", "F:8: [group NAME] needs a name of 1 to 42 octets\n" },
	{ GOOD "[groups]\ndomain = 4\n", "F:8: unknown section [groups]\n" },
	{ GOOD "[group aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\ndomain = 4\n",
	  "F:8: name of the section is too long\n" },
	{ GOOD "[group b]\n", "F:8: section is empty\n" },
	{ GOOD "[unicast]\nlead = 4\n", "F:8: [unicast NAME] needs a name of 1 to 42 octets\n" },
	{ GOOD "[unicast u]\nlead = 1\n[unicast u]\nlead = 2\n",
	  "F:10: section [unicast u] stands twice\n" },
	{ GOOD "[unicast u]\nmembers = x\n", "F:9: unknown option members in [unicast u]\n" },
	{ GOOD "[unicast u]\nlead = 0\n",
	  "F:9: lead: '0' is not a number from 1 to 31536000\n" },
	{ GOOD "[unicast u]\nlifetime = 1200\n",
	  "F:8: update_period 900 and lead 300 of [unicast u] are together not below its "
	  "lifetime 1200\n" },
	{ GOOD "[unicast u]\nlifetime = 100\nlead = 200\nupdate_period = 5\n",
	  "F:8: update_period 5 and lead 200 of [unicast u] are together not below its "
	  "lifetime 100\n" },
	{ GOOD "[unicast u]\ngrace_period = 20000\n",
	  "F:8: grace_period 20000 of [unicast u] is above its lifetime 14400\n" },
	{ GOOD "[unicast u]\nmacs = HMAC-SHA256, 1\n",
	  "F:9: macs: 'HMAC-SHA256, 1' is not all, or known MAC algorithms by name or number, "
	  "each once\n" },
	{ GOOD "[unicast u]\nmacs =\n",
	  "F:9: macs: '' is not all, or known MAC algorithms by name or number, each once\n" },
	{ GOOD "[authorization]\nattributes = yes\n[authorization]\nattributes = yes\n",
	  "F:10: section [authorization] stands twice\n" },
	{ GOOD "[authorization]\nattributes = Plant CA\n", ISSUERS("9", "Plant CA") },
	{ GOOD "[authorization]\nattributes = CN=a, subject:CN=b\n",
	  ISSUERS("9", "CN=a, subject:CN=b") },
	{ GOOD "[authorization]\nattributes = " F1 "\n", ISSUERS("9", F1) },
	{ GOOD "[authorization]\ndeny = sha256:12\n",
	  "F:9: deny: 'sha256:12' is not fingerprints, separated by commas\n" },
	{ GOOD "[authorization]\ndeny = 12\n[group b]\ndomain = 4\n",
	  "F:8: deny: not sha256: and 64 hexadecimal digits\n" },
	{ GOOD "[authorization]\nroles = yes\n", "F:9: unknown option roles in [authorization]\n" },
	{ GOOD "[group b]\n[group c]\ndomain = 1\n", "F:8: section is empty\n" },
	{ "domain = 3\n" GOOD, "F:1: option domain stands before any section\n" },
	{ "\xef\xbb\xbf" GOOD "lifetime = x\n",
	  "F:1: the file begins with a byte order mark (BOM): save it as UTF-8 without one\n"
	  "F:8: lifetime: 'x' is not a number from 2 to 31536000\n" },
	{ GOOD "domain\n", "F:8: neither a [section] nor name = value\n" },
	{ SERVER, "F:5: no [group NAME] and no [unicast NAME] section\n" },
	{ GROUP "domain = 1\n", "F:2: section [server] is missing\n" },
	{ "", "F:0: section [server] is missing\n"
	      "F:0: no [group NAME] and no [unicast NAME] section\n" },
	{ "[server]\nlisten = ::1\n" GROUP "domain = 1\n",
	  "F:1: certificate is missing in [server]\n"
	  "F:1: private_key is missing in [server]\n"
	  "F:1: client_ca is missing in [server]\n"
	  "F:1: store is missing in [server]\n" },
	{ GOOD "lifetime = x\nupdate_period = y\n",
	  "F:8: lifetime: 'x' is not a number from 2 to 31536000\n"
	  "F:9: update_period: 'y' is not a number from 1 to 31536000\n" },
};
#define N_BAD ((int)(sizeof(bad) / sizeof(bad[0])))

START_TEST(each_error_has_its_line)
{
	struct kedconf *conf = NULL;

	ck_assert_int_eq(load(bad[_i].text, &conf), ST_CONFIG);
	ck_assert_str_eq(errors, bad[_i].error);
	ck_assert_ptr_null(conf);
}
END_TEST

START_TEST(long_line)
{
	char text[6000];
	struct kedconf *conf = NULL;
	int used = snprintf(text, sizeof(text), "%smembers = ", GOOD);

	memset(text + used, 'x', 5000);
	text[used + 5000] = '\0';
	strncat(text, "\n", 2);
	ck_assert_int_eq(load(text, &conf), ST_CONFIG);
	ck_assert_str_eq(errors, "F:8: line is longer than 4093 octets\n");
}
END_TEST

START_TEST(errors_are_bounded)
{
	char text[4096] = GOOD;
	struct kedconf *conf = NULL;
	int i, lines = 0;

	for (i = 0; i < 100; i++) {
		strncat(text, "x = 1\n", 8);
	}
	ck_assert_int_eq(load(text, &conf), ST_CONFIG);
	for (i = 0; errors[i]; i++) {
		lines += errors[i] == '\n';
	}
	ck_assert_int_eq(lines, 20);
}
END_TEST

static void take_open_error(void *ctx, const char *error)
{
	ck_assert_str_eq(error, "/nonexistent/ked.conf: No such file or directory");
	++*(int *)ctx;
}

START_TEST(no_file)
{
	struct kedconf *conf;
	int n = 0;

	ck_assert_int_eq(kedconf_load("/nonexistent/ked.conf", take_open_error, &n, &conf),
			 ST_FILE_OPEN);
	ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(defaults)
{
	const struct kedconf_group *g;
	struct kedconf *conf;

	ck_assert_int_eq(load(GOOD, &conf), ST_OK);
	ck_assert_str_eq(conf->server.listen, "[::]:4460, 0.0.0.0:4460");
	ck_assert_str_eq(conf->server.user, "");
	ck_assert_uint_eq(conf->server.handshake_timeout, 5);
	ck_assert_uint_eq(conf->server.request_timeout, 5);
	ck_assert_uint_eq(conf->server.max_connections, 10000);
	ck_assert_uint_eq(conf->server.max_connections_per_address, 256);
	ck_assert_uint_eq(conf->server.handshakes_per_second, 50);
	ck_assert_uint_eq(conf->server.handshakes_burst, 500);
	ck_assert_uint_eq(conf->server.request_size, 16384);
	ck_assert_str_eq(conf->server.metrics, "");
	ck_assert_uint_eq(conf->server.log_level, 6);
	ck_assert_uint_eq(conf->n_groups, 1);
	g = &conf->groups[0];
	ck_assert_str_eq(g->name, "a");
	ck_assert_int_eq(g->line, 6);
	ck_assert_uint_eq(nts_assoc_domain(&g->assoc), 3);
	ck_assert_uint_eq(nts_assoc_sdo_id(&g->assoc), 0);
	ck_assert_uint_eq(g->mac, ALG_HMAC_SHA256_128);
	ck_assert_uint_eq(g->lifetime, 3600);
	ck_assert_uint_eq(g->update_period, 900);
	ck_assert_uint_eq(g->grace_period, NTS_GRACE_DEFAULT);
	ck_assert_uint_eq(g->policy.named, 0x3F0F);
	ck_assert_uint_eq(g->policy.spp[0xB], 1);
	ck_assert_str_eq(g->members, "");
	kedconf_free(conf);
}
END_TEST

START_TEST(everything_given)
{
	const struct kedconf_group *g;
	struct kedconf *conf;

	ck_assert_int_eq(load("; comment\n# another\n" SERVER
			      "\tlisten = 192.0.2.1, [::1]:4461\n"
			      "  user = nobody ; with a comment\n\n"
			      "metrics = [::1]:9461\n"
			      GROUP
			      "  domain = 24\n"
			      "  sdo_id = 0x100\n"
			      "  sub_group = 7\n"
			      "  mac = aes-128-cmac\n"
			      "  policies = sync:2, Announce, Follow_Up:0x7\n"
			      "  members = *.a.test , b\n"
			      "[group b]\nmac = 32768\n", &conf), ST_OK);
	ck_assert_str_eq(conf->server.user, "nobody");
	ck_assert_str_eq(conf->server.metrics, "[::1]:9461");
	ck_assert_uint_eq(conf->n_groups, 2);
	g = &conf->groups[0];
	ck_assert_uint_eq(nts_assoc_domain(&g->assoc), 24);
	ck_assert_uint_eq(nts_assoc_sdo_id(&g->assoc), 0x100);
	ck_assert_uint_eq(nts_assoc_sub_group(&g->assoc), 7);
	ck_assert_uint_eq(g->mac, ALG_AES_128_CMAC);
	ck_assert_uint_eq(g->policy.named, 1U << 0 | 1U << 8 | 1U << 0xB);
	ck_assert_uint_eq(g->policy.spp[0], 2);
	ck_assert_uint_eq(g->policy.spp[8], 7);
	ck_assert_uint_eq(g->policy.spp[0xB], 1);
	ck_assert_uint_eq(conf->groups[1].mac, ALG_AES_256_CMAC);
	kedconf_free(conf);
}
END_TEST

START_TEST(unicast_and_authorization)
{
	struct kedconf *conf;

	ck_assert_int_eq(load(SERVER "[unicast u]\nmacs = 1, AES-128-CMAC\nlead = 7\n"
			      "grantors = a, b\nidentities = urn:a=b=192.0.2.1, *=02:*, ANY,"
			      "subject:CN=a?O=b=2001:db8::1\n[unicast v]\nlead = 8\n[authorization]\n"
			      "attributes = yes\ndeny = " F1 ", " F2 "\n", &conf), ST_OK);
	ck_assert_uint_eq(conf->n_groups, 0);
	ck_assert_uint_eq(conf->n_unicast, 2);
	ck_assert_str_eq(conf->unicast[0].name, "u");
	ck_assert_uint_eq(conf->unicast[0].macs.n, 2);
	ck_assert_uint_eq(conf->unicast[0].macs.list[0], 1);
	ck_assert_uint_eq(conf->unicast[0].macs.list[1], ALG_AES_128_CMAC);
	ck_assert_uint_eq(conf->unicast[0].lead, 7);
	ck_assert_str_eq(conf->unicast[0].grantors, "a, b");
	ck_assert_str_eq(conf->unicast[0].requesters, "");
	ck_assert_uint_eq(conf->unicast[1].lead, 8);
	ck_assert_uint_eq(conf->unicast[1].macs.n, 4);
	ck_assert_uint_eq(conf->unicast[1].lifetime, 14400);
	ck_assert_str_eq(conf->authorization.attributes, "yes");
	ck_assert_uint_eq(conf->n_denied, 2);
	ck_assert_uint_eq(conf->denied[0][31], 0x0B);		/* sorted */
	ck_assert_uint_eq(conf->denied[1][31], 0xA1);
	kedconf_free(conf);
}
END_TEST

static void keep_error(void *ctx, const char *error)
{
	(void)ctx;
	snprintf(errors, sizeof(errors), "%s", error);
}

static enum status load_with_deny_file(const char *text, struct kedconf **conf)
{
	char name[] = "/tmp/test_kedconf_deny.XXXXXX", option[256];
	int fd = mkstemp(name), conf_fd;
	enum status st;

	snprintf(path, sizeof(path), "/tmp/test_kedconf.XXXXXX");
	conf_fd = mkstemp(path);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(option, sizeof(option), GOOD "[authorization]\ndeny_file = %s\n", name);
	ck_assert_int_eq(write(conf_fd, option, strlen(option)), (ssize_t)strlen(option));
	close(fd);
	close(conf_fd);
	errors[0] = '\0';
	st = kedconf_load(path, keep_error, NULL, conf);
	unlink(path);
	unlink(name);
	return st;
}

START_TEST(deny_file)
{
	struct kedconf *conf;
	char text[1024];

	ck_assert_int_eq(load_with_deny_file("# lost\n\n  " F1 " gm1\n" F2, &conf), ST_OK);
	ck_assert_uint_eq(conf->n_denied, 2);
	kedconf_free(conf);
	ck_assert_int_eq(load_with_deny_file("", &conf), ST_OK);
	ck_assert_uint_eq(conf->n_denied, 0);
	kedconf_free(conf);
	ck_assert_int_eq(load_with_deny_file(F1 "\n" F1 "0\n", &conf), ST_CONFIG);
	ck_assert_ptr_nonnull(strstr(errors, ":2: not sha256: and 64 hexadecimal digits"));
	snprintf(path, sizeof(path), "/tmp/test_kedconf.XXXXXX");
	snprintf(text, sizeof(text), "#%0300d\n" F1 "\t" F2 " # sha256:1\r\n", 1);
	ck_assert_int_eq(load_with_deny_file(text, &conf), ST_OK);
	ck_assert_uint_eq(conf->n_denied, 2);
	kedconf_free(conf);
	snprintf(text, sizeof(text), "#%0300d\n" F1 " sha256:1\n" F2, 1);
	ck_assert_int_eq(load_with_deny_file(text, &conf), ST_CONFIG);
	ck_assert_ptr_nonnull(strstr(errors, ":2: not sha256: and 64 hexadecimal digits"));
	snprintf(path, sizeof(path), "/tmp/test_kedconf.XXXXXX");
	ck_assert_int_eq(load(GOOD "[authorization]\ndeny_file = nosuchfile\n", &conf),
			 ST_CONFIG);
	ck_assert_str_eq(errors, "F:8: deny_file: nosuchfile:0: No such file or directory\n");
}
END_TEST

START_TEST(items)
{
	const char *at = " *.a.test ,b,  c d  ";
	char item[KEDCONF_ITEM];

	ck_assert(kedconf_item(&at, item));
	ck_assert_str_eq(item, "*.a.test");
	ck_assert(kedconf_item(&at, item));
	ck_assert_str_eq(item, "b");
	ck_assert(kedconf_item(&at, item));
	ck_assert_str_eq(item, "c d");
	ck_assert(!kedconf_item(&at, item));
	at = "";
	ck_assert(!kedconf_item(&at, item));
}
END_TEST

static const struct {
	const char *text;
	int family;
	int port;
} addresses[] = {
	{ "192.0.2.1", AF_INET, 4460 },
	{ "192.0.2.1:99", AF_INET, 99 },
	{ "192.0.2.1:0", AF_INET, 0 },
	{ "::1", AF_INET6, 4460 },
	{ "[::1]", AF_INET6, 4460 },
	{ "[::1]:99", AF_INET6, 99 },
	{ "[::1]:0", AF_INET6, 0 },
	{ "fe80::", AF_INET6, 4460 },
};

START_TEST(an_address)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int port;

	ck_assert_int_eq(kedconf_address(addresses[_i].text, &ss, &len), ST_OK);
	ck_assert_int_eq(ss.ss_family, addresses[_i].family);
	port = ss.ss_family == AF_INET ? ((struct sockaddr_in *)&ss)->sin_port :
					 ((struct sockaddr_in6 *)&ss)->sin6_port;
	ck_assert_int_eq(ntohs((uint16_t)port), addresses[_i].port);
}
END_TEST

static const char *const no_addresses[] = { "", "x", "1.2.3", "1.2.3.4:", "[::1", "1.2.3.4:x" };

START_TEST(no_address)
{
	struct sockaddr_storage ss;
	socklen_t len;

	ck_assert_int_eq(kedconf_address(no_addresses[_i], &ss, &len), ST_BAD_VALUE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kedconf");
	TCase *tc = tcase_create("kedconf");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, each_error_has_its_line, 0, N_BAD);
	tcase_add_test(tc, long_line);
	tcase_add_test(tc, errors_are_bounded);
	tcase_add_test(tc, no_file);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, everything_given);
	tcase_add_test(tc, unicast_and_authorization);
	tcase_add_test(tc, deny_file);
	tcase_add_test(tc, items);
	tcase_add_loop_test(tc, an_address, 0, sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_loop_test(tc, no_address, 0, sizeof(no_addresses) / sizeof(no_addresses[0]));
	return unit_run(s);
}
