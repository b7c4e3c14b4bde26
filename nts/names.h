/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver of exchanges: libevent's, which does not block, told what this machine says. */
#ifndef NTS_NTS_NAMES_H
#define NTS_NTS_NAMES_H

#include <event2/dns.h>
#include <event2/event.h>

#define NAMES_RESOLV_CONF "/etc/resolv.conf"
#define NAMES_HOSTS "/etc/hosts"

/* Reads both files; where one is missing, goes without. The caller's to free; NULL: no memory. */
struct evdns_base *names_open(struct event_base *base);

#endif
