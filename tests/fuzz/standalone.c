// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz target without libFuzzer: its seeds, a bounded number of mutations of them, the
 * same in each run, or the files given as arguments. FUZZ_RUNS sets the number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 4096
#define RUNS_DEFAULT 200000

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*state * below >> 32);
}

/* The target gets memory that ends where its input ends, for the sanitizer. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	if (!exact) {
		exit(EXIT_FAILURE);
	}
	memcpy(exact, data, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

/* One small change; returns the new length. */
static size_t mutate(uint8_t *data, size_t len, uint32_t *state)
{
	static const uint8_t telling[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0x04, 0x10, 0x20 };
	uint32_t at = draw(state, (uint32_t)len);
	size_t n = 1 + draw(state, 8);

	switch (draw(state, 5)) {
	case 0:
		data[at] ^= (uint8_t)(1 << draw(state, 8));
		return len;
	case 1:
		data[at] = telling[draw(state, sizeof(telling))];
		return len;
	case 2:
		return 1 + at;
	case 3: /* a piece left out */
		n = n < len - at ? n : len - at;
		memmove(data + at, data + at + n, len - at - n);
		return len > n ? len - n : len;
	default: /* a piece twice */
		n = n < len - at ? n : len - at;
		if (len + n > INPUT_MAX) {
			return len;
		}
		memmove(data + at + n, data + at, len - at);
		return len + n;
	}
}

static void run_mutations(unsigned long runs)
{
	uint8_t data[INPUT_MAX];
	uint32_t state = 1;
	size_t seed = 0;

	for (unsigned long i = 0; i < runs; i++) {
		size_t len = fuzz_seed(seed++, data, sizeof(data));

		if (len == 0) {
			seed = 0;
			continue;
		}
		for (uint32_t n = i < 64 ? 0 : 1 + draw(&state, 4); n > 0; n--) {
			len = mutate(data, len, &state);
		}
		run(data, len);
	}
}

static void run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(data, len);
}

int main(int argc, char **argv)
{
	const char *runs = getenv("FUZZ_RUNS");

	for (int i = 1; i < argc; i++) {
		run_file(argv[i]);
	}
	if (argc == 1) {
		run_mutations(runs ? strtoul(runs, NULL, 10) : RUNS_DEFAULT);
	}
	return EXIT_SUCCESS;
}
