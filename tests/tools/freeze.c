// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stops one thread of another process, as if it hung, until this program ends.
 *
 * freeze TID: prints "frozen" when it stands still.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t tid = argc == 2 ? atoi(argv[1]) : 0;
	int status;

	if (tid <= 0) {
		fputs("usage: freeze TID\n", stderr);
		return EXIT_FAILURE;
	}
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
	    waitpid(tid, &status, __WALL) != tid) {
		perror("freeze");
		return EXIT_FAILURE;
	}
	puts("frozen");
	fflush(stdout);
	pause();
	return EXIT_SUCCESS;
}
