// SPDX-License-Identifier: GPL-2.0-or-later
/* What registrations and keys are after a reboot, in a damaged store, and encrypted. */
#include "tests/unit/ked_unicast.h"
#include "tests/unit/run.h"

/* ---- other boots, other clocks ---- */

/* The next boot: its clock begins anew, so many ms after the last by the true time. */
static void reboot(int64_t after_ms)
{
	stop();
	boot_id = *boot_id == 'A' ? "B" : "A";
	wall_offset += boot + after_ms - 7000;
	boot = 7000;
	start();
}

START_TEST(over_a_reboot_by_the_wall_clock)
{
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct nts_params first = register_gm(), key;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	reboot(100000);
	ck_assert(!store_clock_was_back(store));
	ck_assert(!store_clock_leapt(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 100);
	ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
	ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
	ck_assert_uint_eq(a.current.update_in, LIFETIME - UPDATE - LEAD - 100);
	reboot((LIFETIME - 100) * 1000);
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
}
END_TEST

START_TEST(no_lifetime_grows_by_a_clock_set_back)
{
	struct ke_message q = request(gm_ip, slave_ip);

	register_gm();
	boot += 50000;
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_int_eq(store_tick(store), ST_OK);	/* nothing to keep: no step, not long ago */
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 50);
	reboot(-3600000);
	ck_assert(store_clock_was_back(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 50);
}
END_TEST

/* The wall clock was an hour ahead when keys were made, and was put right before the reboot. */
START_TEST(a_step_is_known_to_the_next_boot)
{
	struct ke_message q = request(gm_ip, slave_ip);

	wall_offset += 3600000;
	register_gm();
	boot += 1000;
	wall_offset -= 3600000;
	ck_assert_int_eq(store_tick(store), ST_OK);
	ck_granted(&slave, &q, KE_KEY_GRANT);		/* moves no lifetime */
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 1);
	reboot(9000);
	ck_assert(!store_clock_was_back(store));
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME - 10);
}
END_TEST

START_TEST(a_clock_that_leaps)
{
	register_gm();
	reboot(366LL * 24 * 3600 * 1000);
	ck_assert(store_clock_leapt(store));
	restart();
	ck_assert(!store_clock_leapt(store));
}
END_TEST

START_TEST(a_step_while_running_moves_nothing)
{
	static const int64_t steps[] = { 3600000, -7200000, 100LL * 365 * 86400000 };
	struct ke_message reg = registration(gm_ip), q = request(gm_ip, slave_ip);
	struct nts_params first = register_gm(), key;

	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		wall_offset += steps[i];
		ck_assert_int_eq(store_tick(store), ST_OK);
		ck_granted(&slave, &q, KE_KEY_GRANT);
		ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
		ck_assert_uint_eq(a.current.lifetime, LIFETIME);
		ck_granted(&gm, &reg, KE_REGISTRATION_SUCCESS);
		ck_assert_uint_eq(a.current.ticket_key_id, first.ticket_key_id);
		ck_assert_uint_eq(a.current.lifetime, LIFETIME);
	}
	restart();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.lifetime, LIFETIME);
}
END_TEST

/* ---- a store that somebody has changed ---- */

static void run_sql(const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &error) == SQLITE_OK, "%s", error);
	sqlite3_close(db);
}

static const char *const damages[] = {
	"UPDATE registration SET client = x'00'",
	"UPDATE registration SET fingerprint = x'00'",
	"UPDATE registration SET crl_name = x'00'",
	"UPDATE registration SET names = x'00'",
	"UPDATE registration SET names = 'CN=ca'",
	"UPDATE registration SET names = CAST('a' || char(10) || 'b' AS BLOB)",
	"UPDATE registration SET names = CAST(names || char(10) AS BLOB)",
	"UPDATE registration SET names = CAST(names || char(10) || 'xa' AS BLOB)",
	"UPDATE registration SET names = CAST(names || replace(hex(zeroblob(32)), '00', char(10) "
	"|| 'd') AS BLOB)",
	"UPDATE registration SET names = zeroblob(20000)",
	"UPDATE registration SET macs = x''",
	"UPDATE registration SET macs = x'00'",
	"UPDATE registration SET section = hex(zeroblob(100))",
	"UPDATE identity SET type = 0",
	"UPDATE identity SET type = 9",
	"UPDATE identity SET value = x'00'",
	"UPDATE ticket_key SET key = x'00'",
	"UPDATE ticket_key SET key_id = 0",
	"UPDATE ticket_key SET aead = 16",
	"UPDATE ticket_key SET update_at = end_at",
	"UPDATE ticket_key SET renew_at = start_at",
	"UPDATE ticket_key SET renew_at = update_at + 1",
	"UPDATE ticket_key SET grace = -1",
	"UPDATE ticket_key SET policy_named = 0",
	"UPDATE ticket_key SET policy_spp = x'01'",
	"UPDATE pair SET client = x'00'",
	"UPDATE pair SET identities = x''",
	"UPDATE pair SET identities = x'0001'",
	"UPDATE pair SET identities = x'00000000000000'",
	"DELETE FROM pair_sa",
	"UPDATE pair_sa SET key = x'00'",
	"UPDATE pair_sa SET mac = 3",
};

