// SPDX-License-Identifier: GPL-2.0-or-later
/* When a want asks, and what it says of keys that an agent before it got: agent/want.h. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/event.h>

#include "agent/want_internal.h"
#include "tests/unit/certs.h"
#include "tests/unit/run.h"
#include "util/timebase.h"

#define DAY_MS 86400000

static struct certs dir;
static struct aproto_config config;
static struct servers servers;
static struct health health;
static uint32_t addresses[SERVERS_MAX];
static struct want_time times;
static struct want_env env;
static int listener, other;	/* addresses of ke.test: a KE server that never speaks */
static int clock_end, agent_end;
static unsigned int asked;

static void make_certificates(void)
{
	certs_open(&dir);
	certs_issue(&dir, "client", &(struct certs_spec){
		.common_name = "c", .purpose = CERTS_CLIENT_AUTH });
}

static void remove_certificates(void)
{
	certs_close(&dir);
}

static void path(char to[APROTO_PATH], const char *file)
{
	char text[CERTS_PATH];

	ck_assert_int_lt(snprintf(to, APROTO_PATH, "%s", certs_path(&dir, file, text)),
			 APROTO_PATH);
}

static void on_news(void *ctx)
{
	(void)ctx;
}

static void on_asking(void *ctx)
{
	(void)ctx;
	asked++;
}

/* *port: 0 for any. */
static int open_listener(uint32_t address, uint16_t *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr = { htonl(address) },
				  .sin_port = htons(*port) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static void open_server(void)
{
	uint16_t port = 0;
	char text[64];

	listener = open_listener(INADDR_LOOPBACK, &port);
	other = open_listener(INADDR_LOOPBACK + 8, &port);
	snprintf(text, sizeof(text), "ke.test:%u", port);
	ck_assert_int_eq(servers_parse(text, &servers), ST_OK);
}

static void load_hosts(struct evdns_base *dns)
{
	char text[CERTS_PATH];
	FILE *f = fopen(certs_path(&dir, "hosts", text), "w");

	ck_assert_ptr_nonnull(f);
	fputs("127.0.0.9 ke.test\n127.0.0.1 ke.test\n", f);
	fclose(f);
	ck_assert_int_eq(evdns_base_load_hosts(dns, text), 0);
}

static void setup(void)
{
	int pair[2];

	path(config.ca_file, "ca.crt");
	path(config.cert_file, "client.crt");
	path(config.key_file, "client.key");
	config.timeout_ms = 60000;
	open_server();
	health_init(&health, &servers);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	clock_end = pair[0];
	agent_end = pair[1];
	env = (struct want_env){
		.base = event_base_new(),
		.config = &config,
		.servers = &servers,
		.health = &health,
		.addresses = addresses,
		.time = &times,
		.news = on_news,
		.asking = on_asking,
	};
	env.dns = evdns_base_new(env.base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	load_hosts(env.dns);
	asked = 0;
}

static void teardown(void)
{
	evdns_base_free(env.dns, 0);
	event_base_free(env.base);
	close(listener);
	close(other);
	close(clock_end);
	close(agent_end);
}

static struct want *open_want(const struct aproto_granted *granted)
{
	struct aproto_want m = { .type = APROTO_WANT, .index = 3,
				 .assoc = nts_assoc_group(0, 0, 0), .granted = *granted };
	struct want *w;

	ck_assert_int_eq(want_new(&env, &m, &w), ST_OK);
	return w;
}

/* A timer that goes off while an exchange runs, for whatever reason. */
START_TEST(one_exchange_at_a_time)
{
	struct want *w = open_want(&(struct aproto_granted){ 0 });
	struct exchange *first;

	while (!want_is_asking(w)) {
		ck_assert_int_eq(event_base_loop(env.base, EVLOOP_ONCE), 0);
	}
	first = w->exchange;
	event_active(w->timer, EV_TIMEOUT, 0);
	ck_assert_int_eq(event_base_loop(env.base, EVLOOP_NONBLOCK), 0);
	ck_assert_ptr_eq(w->exchange, first);
	ck_assert_uint_eq(asked, 1);
	want_free(w);
}
END_TEST

static unsigned int accepted(int fd)
{
	unsigned int n = 0;
	int got;

	while ((got = accept(fd, NULL, NULL)) >= 0) {
		close(got);
		n++;
	}
	return n;
}

/* It takes connections, so the exchange does not go on to the next one: the next exchange does. */
START_TEST(an_address_that_serves_nothing)
{
	struct want *w;
	unsigned int first = 0, second = 0;

	w = open_want(&(struct aproto_granted){ 0 });
	while (first < 2 && second < 1) {
		ck_assert_int_eq(event_base_loop(env.base, EVLOOP_ONCE), 0);
		first += accepted(other);
		second += accepted(listener);
	}
	ck_assert_uint_eq(first, 1);
	ck_assert_uint_eq(second, 1);
	want_free(w);
}
END_TEST

/* What the clock is told when it has been synchronized; 0: nothing. */
static uint32_t verdict_on(const struct aproto_granted *granted)
{
	struct want *w = open_want(granted);
	struct aproto_verdict v = { 0 };

	want_synced(w);
	ck_assert_int_eq(want_flush(w, agent_end), ST_OK);
	if (recv(clock_end, &v, sizeof(v), 0) > 0) {
		ck_assert_uint_eq(v.index, 3);
		ck_assert_int_eq(want_flush(w, agent_end), ST_OK);
		ck_assert_int_eq(recv(clock_end, &v, sizeof(v), MSG_PEEK), -1);
	}
	want_free(w);
	return v.type;
}

/* Said once, so that no agent to come looks at them again. */
START_TEST(dates_are_settled)
{
	int64_t wall = timebase_wall(&timebase_system);
	struct aproto_granted g = {
		.key_id = { 7 },
		.unchecked = 1,
		.expires_ms = timebase_boot(&timebase_system) + 3600000,
		.valid_from_ms = wall - DAY_MS,
		.valid_to_ms = wall + DAY_MS,
	};

	ck_assert_uint_eq(verdict_on(&g), APROTO_CHECKED);
	g.valid_from_ms = wall + DAY_MS / 2;
	ck_assert_uint_eq(verdict_on(&g), APROTO_DROP);
	g.unchecked = 0;
	ck_assert_uint_eq(verdict_on(&g), 0);
}
END_TEST

/* Keys that the clock has not got yet must not come to it as unsettled behind the verdict. */
START_TEST(keys_on_their_way_are_settled)
{
	int64_t wall = timebase_wall(&timebase_system);
	struct want *w = open_want(&(struct aproto_granted){ 0 });
	union aproto m = { 0 };

	w->granted.unchecked = 1;
	w->granted.valid_from_ms = wall - DAY_MS;
	w->granted.valid_to_ms = wall + DAY_MS;
	w->keys.type = APROTO_KEYS;
	w->keys.granted = w->granted;
	w->has_keys = true;
	want_synced(w);
	ck_assert_int_eq(want_flush(w, agent_end), ST_OK);
	while (m.type != APROTO_KEYS) {
		ck_assert_int_gt(recv(clock_end, &m, sizeof(m), 0), 0);
	}
	ck_assert_uint_eq(m.keys.granted.unchecked, 0);
	want_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("want");
	TCase *tc = tcase_create("want");

	tcase_add_unchecked_fixture(tc, make_certificates, remove_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_exchange_at_a_time);
	tcase_add_test(tc, an_address_that_serves_nothing);
	tcase_add_test(tc, dates_are_settled);
	tcase_add_test(tc, keys_on_their_way_are_settled);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
