// SPDX-License-Identifier: GPL-2.0-or-later
/* A small CA in a folder: pki_ca.h. */
#include "nts4ptp/pki_ca.h"

#include <errno.h>
#include <sys/stat.h>

#include "nts4ptp/pki_crl.h"

enum status pki_init(const char *dir, const char *name, long days)
{
	struct pki_pair ca = { NULL, NULL };
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(dir, "ca", ".crt", crt) || !pki_path(dir, "ca", ".key", key)) {
		return ST_CONFIG;
	}
	if (mkdir(dir, 0700) && errno != EEXIST) {
		return pki_complain_file(dir);
	}
	st = pki_make_pair(&ca, name, days);
	if (st == ST_OK) {
		st = pki_finish_ca(&ca);
	}
	if (st == ST_OK) {
		st = pki_write_pair(&ca, crt, key);
	}
	if (st == ST_OK) {
		st = pki_update_crl(dir, &ca, NULL, days);
	}
	pki_pair_free(&ca);
	return st;
}

enum status pki_issue(const struct pki_request *r)
{
	struct pki_pair ca = { NULL, NULL };
	struct pki_pair leaf = { NULL, NULL };
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(r->dir, r->name, ".crt", crt) || !pki_path(r->dir, r->name, ".key", key)) {
		return ST_CONFIG;
	}
	st = pki_load_ca(r->dir, &ca);
	if (st == ST_OK) {
		st = pki_make_pair(&leaf, r->name, r->days);
	}
	if (st == ST_OK) {
		st = pki_finish_leaf(leaf.crt, &ca, r);
	}
	if (st == ST_OK) {
		st = pki_write_pair(&leaf, crt, key);
	}
	pki_pair_free(&leaf);
	pki_pair_free(&ca);
	return st;
}

enum status pki_revoke(const char *dir, const char *name, long days)
{
	struct pki_pair ca = { NULL, NULL };
	gnutls_x509_crt_t crt = NULL;
	char path[PKI_PATH];
	enum status st = pki_load_ca(dir, &ca);

	if (st == ST_OK && name) {
		st = pki_path(dir, name, ".crt", path) ? pki_load_crt(path, &crt) : ST_CONFIG;
	}
	if (st == ST_OK) {
		st = pki_update_crl(dir, &ca, crt, days);
	}
	if (crt) {
		gnutls_x509_crt_deinit(crt);
	}
	pki_pair_free(&ca);
	return st;
}
