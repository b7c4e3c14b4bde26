// SPDX-License-Identifier: GPL-2.0-or-later
/* What a gate decided, in words: guard.h. */
#include "tlv/guard.h"

struct words {
	const char *counter;
	const char *text;
	const char *hint;
};

static const struct words verdicts[GUARD_VERDICTS] = {
#define X(name, counter, text, hint) [name] = { counter, text, hint },
	GUARD_TABLE(X)
#undef X
};

static const struct words sends[GUARD_SENDS] = {
#define X(name, counter, text) [name] = { counter, text, "" },
	GUARD_SEND_TABLE(X)
#undef X
};

static const struct words unknown = { "unknown", "unknown", "" };

static const struct words *of_verdict(enum guard_verdict v)
{
	return (unsigned int)v < GUARD_VERDICTS ? &verdicts[v] : &unknown;
}

static const struct words *of_send(enum guard_send v)
{
	return (unsigned int)v < GUARD_SENDS ? &sends[v] : &unknown;
}

const char *guard_counter_name(enum guard_verdict v)
{
	return of_verdict(v)->counter;
}

const char *guard_verdict_str(enum guard_verdict v)
{
	return of_verdict(v)->text;
}

const char *guard_verdict_hint(enum guard_verdict v)
{
	return of_verdict(v)->hint;
}

const char *guard_send_counter_name(enum guard_send v)
{
	return of_send(v)->counter;
}

const char *guard_send_str(enum guard_send v)
{
	return of_send(v)->text;
}
