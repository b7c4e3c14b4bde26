// SPDX-License-Identifier: GPL-2.0-or-later
/* How long to wait for name servers, which libevent leaves to us. */
#include "nts/names.h"

#include <stddef.h>

/*
 * libevent asks for both kinds of addresses, each at a name server of its own, three times. When
 * one has answered that there are none, it waits only so long for the other, and then there is no such
 * name: with 5 s and 3 s, as it has them, one dead name server of two was enough for that.
 */
#define ANSWER_S "1"
#define OTHER_KIND_S "4"

struct evdns_base *names_open(struct event_base *base)
{
	struct evdns_base *dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);

	if (!dns) {
		return NULL;
	}
	if (evdns_base_set_option(dns, "timeout:", ANSWER_S) != 0 ||
	    evdns_base_set_option(dns, "getaddrinfo-allow-skew:", OTHER_KIND_S) != 0) {
		evdns_base_free(dns, 0);
		return NULL;
	}
	evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, NAMES_RESOLV_CONF);
	return dns;
}
