// SPDX-License-Identifier: GPL-2.0-or-later
/* Membership: default deny, patterns on every kind of name, and on whole names. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "ked/policy.h"
#include "tests/unit/run.h"

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
	{ "subject:CN=gm.example.net?O=Example", ST_OK },
	{ "x, SUBJECT:cn=GM.*?o=example", ST_OK },
	{ "subject:*", ST_OK },
	{ "subject:CN=gm.example.net", ST_NOT_AUTHORIZED },
	{ "subject:gm.example.net", ST_NOT_AUTHORIZED },
	{ "subject:CN=gm.example?net?O=Example", ST_NOT_AUTHORIZED },	/* "?" is a comma */
	{ "subject:CN=ca", ST_NOT_AUTHORIZED },
	{ "subject:*gm1.ptp*", ST_NOT_AUTHORIZED },
	{ "subject:", ST_NOT_AUTHORIZED },
	{ "cn:gm.example.net", ST_OK },
	{ "cn:gm1*", ST_NOT_AUTHORIZED },
	{ "dns:gm1.ptp.*", ST_OK },
	{ "dns:gm.*", ST_NOT_AUTHORIZED },
	{ "dns:192.*", ST_NOT_AUTHORIZED },
	{ "IP:192.0.2.?", ST_OK },
	{ "ip:*.net", ST_NOT_AUTHORIZED },
	{ "uri:urn:ptp:*", ST_OK },
	{ "uri:*.net", ST_NOT_AUTHORIZED },
	{ "uri:192.*", ST_NOT_AUTHORIZED },
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
	struct kedconf_group group = { .members = "*, cn:*, dns:*, ip:*, uri:*" };

	ck_assert_int_eq(policy_group(&conf, &group, &nameless), ST_NOT_AUTHORIZED);
	nameless.subject[0] = '\0';
	snprintf(group.members, sizeof(group.members), "subject:*");
	ck_assert_int_eq(policy_group(&conf, &group, &nameless), ST_NOT_AUTHORIZED);
}
END_TEST

/* Subjects as GnuTLS writes them, of clients whom their CA let name themselves in a value. */
static const struct {
	const char *pattern;
	const char *subject;
	bool matches;
} subjects[] = {
	{ "CN=gm?O=Plant", "CN=gm,O=Plant", true },
	{ "CN=gm?O=Plant", "CN=gm\\,O=Plant", false },
	{ "CN=gm?O=Plant", "CN=gm O=Plant", false },
	{ "CN=gm?O=Plant", "CN=gm\\+O=Plant", false },
	{ "CN=gm?O=Plant", "CN=gm+O=Plant", false },
	{ "*?O=Plant", "CN=gm,O=Plant", true },
	{ "*?O=Plant", "CN=gm,OU=x,O=Plant", true },
	{ "*?O=Plant", "CN=gm\\,O=Plant", false },
	{ "*?O=Plant", "CN=gm\\\\\\,O=Plant", false },	/* a backslash, then a comma */
	{ "*?O=Plant", "CN=gm\\\\,O=Plant", true },		/* a backslash, and the end */
	{ "*?O=Plant", "CN=gm,O=Plant\\,CN=gm", false },
	{ "CN=gm*", "O=x\\,CN=gm,C=DE", false },
	{ "*?CN=gm*", "O=x\\,CN=gm,C=DE", false },
	{ "CN=*+OU=ops", "CN=gm+OU=ops", true },
	{ "CN=*+OU=ops", "CN=gm\\+OU=ops", false },
	{ "O=Smith\\2C Inc.", "O=Smith\\, Inc.", true },
	{ "O=Smith* Inc.", "O=Smith\\, Inc.", true },
	{ "O=Smith? Inc.", "O=Smith\\, Inc.", false },
	{ "O=\\#1", "O=\\#1", true },
	{ "O=\\\"a\\\"", "O=\\\"a\\\"", true },
};

static bool is_member(const char *members, const char *subject)
{
	struct kedconf_group group = { .name = "g" };
	struct tls_peer p = { .issuer = "CN=ca" };

	snprintf(group.members, sizeof(group.members), "subject:%s", members);
	snprintf(p.subject, sizeof(p.subject), "%s", subject);
	return policy_group(&conf, &group, &p) == ST_OK;
}

