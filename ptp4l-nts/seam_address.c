// SPDX-License-Identifier: GPL-2.0-or-later
/* Transport addresses, linuxptp's and ours (WIRE.md 3). Must not open a route to anywhere. */
#include "ptp4l-nts/seam.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define DISCARD_PORT 9		/* nothing is sent there */

static bool from_sockaddr(const struct sockaddr *sa, struct nts_assoc *out)
{
	memset(out, 0, sizeof(*out));
	switch (sa->sa_family) {
	case AF_INET:
		out->type = NTS_ASSOC_IPV4;
		memcpy(out->value, &((const struct sockaddr_in *)sa)->sin_addr, 4);
		return true;
	case AF_INET6:
		out->type = NTS_ASSOC_IPV6;
		memcpy(out->value, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
		return true;
	case AF_PACKET:
		out->type = NTS_ASSOC_MAC;
		memcpy(out->value, ((const struct sockaddr_ll *)sa)->sll_addr, 6);
		return true;
	default:
		return false;
	}
}

/* By transport, not by family: linuxptp leaves the family out where it needs none. */
bool seam_address(struct transport *t, const struct address *from, struct nts_assoc *out)
{
	memset(out, 0, sizeof(*out));
	switch (transport_type(t)) {
	case TRANS_UDP_IPV4:
		out->type = NTS_ASSOC_IPV4;
		memcpy(out->value, &from->sin.sin_addr, 4);
		return true;
	case TRANS_UDP_IPV6:
		out->type = NTS_ASSOC_IPV6;
		memcpy(out->value, &from->sin6.sin6_addr, 16);
		return true;
	case TRANS_IEEE_802_3:
		out->type = NTS_ASSOC_MAC;
		memcpy(out->value, from->sll.sll_addr, 6);
		return true;
	default:
		return false;
	}
}

static uint16_t kind_of(struct transport *t)
{
	switch (transport_type(t)) {
	case TRANS_UDP_IPV4:
		return NTS_ASSOC_IPV4;
	case TRANS_UDP_IPV6:
		return NTS_ASSOC_IPV6;
	default:
		return NTS_ASSOC_MAC;
	}
}

static bool is_link_local(const struct nts_assoc *a)
{
	return a->type == NTS_ASSOC_IPV6 && a->value[0] == 0xfe && (a->value[1] & 0xc0) == 0x80;
}

/* Link-local addresses only where there are no others: certificates name no such. */
static uint32_t collect(const struct ifaddrs *list, const char *interface, uint16_t kind,
			bool link_local, struct nts_assoc *out, uint32_t max)
{
	const struct ifaddrs *i;
	struct nts_assoc a;
	uint32_t n = 0;

	for (i = list; i && n < max; i = i->ifa_next) {
		if (i->ifa_addr && !strcmp(i->ifa_name, interface) &&
		    from_sockaddr(i->ifa_addr, &a) && a.type == kind &&
		    is_link_local(&a) == link_local) {
			out[n++] = a;
		}
	}
	return n;
}

uint32_t seam_address_own(struct transport *t, const char *interface, struct nts_assoc *out,
			  uint32_t max)
{
	struct ifaddrs *list;
	uint32_t n;

	if (getifaddrs(&list)) {
		return 0;
	}
	n = collect(list, interface, kind_of(t), false, out, max);
	if (n == 0) {
		n = collect(list, interface, kind_of(t), true, out, max);
	}
	freeifaddrs(list);
	return n;
}

static socklen_t to_sockaddr(const struct nts_assoc *a, const char *interface,
			     struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->type == NTS_ASSOC_IPV4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(DISCARD_PORT);
		memcpy(&v4->sin_addr, a->value, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(DISCARD_PORT);
	v6->sin6_scope_id = if_nametoindex(interface);
	memcpy(&v6->sin6_addr, a->value, 16);
	return sizeof(*v6);
}

bool seam_address_towards(const char *interface, const struct nts_assoc *grantor,
			  struct nts_assoc *out)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(grantor, interface, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = false;

	if (fd < 0) {
		return false;
	}
	if (!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface)) &&
	    !connect(fd, (struct sockaddr *)&ss, len)) {
		len = sizeof(ss);
		found = !getsockname(fd, (struct sockaddr *)&ss, &len) &&
			from_sockaddr((struct sockaddr *)&ss, out);
	}
	close(fd);
	return found;
}
