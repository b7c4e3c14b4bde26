// SPDX-License-Identifier: GPL-2.0-or-later
/* The option nts_server: what it may hold, and what it may not. */
#include <check.h>
#include <string.h>

#include "agent/servers.h"
#include "tests/unit/run.h"

static const struct {
	const char *text;
	const char *host;
	uint16_t port;
	const char *str;
} good[] = {
	{ "ke.example.net", "ke.example.net", 4460, "ke.example.net:4460" },
	{ "ke.example.net:1", "ke.example.net", 1, "ke.example.net:1" },
	{ "  192.0.2.1:65535\t", "192.0.2.1", 65535, "192.0.2.1:65535" },
	{ "2001:db8::1", "2001:db8::1", 4460, "[2001:db8::1]:4460" },
	{ "[2001:db8::1]", "2001:db8::1", 4460, "[2001:db8::1]:4460" },
	{ "[2001:db8::1]:99", "2001:db8::1", 99, "[2001:db8::1]:99" },
};

static const char *const bad[] = {
	"", " ", ",", "a,", ",a", "a,,b", "a:", "a:0", "a:65536", "a:123456", "a:1x", "a:-1", ":1",
	"[", "[]", "[::1", "[::1]x", "[::1]:", "[::1]99", "a b", "a]:1", "user@a", "a/b", "a\033b",
	"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
};

START_TEST(test_good)
{
	char str[APROTO_HOST];
	struct servers s;

	ck_assert_int_eq(servers_parse(good[_i].text, &s), ST_OK);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_str_eq(s.list[0].host, good[_i].host);
	ck_assert_uint_eq(s.list[0].port, good[_i].port);
	ck_assert_str_eq(servers_str(&s.list[0], str), good[_i].str);
}
END_TEST

START_TEST(test_several)
{
	struct servers s;

	ck_assert_int_eq(servers_parse("a, b:2 ,[::3]:3,c", &s), ST_OK);
	ck_assert_uint_eq(s.n, 4);
	ck_assert_str_eq(s.list[1].host, "b");
	ck_assert_str_eq(s.list[2].host, "::3");
	ck_assert_uint_eq(s.list[2].port, 3);
	ck_assert_uint_eq(s.list[3].port, 4460);
}
END_TEST

START_TEST(test_bad)
{
	struct servers s = { .n = 77 };

	ck_assert_int_eq(servers_parse(bad[_i], &s), ST_CONFIG);
	ck_assert_uint_eq(s.n, 77);
}
END_TEST

START_TEST(test_long)
{
	char text[APROTO_HOST + 1];
	char str[APROTO_HOST];
	struct servers s;
	size_t most = sizeof(s.list[0].host) - 1;

	memset(text, ':', sizeof(text));
	text[most + 1] = '\0';
	ck_assert_int_eq(servers_parse(text, &s), ST_CONFIG);
	text[most] = '\0';
	ck_assert_int_eq(servers_parse(text, &s), ST_OK);
	s.list[0].port = 65535;
	ck_assert_uint_eq(strlen(servers_str(&s.list[0], str)), most + strlen("[]:65535"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("servers");
	TCase *tc = tcase_create("servers");

	tcase_add_loop_test(tc, test_good, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_test(tc, test_several);
	tcase_add_loop_test(tc, test_bad, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, test_long);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
