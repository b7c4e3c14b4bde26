/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Throw-away CAs, certificates and keys for tests, in a temporary folder. Any failure ends the
 * test program: without certificates there is nothing to test.
 */
#ifndef NTS_TESTS_UNIT_CERTS_H
#define NTS_TESTS_UNIT_CERTS_H

#include <stdbool.h>
#include <time.h>

#include "nts/tls.h"

#define CERTS_PATH 384

struct certs {
	char dir[64];
};

/* What a certificate says; zero means absent or the default. */
struct certs_spec {
	const char *ca;		/* name of the CA; NULL: "ca" */
	const char *common_name;
	const char *subject;	/* RFC 4514, beside that */
	const char *der_name;	/* one more common name: tag, length below 128, value */
	const char *dns[4];	/* SANs */
	unsigned int more_dns;	/* so many SANs beside those */
	const char *ip;		/* SAN, in text */
	size_t odd_ip;		/* SAN, an address of so many octets */
	const char *uri;	/* SAN */
	const char *purpose;	/* OID of the extended key usage; NULL: none */
	bool is_ca;		/* may sign others */
	bool weak;		/* an RSA key of 1,024 bits */
	long from_s;		/* start of validity, seconds from now; 0: an hour ago */
	long until_s;		/* end of validity, seconds from now; 0: in an hour */
};

#define CERTS_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define CERTS_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

/* A folder with a CA "ca": ca.crt, ca.key. */
void certs_open(struct certs *c);

/* Removes the folder and all files in it. */
void certs_close(struct certs *c);

/* Makes the CA name.crt, name.key. */
void certs_ca(struct certs *c, const char *name);

/* Makes name.crt and name.key (mode 0600), signed by spec->ca. */
void certs_issue(struct certs *c, const char *name, const struct certs_spec *spec);

/* Appends the certificate of issuer to name.crt, as the rest of its chain. */
void certs_append(struct certs *c, const char *name, const char *issuer);

/* Makes name.crl, in which the CA spec->ca revokes the certificate victim.crt. */
void certs_revoke(struct certs *c, const char *ca, const char *victim, const char *name);

/* The same, made at this time and good for two hours. */
void certs_revoke_at(struct certs *c, const char *ca, const char *victim, const char *name,
		     time_t made);

/*
 * Makes name.crl, which is from.crl of the CA ca with another extension in the place of its number:
 * 2.5.29.id, with a number in it.
 */
void certs_recast(struct certs *c, const char *ca, const char *from, unsigned char id,
		  const char *name);

/* Credentials of name.crt and name.key that trust "ca", with the list crl.crl; NULL: with none. */
struct tls_creds *certs_load(const struct certs *c, const char *name, const char *crl);

/* The path of a file in the folder; returns out. */
const char *certs_path(const struct certs *c, const char *file, char out[CERTS_PATH]);

#endif