START_TEST(damaged)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	struct grantors *g = NULL;

	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	stop();
	run_sql(damages[_i]);
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_msg(grantors_new(store, &g) == ST_STORE, "%s", damages[_i]);
	ck_assert_ptr_nonnull(strstr(store_why(store), "damaged"));
	store_close(store);
	unlink(file);
	start();
}
END_TEST

/* ---- encrypted keys ---- */

static void write_key(const char *text)
{
	FILE *f;

	snprintf(key_file, sizeof(key_file), "%s/key", dir);
	f = fopen(key_file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void ck_opens_not(enum status expected, const char *reason)
{
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A",
				   .key_file = key_file };
	struct store *s = NULL;
	enum status st = store_open(&args, &s, why);

	ck_assert_msg(st == expected, "%s: %s", status_name(st), why);
	ck_assert_msg(strstr(why, reason), "%s", why);
}

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define KEY_B "10112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

START_TEST(a_key_file)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct nts_params first, key;

	stop();
	unlink(file);
	write_key(KEY_A "\n");
	start();
	first = register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	key = a.current;
	restart();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_mem_eq(a.current.sa, key.sa, sizeof(key.sa));
	ck_assert_uint_eq(register_gm().ticket_key_id, first.ticket_key_id);
	stop();
	write_key(KEY_B);
	ck_opens_not(ST_AUTH_FAILED, "encrypted with another key than store_key_file's");
	write_key(KEY_A "0");
	ck_opens_not(ST_FILE_FORMAT, "is not 64 hexadecimal digits");
	write_key("g" KEY_A);
	ck_opens_not(ST_FILE_FORMAT, "is not 64 hexadecimal digits");
	write_key(KEY_A);
	ck_assert_int_eq(chmod(key_file, 0644), 0);
	ck_opens_not(ST_FILE_MODE, "can be read by others");
	unlink(key_file);
	ck_opens_not(ST_FILE_OPEN, "No such file");
	*key_file = '\0';
	ck_opens_not(ST_AUTH_FAILED, "keys are encrypted, and no store_key_file is given");
	unlink(file);
	start();
	register_gm();
	stop();
	write_key(KEY_A);
	ck_opens_not(ST_AUTH_FAILED, "holds keys that are not encrypted");
	unlink(file);
	start();
}
END_TEST

/* Keys in one row do not fit another. */
static const char *const swaps[] = {
	"UPDATE pair_sa SET key = (SELECT key FROM pair_sa WHERE spp = 1)",
	"UPDATE pair_sa SET key_id = key_id + 1 WHERE spp = 1",
	"UPDATE ticket_key SET key_id = key_id + 1",
	"INSERT INTO registration SELECT 99, client, fingerprint, crl_name, names, section, macs, "
	"0, forget_at FROM registration; UPDATE identity SET registration_id = 99;"
	"UPDATE ticket_key SET registration_id = 99",
};

START_TEST(keys_cannot_be_moved)
{
	struct ke_message q = request(gm_ip, slave_ip);
	struct store_args args = { .path = file, .time = &fake, .boot_id = "A" };
	struct grantors *g = NULL;

	stop();
	unlink(file);
	write_key(KEY_A);
	start();
	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	stop();
	run_sql(swaps[_i]);
	args.key_file = key_file;
	ck_assert_int_eq(store_open(&args, &store, why), ST_OK);
	ck_assert_msg(grantors_new(store, &g) == ST_STORE, "%s", swaps[_i]);
	store_close(store);
	unlink(file);
	start();
}
END_TEST

/* A store of before goes on; what it did not know comes when the grantor registers again. */
static const char *const versions[] = {
	"ALTER TABLE registration DROP COLUMN names; PRAGMA user_version = 3",
	"ALTER TABLE registration DROP COLUMN names;"
	"ALTER TABLE registration DROP COLUMN crl_name; PRAGMA user_version = 2",
};

