/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fuzz target has: libFuzzer's entry, and its own seeds, so that standalone.c can run
 * it with any compiler.
 */
#ifndef NTS_TESTS_FUZZ_FUZZ_H
#define NTS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Ends the process when something is wrong; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Writes seed i to at most cap octets; its length, or 0 behind the last seed. */
size_t fuzz_seed(size_t i, uint8_t *data, size_t cap);

#endif
