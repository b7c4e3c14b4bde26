// SPDX-License-Identifier: GPL-2.0-or-later
/* A ptp4l.conf as nts4ptp check and probe read it. */
#include <string.h>

#include "nts4ptp/conf.h"
#include "tests/unit/run.h"

static struct conf *conf;

static void parse(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(conf_parse(in, &conf), ST_OK);
	fclose(in);
}

static void tear_down(void)
{
	conf_free(conf);
	conf = NULL;
}

static void set_up(void)
{
	parse("# comment\n"
	      "stray 1\n"
	      "[global]\r\n"
	      "nts_server  ke.example.net, 192.0.2.1 \t\n"
	      "domainNumber=0x10\n"
	      "\n"
	      "transportSpecific = 1\n"
	      "nts_mode group\n"
	      "\t# indented\n"
	      "[eth0]\n"
	      "nts_mode off\n"
	      "NTS_Mode ticket\n"
	      "empty\n"
	      "twoStepFlag 1x\n"
	      "[eth1");
}

START_TEST(values)
{
	ck_assert_str_eq(conf_text(conf, NULL, "nts_server", "-"), "ke.example.net, 192.0.2.1");
	ck_assert_str_eq(conf_text(conf, NULL, "nowhere", "-"), "-");
	ck_assert_str_eq(conf_text(conf, NULL, "stray", "-"), "-");
	ck_assert_str_eq(conf_text(conf, "eth0", "empty", "-"), "-");
	ck_assert_int_eq(conf_number(conf, NULL, "domainNumber", -1), 16);
	ck_assert_int_eq(conf_number(conf, "eth0", "transportSpecific", -1), 1);
	ck_assert_int_eq(conf_number(conf, "eth0", "twoStepFlag", -1), -1);
}
END_TEST

START_TEST(sections)
{
	ck_assert_str_eq(conf_text(conf, NULL, "nts_mode", "-"), "group");
	ck_assert_str_eq(conf_text(conf, "eth1", "nts_mode", "-"), "group");
	ck_assert_str_eq(conf_text(conf, "eth0", "nts_mode", "-"), "ticket");
}
END_TEST

START_TEST(lines)
{
	const struct conf_line *line = conf_find(conf, "eth0", "nts_mode");

	ck_assert_uint_eq(line->number, 12);
	ck_assert_str_eq(line->section, "eth0");
	ck_assert_uint_eq(conf_find(conf, NULL, "domainNumber")->number, 5);
	ck_assert_str_eq(conf->list[conf->n - 1].section, "eth1");
	ck_assert_str_eq(conf->list[conf->n - 1].name, "");
}
END_TEST

/* Cut, and what follows is a line of its own. */
START_TEST(too_long)
{
	char text[3 * CONF_VALUE];

	tear_down();
	memset(text, 'x', sizeof(text));
	memcpy(text, "[global]\n", 9);
	text[9 + 2 * CONF_WORD] = ' ';
	memcpy(text + sizeof(text) - 8, "\nspp 7\n", 8);
	parse(text);
	ck_assert_uint_eq(conf->n, 3);
	ck_assert_uint_eq(strlen(conf->list[1].name), CONF_WORD - 1);
	ck_assert_uint_eq(strlen(conf->list[1].value), CONF_VALUE - 1);
	ck_assert_int_eq(conf_number(conf, NULL, "spp", -1), 7);
}
END_TEST

START_TEST(nothing)
{
	tear_down();
	ck_assert_int_eq(conf_read("/nonexistent/ptp4l.conf", &conf), ST_FILE_OPEN);
	ck_assert_int_eq(conf_read("/dev/null", &conf), ST_OK);
	ck_assert_uint_eq(conf->n, 0);
}
END_TEST

START_TEST(table)
{
	size_t n = 0;

	while (conf_option_at(n)) {
		const struct conf_option *o = conf_option_at(n++);

		ck_assert_int_eq(strncmp(o->name, "nts_", 4), 0);
		ck_assert(o->kind != CONF_ENU || o->labels[0]);
		ck_assert(o->kind != CONF_INT || o->min < o->max);
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, values);
	tcase_add_test(tc, sections);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, table);
	return unit_run(s);
}
