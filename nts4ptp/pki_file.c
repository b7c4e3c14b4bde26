// SPDX-License-Identifier: GPL-2.0-or-later
/* The CA's files: pki_file.h. Must not overwrite a file, nor leave a key in memory. */
#include "nts4ptp/pki_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nts4ptp/cert.h"
#include "nts4ptp/cmd.h"
#include "util/secret.h"

#define KEY_FILE_MAX 65536

enum status pki_complain(const char *what, int err)
{
	cmd_complain(what, gnutls_strerror(err));
	return err == GNUTLS_E_MEMORY_ERROR ? ST_NO_MEMORY : ST_CRYPTO;
}

enum status pki_complain_file(const char *path)
{
	fprintf(stderr, "nts4ptp: %s: %s%s\n", path, strerror(errno),
		errno == EEXIST ? "; nothing is overwritten here" : "");
	return ST_SYSTEM;
}

bool pki_path(const char *dir, const char *name, const char *suffix, char out[PKI_PATH])
{
	if ((size_t)snprintf(out, PKI_PATH, "%s/%s%s", dir, name, suffix) < PKI_PATH) {
		return true;
	}
	fputs("nts4ptp: path too long\n", stderr);
	return false;
}

/* ---- writing ---- */

static enum status write_all(int fd, const gnutls_datum_t *data)
{
	size_t done = 0;

	while (done < data->size) {
		ssize_t n = write(fd, data->data + done, data->size - done);

		if (n < 0 && errno != EINTR) {
			return ST_SYSTEM;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) ? ST_SYSTEM : ST_OK;
}

enum status pki_write_new(const char *path, mode_t mode, const gnutls_datum_t *data)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	enum status st;

	if (fd < 0) {
		return pki_complain_file(path);
	}
	st = write_all(fd, data);
	if (close(fd) || st != ST_OK) {
		st = pki_complain_file(path);
		unlink(path);
	}
	return st;
}

static enum status check_absent(const char *path)
{
	struct stat sb;

	if (lstat(path, &sb)) {
		return ST_OK;
	}
	errno = EEXIST;
	return pki_complain_file(path);
}

static enum status write_crt(gnutls_x509_crt_t crt, const char *path)
{
	gnutls_datum_t pem;
	enum status st;
	int err = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

	if (err < 0) {
		return pki_complain(path, err);
	}
	st = pki_write_new(path, 0644, &pem);
	gnutls_free(pem.data);
	return st;
}

static enum status write_key(gnutls_x509_privkey_t key, const char *path)
{
	gnutls_datum_t pem;
	enum status st;
	int err = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						    GNUTLS_PKCS_PLAIN, &pem);

	if (err < 0) {
		return pki_complain(path, err);
	}
	st = pki_write_new(path, 0600, &pem);
	secret_wipe(pem.data, pem.size);
	gnutls_free(pem.data);
	return st;
}

enum status pki_write_pair(const struct pki_pair *pair, const char *crt, const char *key)
{
	enum status st = check_absent(crt);

	if (st == ST_OK) {
		st = write_key(pair->key, key);
	}
	if (st != ST_OK) {
		return st;
	}
	st = write_crt(pair->crt, crt);
	if (st != ST_OK) {
		unlink(key);
	}
	return st;
}

/* ---- reading ---- */

enum status pki_load_crt(const char *path, gnutls_x509_crt_t *out)
{
	enum status st = cert_load(path, out);

	if (st != ST_OK) {
		cmd_complain(path, cmd_why(st));
	}
	return st;
}

static enum status load_key(const char *path, gnutls_x509_privkey_t *out)
{
	gnutls_datum_t pem;
	void *octets;
	size_t len;
	enum status st = secret_read_file(path, KEY_FILE_MAX, &octets, &len);
	int err;

	if (st != ST_OK) {
		cmd_complain(path, status_str(st));
		return st;
	}
	pem = (gnutls_datum_t){ octets, (unsigned int)len };
	err = gnutls_x509_privkey_init(out);
	err = err < 0 ? err : gnutls_x509_privkey_import(*out, &pem, GNUTLS_X509_FMT_PEM);
	secret_free(octets, len + 1);
	if (err < 0) {
		pki_complain(path, err);
		return ST_FILE_FORMAT;
	}
	return ST_OK;
}

enum status pki_load_ca(const char *dir, struct pki_pair *out)
{
	char crt[PKI_PATH], key[PKI_PATH];
	enum status st;

	if (!pki_path(dir, "ca", ".crt", crt) || !pki_path(dir, "ca", ".key", key)) {
		return ST_CONFIG;
	}
	st = pki_load_crt(crt, &out->crt);
	return st == ST_OK ? load_key(key, &out->key) : st;
}

void pki_pair_free(struct pki_pair *pair)
{
	if (pair->crt) {
		gnutls_x509_crt_deinit(pair->crt);
	}
	if (pair->key) {
		gnutls_x509_privkey_deinit(pair->key);
	}
}
