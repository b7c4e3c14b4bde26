/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a CA's folder. Each function has said on standard error what failed. Keys have mode 0600
 * and are wiped from memory; what is there is never overwritten.
 */
#ifndef NTS_NTS4PTP_PKI_FILE_H
#define NTS_NTS4PTP_PKI_FILE_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <sys/types.h>

#include "util/status.h"

#define PKI_PATH 512		/* octets of a path, with its zero */

/* A certificate and its key; members are NULL where there is none. */
struct pki_pair {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

/* Says what failed, by GnuTLS's number or by errno. ST_NO_MEMORY or ST_CRYPTO; ST_SYSTEM. */
enum status pki_complain(const char *what, int err);
enum status pki_complain_file(const char *path);

/* dir/name with a suffix; false: too long. */
bool pki_path(const char *dir, const char *name, const char *suffix, char out[PKI_PATH]);

/* A new file; what could not be written whole is taken away again. ST_SYSTEM. */
enum status pki_write_new(const char *path, mode_t mode, const gnutls_datum_t *data) MUST_CHECK;

/* Key and certificate, both or none. ST_SYSTEM, ST_CRYPTO, ST_NO_MEMORY. */
enum status pki_write_pair(const struct pki_pair *pair, const char *crt,
			   const char *key) MUST_CHECK;

/* As cert_load(). */
enum status pki_load_crt(const char *path, gnutls_x509_crt_t *out) MUST_CHECK;

/*
 * ca.crt and ca.key of dir. Those of cert_load() and of secret_read_file(), ST_CONFIG. What there
 * is by then is pki_pair_free()'s in any case.
 */
enum status pki_load_ca(const char *dir, struct pki_pair *out) MUST_CHECK;

void pki_pair_free(struct pki_pair *pair);

#endif