START_TEST(a_subject)
{
	ck_assert_msg(is_member(subjects[_i].pattern, subjects[_i].subject) ==
		      subjects[_i].matches, "%s %s", subjects[_i].pattern, subjects[_i].subject);
}
END_TEST

/* All that a name can be escaped to: no longer than there is room for. */
START_TEST(the_longest_subject)
{
	char subject[TLS_DN_MAX] = "O=";

	for (size_t i = 2; i < sizeof(subject) - 2; i += 2) {
		memcpy(subject + i, "\\,", 2);
	}
	ck_assert(is_member("O=*", subject));
	ck_assert(!is_member("O=*?*", subject));
	memset(subject, '\\', sizeof(subject) - 1);	/* nobody writes so */
	ck_assert(is_member("*", subject));
}
END_TEST

static void ck_member(const char *attributes, const char *uri, bool expected)
{
	struct kedconf_group group = { .name = "g", .assoc = nts_assoc_group(3, 0x100, 7) };
	struct kedconf with = { .n_groups = 0 };
	struct tls_peer p = { .issuer = "CN=ca,O=x", .common_name = "c", .n_names = 1 };

	snprintf(with.authorization.attributes, sizeof(with.authorization.attributes), "%s",
		 attributes);
	p.names[0].kind = 'u';
	snprintf(p.names[0].text, sizeof(p.names[0].text), "%s", uri);
	ck_assert_msg((policy_group(&with, &group, &p) == ST_OK) == expected, "%s %s", attributes,
		      uri);
}

#define MEMBER "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7;role=member"

static const struct {
	const char *attributes;
	const char *uri;
	bool member;
} attributes[] = {
	{ "yes", MEMBER, true },
	{ "CN=ca?O=x", MEMBER, true },
	{ "*", MEMBER, true },
	{ "", MEMBER, false },
	{ "no", MEMBER, false },
	{ "CN=ca", MEMBER, false },
	{ "C???a?O=x", MEMBER, false },
	{ "yes", "URN:NTS4PTP:role=grantor,member;subGroup=7;sdoId=256;domain=3", true },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;role=member", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x200;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=2;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:sdoId=0x100;subGroup=7;role=member", false },	/* no domain */
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7;role=grantor,requester", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7", false },
	{ "yes", MEMBER ";", false },
	{ "yes", MEMBER ",", false },
	{ "yes", MEMBER ",king", false },
	{ "yes", MEMBER ";role=member", false },
	{ "yes", MEMBER ";colour=red", false },
	{ "yes", "urn:nts4ptp:domain=259;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x1100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=+3;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=3 ;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:Domain=3;sdoId=0x100;subGroup=7;role=member", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7;role=Member", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7;role=%6dember", false },
	{ "yes", "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7;role=*", false },
	{ "yes", "urn:nts4ptp:", false },
	{ "yes", "urn:nts4ptp", false },
};

START_TEST(member_by_attributes)
{
	ck_member(attributes[_i].attributes, attributes[_i].uri, attributes[_i].member);
}
END_TEST

/* What is no number must not be 0, which is a domain, an sdoId and no sub-group. */
static const struct {
	const char *uri;
	bool of_zero;
} zeros[] = {
	{ "urn:nts4ptp:role=member,requester", false },
	{ "urn:nts4ptp:domain=0;role=member,requester", true },
	{ "urn:nts4ptp:domain=1;role=member,requester", false },
	{ "urn:nts4ptp:domain=256;role=member,requester", false },
	{ "urn:nts4ptp:domain=x;role=member,requester", false },
	{ "urn:nts4ptp:domain=0x;role=member,requester", false },
	{ "urn:nts4ptp:domain=0;sdoId=1;role=member,requester", false },
	{ "urn:nts4ptp:domain=0;sdoId=4096;role=member,requester", false },
	{ "urn:nts4ptp:domain=0;role=member,requester;subGroup=65536", false },
	{ "urn:nts4ptp:domain=0;role=member,requester,king", false },
	{ "urn:nts4ptp:domain=0;role=member,requester;mac=", false },
	{ "urn:nts4ptp:domain=0;role=member,requester;x", false },
};

