// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates and keys that a configuration names: check_files.h. Must not keep or print a key. */
#include "nts4ptp/check_files.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "nts4ptp/cert.h"
#include "util/privileges.h"
#include "util/secret.h"

#define KEY_FILE_MAX 65536
#define DAY_S 86400
#define DAYS_FEW 14

/* ---- one certificate ---- */

static void check_dates(struct check *c, const struct conf_line *line, const struct cert_info *info)
{
	int64_t now = (int64_t)time(NULL);
	char date[CERT_DATE];

	if (now > info->to_s) {
		check_error(c, line->number, "%s: %s has expired on %s", line->name, line->value,
			    cert_date(info->to_s, date));
	} else if (now < info->from_s) {
		check_error(c, line->number, "%s: %s is not valid before %s: is the clock right?",
			    line->name, line->value, cert_date(info->from_s, date));
	} else if (info->to_s - now < DAYS_FEW * DAY_S) {
		check_warning(c, line->number, "%s: %s ends in %d days", line->name, line->value,
			      (int)((info->to_s - now) / DAY_S));
	}
}

static bool check_cert(struct check *c, const struct conf_line *line, bool ca)
{
	struct cert_info info;
	enum status st = cert_read(line->value, &info);

	if (st != ST_OK) {
		check_error(c, line->number, "%s: %s: %s", line->name, line->value,
			    st == ST_FILE_OPEN ? strerror(errno) : "no certificate in PEM");
		return false;
	}
	if (ca && !info.ca) {
		check_error(c, line->number, "%s: %s is not a CA's certificate", line->name,
			    line->value);
	}
	check_dates(c, line, &info);
	return true;
}

/* ---- the key's file ---- */

static void check_owner(struct check *c, const struct check_files *f, const struct stat *sb)
{
	const struct conf_line *line = f->key;
	struct privileges_user user;

	if (!f->user) {
		if (!f->server && sb->st_uid == 0) {
			check_error(c, line->number, "%s: %s belongs to root, and the key agent "
				    "does not run as root: give it to a user of its own, or set "
				    "nts_user", line->name, line->value);
		}
		return;
	}
	if (privileges_find(f->user, &user) != ST_OK) {
		check_error(c, 0, "user %s does not exist", f->user);
	} else if (!f->server && sb->st_uid != user.uid) {
		check_error(c, line->number, "%s: %s does not belong to %s", line->name,
			    line->value, f->user);
	}
}

static bool check_key_file(struct check *c, const struct check_files *f)
{
	const struct conf_line *line = f->key;
	struct stat sb;

	if (stat(line->value, &sb)) {
		check_error(c, line->number, "%s: %s: %s", line->name, line->value,
			    strerror(errno));
		return false;
	}
	if (!S_ISREG(sb.st_mode)) {
		check_error(c, line->number, "%s: %s is no regular file", line->name, line->value);
		return false;
	}
	if (sb.st_mode & 077) {
		check_error(c, line->number, "%s: %s has mode %04o, others can read or change it: "
			    "chmod 600", line->name, line->value,
			    (unsigned int)(sb.st_mode & 07777));
	}
	check_owner(c, f, &sb);
	return true;
}

/* ---- do they belong together? ---- */

static int load_key(const char *path, gnutls_x509_privkey_t key)
{
	char *octets = secret_alloc(KEY_FILE_MAX);
	FILE *in = octets ? fopen(path, "re") : NULL;
	int err = GNUTLS_E_FILE_ERROR;
	gnutls_datum_t pem;

	if (in) {
		setvbuf(in, NULL, _IONBF, 0);
		pem = (gnutls_datum_t){ (unsigned char *)octets,
					(unsigned int)fread(octets, 1, KEY_FILE_MAX, in) };
		err = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL,
						  GNUTLS_PKCS_PLAIN);
		fclose(in);
	}
	secret_free(octets, KEY_FILE_MAX);
	return err;
}

static int load_list(const char *path, gnutls_x509_crt_t **list, unsigned int *n)
{
	gnutls_datum_t pem;
	int err = gnutls_load_file(path, &pem);

	*n = 0;
	if (err < 0) {
		return err;
	}
	err = gnutls_x509_crt_list_import2(list, n, &pem, GNUTLS_X509_FMT_PEM, 0);
	gnutls_free(pem.data);
	return err;
}