START_TEST(of_a_version_before)
{
	struct ke_message q = request(gm_ip, slave_ip), reg = registration(gm_ip);
	struct grantors_found found;
	struct tls_peer named = gm;
	uint32_t key_id;

	register_gm();
	ck_granted(&slave, &q, KE_KEY_GRANT);
	key_id = a.current.sa[0].key_id;
	stop();
	run_sql(versions[_i]);
	start();
	snprintf(section.grantors, sizeof(section.grantors), "none");
	ck_granted(&slave, &q, KE_KEY_GRANT);
	ck_assert_uint_eq(a.current.sa[0].key_id, key_id);
	snprintf(section.grantors, sizeof(section.grantors), "gm.test");
	named.crl_name[0] = 7;
	ck_granted(&named, &reg, KE_REGISTRATION_SUCCESS);
	snprintf(section.grantors, sizeof(section.grantors), "none");
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	restart();
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
	ck_assert(grantors_find(grantors, &gm_ip, (uint64_t)boot, &found));
	ck_assert_uint_eq(found.peer.crl_name[0], 7);
	ck_assert_str_eq(found.peer.issuer, gm.issuer);
	ck_assert_str_eq(found.peer.subject, gm.subject);
	ck_assert_uint_eq(found.peer.n_names, 1);
	ck_assert_int_eq(found.peer.names[0].kind, 'i');
	ck_assert_str_eq(found.peer.names[0].text, "192.0.2.1");
}
END_TEST

/* As many and as long as they may be. */
START_TEST(the_longest_names)
{
	struct ke_message reg = registration(gm_ip);
	struct grantors_found found;
	struct tls_peer p = { .n_names = TLS_NAMES_MAX };
	size_t i;

	memset(p.issuer, 'i', sizeof(p.issuer) - 1);
	memset(p.subject, 's', sizeof(p.subject) - 1);
	memset(p.common_name, 'c', sizeof(p.common_name) - 1);
	for (i = 0; i < TLS_NAMES_MAX; i++) {
		p.names[i].kind = "du"[i % 2];
		memset(p.names[i].text, 'a' + (int)(i % 26), sizeof(p.names[i].text) - 1);
	}
	snprintf(section.grantors, sizeof(section.grantors), "*");
	snprintf(section.identities, sizeof(section.identities), "any");
	ck_granted(&p, &reg, KE_REGISTRATION_SUCCESS);
	restart();
	ck_assert(grantors_find(grantors, &gm_ip, (uint64_t)boot, &found));
	ck_assert(found.named);
	ck_assert_str_eq(found.peer.issuer, p.issuer);
	ck_assert_str_eq(found.peer.subject, p.subject);
	ck_assert_str_eq(found.peer.common_name, p.common_name);
	ck_assert_uint_eq(found.peer.n_names, TLS_NAMES_MAX);
	ck_assert_mem_eq(found.peer.names, p.names, sizeof(p.names));
}
END_TEST

/* The same certificate as before is enough. */
START_TEST(names_come_though_nothing_else_is_new)
{
	struct ke_message q = request(gm_ip, slave_ip);

	register_gm();
	stop();
	run_sql(versions[0]);
	start();
	register_gm();
	snprintf(section.grantors, sizeof(section.grantors), "none");
	ck_refused(&slave, &q, KE_ERR_NOT_REGISTERED);
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof(t[0]))

int main(void)
{
	Suite *s = suite_create("ked_unicast_store");
	TCase *tc_all = tcase_create("ked_unicast_store");

	suite_add_tcase(s, tc_all);
	tcase_set_timeout(tc_all, 30);
	tcase_add_checked_fixture(tc_all, set_up, tear_down);
	tcase_add_test(tc_all, over_a_reboot_by_the_wall_clock);
	tcase_add_test(tc_all, no_lifetime_grows_by_a_clock_set_back);
	tcase_add_test(tc_all, a_step_is_known_to_the_next_boot);
	tcase_add_test(tc_all, a_clock_that_leaps);
	tcase_add_test(tc_all, a_step_while_running_moves_nothing);
	tcase_add_loop_test(tc_all, damaged, 0, ROWS(damages));
	tcase_add_loop_test(tc_all, of_a_version_before, 0, ROWS(versions));
	tcase_add_test(tc_all, the_longest_names);
	tcase_add_test(tc_all, names_come_though_nothing_else_is_new);
	tcase_add_test(tc_all, a_key_file);
	tcase_add_loop_test(tc_all, keys_cannot_be_moved, 0, ROWS(swaps));
	return unit_run(s);
}