START_TEST(domain_0_must_be_named)
{
	struct kedconf_group group = { .assoc = nts_assoc_group(0, 0, 0) };
	struct kedconf with = { .authorization = { .attributes = "yes" } };
	struct kedconf_unicast section = { .name = "u" };
	struct tls_peer p = { .issuer = "CN=ca", .n_names = 1, .names = { { .kind = 'u' } } };
	enum status st = zeros[_i].of_zero ? ST_OK : ST_NOT_AUTHORIZED;

	snprintf(p.names[0].text, sizeof(p.names[0].text), "%s", zeros[_i].uri);
	ck_assert_int_eq(policy_group(&with, &group, &p), st);
	ck_assert_int_eq(policy_unicast(&with, &section, POLICY_REQUESTER, &p), st);
	ck_assert_int_eq(policy_unicast(&with, &section, POLICY_GRANTOR, &p), ST_NOT_AUTHORIZED);
}
END_TEST

START_TEST(not_in_another_kind_of_name)
{
	struct kedconf_group group = { .assoc = nts_assoc_group(3, 0x100, 7) };
	struct kedconf with = { .authorization = { .attributes = "yes" } };
	struct tls_peer p = { .issuer = "CN=ca", .common_name = MEMBER, .n_names = 1,
			      .names = { { 'd', MEMBER } } };

	ck_assert_int_eq(policy_group(&with, &group, &p), ST_NOT_AUTHORIZED);
}
END_TEST

/* A role is for the domain beside it. */
START_TEST(each_uri_for_itself)
{
	struct kedconf_group group = { .assoc = nts_assoc_group(3, 0x100, 7) };
	struct kedconf with = { .authorization = { .attributes = "yes" } };
	struct tls_peer p = { .issuer = "CN=ca", .n_names = 3, .names = {
		{ 'u', "urn:nts4ptp:domain=3;sdoId=0x100;subGroup=7" },
		{ 'u', "urn:nts4ptp:domain=4;role=member" }, { 'u', "urn:nts4ptp:role=member" } } };

	ck_assert_int_eq(policy_group(&with, &group, &p), ST_NOT_AUTHORIZED);
	snprintf(p.names[2].text, sizeof(p.names[2].text), MEMBER);
	ck_assert_int_eq(policy_group(&with, &group, &p), ST_OK);
}
END_TEST

/* What a certificate says is never a pattern. */
START_TEST(a_name_with_wildcards)
{
	struct kedconf_group group = { .members = "gm1.test, urn:a, 192.0.2.1, subject:CN=gm1" };
	struct tls_peer p = { .issuer = "CN=ca", .subject = "*", .common_name = "*", .n_names = 3,
			      .names = { { 'd', "*" }, { 'u', "*" }, { 'd', "[a-z]*.test" } } };

	ck_assert_int_eq(policy_group(&conf, &group, &p), ST_NOT_AUTHORIZED);
}
END_TEST

START_TEST(exactly_that_certificate)
{
	struct kedconf_group group = { .members = "x, SHA256:"
		"00010203040506070809101112131415161718192021222324252627282930aB" };
	struct tls_peer p = { .common_name = "sha256:anything", .fingerprint = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13,
		0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
		0x28, 0x29, 0x30, 0xAB } };

	ck_assert_int_eq(policy_group(&conf, &group, &p), ST_OK);
	snprintf(group.members, sizeof(group.members), "sha256:00:01:02:03:04:05:06:07:08:09:10:11:"
		 "12:13:14:15:16:17:18:19:20:21:22:23:24:25:26:27:28:29:30:AB");
	ck_assert_int_eq(policy_group(&conf, &group, &p), ST_OK);
	p.fingerprint[31]++;
	ck_assert_int_eq(policy_group(&conf, &group, &p), ST_NOT_AUTHORIZED);
	snprintf(group.members, sizeof(group.members), "sha256:*");	/* is no pattern */
	ck_assert_int_eq(policy_group(&conf, &group, &p), ST_NOT_AUTHORIZED);
}
END_TEST

