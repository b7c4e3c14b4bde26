// SPDX-License-Identifier: GPL-2.0-or-later
/* Membership: default deny, patterns on every kind of name. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ked/policy.h"

static const struct tls_peer peer = {
	.issuer = "CN=ca",
	.subject = "CN=gm.example.net,O=Example",
	.common_name = "gm.example.net",
	.n_names = 3,
	.names = {
		{ 'd', "gm1.ptp.example.net" },
		{ 'i', "192.0.2.7" },
		{ 'u', "urn:ptp:Node-7" },
	},
};

static const struct kedconf conf;

static const struct {
	const char *members;
	enum status st;
} cases[] = {
	{ "", ST_NOT_AUTHORIZED },
	{ "*", ST_OK },
	{ "gm.example.net", ST_OK },
	{ "GM.Example.NET", ST_OK },
	{ "gm1.ptp.example.net", ST_OK },
	{ "*.ptp.example.net", ST_OK },
	{ "*.example.net", ST_OK },
	{ "gm?.ptp.example.net", ST_OK },
	{ "192.0.2.*", ST_OK },
	{ "urn:ptp:Node-7", ST_OK },
	{ "urn:ptp:*", ST_OK },
	{ "urn:ptp:node-7", ST_NOT_AUTHORIZED },	/* case counts in a URI */
	{ "example.net", ST_NOT_AUTHORIZED },
	{ "gm1", ST_NOT_AUTHORIZED },
	{ "*.ptp.example.ne", ST_NOT_AUTHORIZED },
	{ "192.0.2.70, other", ST_NOT_AUTHORIZED },
	{ "other, *.test, 192.0.2.7", ST_OK },
	{ "CN=ca", ST_NOT_AUTHORIZED },			/* a name is not an issuer */
	{ "CN=gm.example.net*", ST_NOT_AUTHORIZED },	/* nor a subject */
};

START_TEST(a_pattern)
{
	struct kedconf_group group = { .name = "g" };

	snprintf(group.members, sizeof(group.members), "%s", cases[_i].members);
	ck_assert_msg(policy_group(&conf, &group, &peer) == cases[_i].st, "%s", cases[_i].members);
}
END_TEST

START_TEST(nameless_matches_nothing)
{
	struct tls_peer nameless = { .issuer = "CN=ca", .subject = "O=x" };
	struct kedconf_group group = { .members = "*" };

	ck_assert_int_eq(policy_group(&conf, &group, &nameless), ST_NOT_AUTHORIZED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ked_policy");
	TCase *tc = tcase_create("ked_policy");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_pattern, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, nameless_matches_nothing);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