static void free_list(gnutls_x509_crt_t *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
}

static void check_pair(struct check *c, const struct check_files *f, gnutls_x509_crt_t crt)
{
	unsigned char of_crt[64], of_key[64];
	size_t crt_len = sizeof(of_crt), key_len = sizeof(of_key);
	gnutls_x509_privkey_t key;

	if (gnutls_x509_privkey_init(&key) < 0) {
		return;
	}
	if (load_key(f->key->value, key) < 0) {
		check_error(c, f->key->number, "%s: %s: no private key in PEM, or not ours to read",
			    f->key->name, f->key->value);
	} else if (gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key,
						  &key_len) < 0 ||
		   gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_crt, &crt_len) < 0 ||
		   key_len != crt_len || memcmp(of_key, of_crt, key_len)) {
		check_error(c, f->key->number, "%s: %s is not the key of %s", f->key->name,
			    f->key->value, f->cert->value);
	}
	gnutls_x509_privkey_deinit(key);
}

static void check_purpose(struct check *c, const struct check_files *f, gnutls_x509_crt_t crt)
{
	const char *wanted = f->server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

	if (!gnutls_x509_crt_check_key_purpose(crt, wanted, 0)) {
		check_error(c, f->cert->number, "%s: %s is not for TLS %s", f->cert->name,
			    f->cert->value, f->server ? "servers" : "clients");
	}
}

/* Dates were looked at before. A server and its clients may have CAs of their own. */
static void check_chain(struct check *c, const struct check_files *f, gnutls_x509_crt_t *chain,
			unsigned int n)
{
	gnutls_x509_crt_t *ca;
	unsigned int n_ca, bits = 0;

	if (load_list(f->ca->value, &ca, &n_ca) < 0) {
		return;
	}
	if (gnutls_x509_crt_list_verify(chain, (int)n, ca, (int)n_ca, NULL, 0,
					GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &bits) < 0 || bits) {
		check_warning(c, f->cert->number, "%s: %s does not come from the CA in %s: the "
			      "other side must know another CA", f->cert->name, f->cert->value,
			      f->ca->value);
	}
	free_list(ca, n_ca);
}

static void check_together(struct check *c, const struct check_files *f, bool have_key,
			   bool have_ca)
{
	gnutls_x509_crt_t *chain;
	unsigned int n;

	if (load_list(f->cert->value, &chain, &n) < 0) {
		return;
	}
	if (have_key) {
		check_pair(c, f, chain[0]);
	}
	check_purpose(c, f, chain[0]);
	if (have_ca) {
		check_chain(c, f, chain, n);
	}
	free_list(chain, n);
}

/* ---- the revocation list ---- */

static void check_crl(struct check *c, const struct conf_line *line)
{
	gnutls_x509_crl_t *list;
	unsigned int n = 0;
	gnutls_datum_t pem;
	int err = gnutls_load_file(line->value, &pem);

	if (err >= 0) {
		err = gnutls_x509_crl_list_import2(&list, &n, &pem, GNUTLS_X509_FMT_PEM, 0);
		gnutls_free(pem.data);
	}
	if (err < 0) {
		check_error(c, line->number, "%s: %s: %s", line->name, line->value,
			    gnutls_strerror(err));
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (gnutls_x509_crl_get_next_update(list[i]) < time(NULL)) {
			check_error(c, line->number, "%s: %s should have been replaced: its next "
				    "update is past", line->name, line->value);
		}
		gnutls_x509_crl_deinit(list[i]);
	}
	gnutls_free(list);
}

void check_credentials(struct check *c, const struct check_files *f)
{
	bool have_ca = f->ca && check_cert(c, f->ca, true);
	bool have_cert = f->cert && check_cert(c, f->cert, false);
	bool have_key = f->key && check_key_file(c, f);

	if (have_cert) {
		check_together(c, f, have_key, have_ca);
	}
	if (f->crl) {
		check_crl(c, f->crl);
	}
}