START_TEST(denied_by_fingerprint)
{
	static uint8_t list[3][KEDCONF_FINGERPRINT] = { { 1 }, { 2 }, { 9 } };
	struct kedconf with = { .n_denied = 3, .denied = list };
	uint8_t other[KEDCONF_FINGERPRINT] = { 3 };

	ck_assert_int_eq(policy_denied(&with, list[0]), ST_CERT_REVOKED);
	ck_assert_int_eq(policy_denied(&with, list[2]), ST_CERT_REVOKED);
	ck_assert_int_eq(policy_denied(&with, other), ST_OK);
	ck_assert_int_eq(policy_denied(&conf, list[0]), ST_OK);
}
END_TEST

#define IP(n) { .type = NTS_ASSOC_IPV4, .value = { 192, 0, 2, n } }
#define IP6 { .type = NTS_ASSOC_IPV6, .value = { 0x20, 1, 0xd, 0xb8, [15] = 1 } }
#define ETHER { .type = NTS_ASSOC_MAC, .value = { 2, 0, 0, 0, 0, 0xAB } }
#define PORT { .type = NTS_ASSOC_PORT_IDENTITY, .value = { 2, 0, 0, 255, 254, 0, 0, 1, 0, 1 } }

/* peer has the address 192.0.2.7. */
static const struct {
	const char *identities;
	bool addressless;
	struct nts_assoc id;
	enum status st;
} identities[] = {
	{ "", false, IP(7), ST_OK },
	{ "", false, IP(8), ST_NOT_AUTHORIZED },
	{ "any", false, IP(8), ST_NOT_AUTHORIZED },	/* only those that it names */
	{ "*=*", false, IP6, ST_NOT_AUTHORIZED },
	{ "any", false, ETHER, ST_OK },
	{ "", false, ETHER, ST_NOT_AUTHORIZED },
	{ "", false, PORT, ST_NOT_AUTHORIZED },
	{ "", true, IP(7), ST_NOT_AUTHORIZED },
	{ "any", true, IP(8), ST_OK },
	{ "ANY", true, IP6, ST_OK },
	{ "x=*, gm.example.net=192.0.2.*", true, IP(8), ST_OK },
	{ "gm.example.net=192.0.2.8", true, IP(8), ST_OK },
	{ "gm.example.net=192.0.2.8", true, IP(80), ST_NOT_AUTHORIZED },
	{ "other=*", true, IP(8), ST_NOT_AUTHORIZED },
	{ "gm.example.net=2001:db8::1", true, IP6, ST_OK },
	{ "*=02:00:00:00:00:AB", true, ETHER, ST_OK },
	{ "*=020000.fffe.*", true, PORT, ST_OK },
	{ "*=020000.fffe.000001-2", true, PORT, ST_NOT_AUTHORIZED },
	{ "gm.example.net", true, IP(8), ST_NOT_AUTHORIZED },	/* neither any nor a pair */
	{ "=*", true, IP(8), ST_NOT_AUTHORIZED },
	{ "subject:CN=gm.*?O=Example=192.0.2.8", true, IP(8), ST_OK },
	{ "subject:CN=gm.*?O=Example=192.0.2.8", true, IP(9), ST_NOT_AUTHORIZED },
	{ "subject:CN=gm.*?O=Other=192.0.2.8", true, IP(8), ST_NOT_AUTHORIZED },
};

START_TEST(an_identity)
{
	struct kedconf_unicast section = { .name = "u" };
	struct tls_peer p = peer;

	snprintf(section.identities, sizeof(section.identities), "%s", identities[_i].identities);
	p.n_names = identities[_i].addressless ? 1 : 3;
	ck_assert_msg(policy_identity(&conf, &section, &p, &identities[_i].id) ==
		      identities[_i].st, "%s", identities[_i].identities);
}
END_TEST

/* ::ffff:192.0.2.1 is an IPv6 address, and no client's of 192.0.2.1. */
START_TEST(a_mapped_address_is_another)
{
	struct kedconf_unicast section = { .name = "u" };
	struct tls_peer p = { .issuer = "CN=ca", .common_name = "x", .n_names = 1,
			      .names = { { 'i', "::ffff:192.0.2.1" } } };
	struct nts_assoc ip = IP(1), mapped = { .type = NTS_ASSOC_IPV6,
		.value = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };

	ck_assert_int_eq(policy_identity(&conf, &section, &p, &mapped), ST_OK);
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &ip), ST_NOT_AUTHORIZED);
	snprintf(p.names[0].text, sizeof(p.names[0].text), "192.0.2.1");
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &ip), ST_OK);
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &mapped), ST_NOT_AUTHORIZED);
	p.n_names = 0;
	snprintf(section.identities, sizeof(section.identities), "x=192.0.2.*");
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &ip), ST_OK);
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &mapped), ST_NOT_AUTHORIZED);
}
END_TEST

START_TEST(identities_by_attributes)
{
	struct kedconf with = { .authorization = { .attributes = "yes" } };
	struct kedconf_unicast section = { .name = "u" };
	struct nts_assoc port = PORT, ether = ETHER, ip = IP(1);
	struct tls_peer p = { .issuer = "CN=ca", .n_names = 1, .names = { { 'u',
		"urn:nts4ptp:portIdentity=020000.fffe.000001-1;mac=02:00:00:00:00:ab" } } };

	ck_assert_int_eq(policy_identity(&with, &section, &p, &port), ST_OK);
	ck_assert_int_eq(policy_identity(&with, &section, &p, &ether), ST_OK);
	ck_assert_int_eq(policy_identity(&conf, &section, &p, &port), ST_NOT_AUTHORIZED);
	port.value[9] = 2;
	ck_assert_int_eq(policy_identity(&with, &section, &p, &port), ST_NOT_AUTHORIZED);
	ck_assert_int_eq(policy_identity(&with, &section, &p, &ip), ST_NOT_AUTHORIZED);
}
END_TEST

START_TEST(roles)
{
	struct kedconf with = { .authorization = { .attributes = "yes" } };
	struct kedconf_unicast section = { .grantors = "gm.*", .domain = 4, .sdo_id = 0x100 };
	struct tls_peer p = peer;

	ck_assert_int_eq(policy_unicast(&conf, &section, POLICY_GRANTOR, &p), ST_OK);
	ck_assert_int_eq(policy_unicast(&conf, &section, POLICY_REQUESTER, &p), ST_NOT_AUTHORIZED);
	ck_assert_int_eq(policy_unicast(&conf, &section, POLICY_TRANSPARENT_CLOCK, &p),
			 ST_NOT_AUTHORIZED);
	snprintf(p.names[2].text, sizeof(p.names[2].text),
		 "urn:nts4ptp:domain=4;sdoId=0x100;role=transparentClock");
	ck_assert_int_eq(policy_unicast(&with, &section, POLICY_TRANSPARENT_CLOCK, &p), ST_OK);
	ck_assert_int_eq(policy_unicast(&with, &section, POLICY_REQUESTER, &p), ST_NOT_AUTHORIZED);
	section.sdo_id = 0;
	ck_assert_int_eq(policy_unicast(&with, &section, POLICY_TRANSPARENT_CLOCK, &p),
			 ST_NOT_AUTHORIZED);
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof(t[0]))

int main(void)
{
	Suite *s = suite_create("ked_policy");
	TCase *tc = tcase_create("ked_policy");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_pattern, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, nameless_matches_nothing);
	tcase_add_loop_test(tc, a_subject, 0, ROWS(subjects));
	tcase_add_test(tc, the_longest_subject);
	tcase_add_loop_test(tc, member_by_attributes, 0, ROWS(attributes));
	tcase_add_loop_test(tc, domain_0_must_be_named, 0, ROWS(zeros));
	tcase_add_test(tc, not_in_another_kind_of_name);
	tcase_add_test(tc, each_uri_for_itself);
	tcase_add_test(tc, a_name_with_wildcards);
	tcase_add_test(tc, exactly_that_certificate);
	tcase_add_test(tc, denied_by_fingerprint);
	tcase_add_loop_test(tc, an_identity, 0, ROWS(identities));
	tcase_add_test(tc, a_mapped_address_is_another);
	tcase_add_test(tc, identities_by_attributes);
	tcase_add_test(tc, roles);
	return unit_run(s);
}
