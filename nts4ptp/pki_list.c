// SPDX-License-Identifier: GPL-2.0-or-later
/* What a CA's folder has, and until when: pki_list.h. Changes nothing. */
#include "nts4ptp/pki_list.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nts4ptp/cert.h"
#include "nts4ptp/cmd.h"
#include "nts4ptp/json.h"
#include "nts4ptp/pki_cert.h"

struct listing {
	const char *dir;
	int64_t now_s;
	int64_t limit_s;	/* what ends before is soon */
	bool json;
	struct json j;
	bool any_soon;
};

static void list_words(const char *file, const struct cert_info *info, int64_t days, bool soon)
{
	char date[CERT_DATE];

	printf("%-24s %s  %" PRId64 " days left%s  %s\n", file, cert_date(info->to_s, date), days,
	       soon ? "  SOON" : "", info->subject);
}

static void list_json(struct json *j, const char *file, const struct cert_info *info, int64_t days,
		      bool soon)
{
	char date[CERT_DATE];

	json_object(j, NULL);
	json_string(j, "file", file);
	json_string(j, "subject", info->subject);
	json_string(j, "not_after", cert_date(info->to_s, date));
	json_int(j, "days_left", days);
	json_bool(j, "soon", soon);
	json_object_end(j);
}

static void list_file(struct listing *l, const char *file)
{
	char path[PKI_PATH];
	struct cert_info info;
	int64_t days;
	bool soon;

	if (!pki_path(l->dir, file, "", path) || cert_read(path, &info) != ST_OK) {
		return;
	}
	days = (info.to_s - l->now_s) / PKI_DAY_S;
	soon = info.to_s < l->limit_s;
	l->any_soon = l->any_soon || soon;
	if (l->json) {
		list_json(&l->j, file, &info, days, soon);
	} else {
		list_words(file, &info, days, soon);
	}
}

static void list_files(struct listing *l, struct dirent **files, int n)
{
	json_init(&l->j, stdout);
	if (l->json) {
		json_array(&l->j, NULL);
	}
	for (int i = 0; i < n; i++) {
		list_file(l, files[i]->d_name);
	}
	if (l->json) {
		json_array_end(&l->j);
		putchar('\n');
	}
}

static int is_crt(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && !strcmp(d->d_name + len - 4, ".crt");
}

int pki_list(const char *dir, long days, bool json)
{
	int64_t now_s = (int64_t)time(NULL);
	struct listing l = { .dir = dir, .now_s = now_s, .limit_s = now_s + days * PKI_DAY_S,
			     .json = json };
	struct dirent **files;
	int n = scandir(dir, &files, is_crt, alphasort);

	if (n < 0) {
		return cmd_complain(dir, strerror(errno));
	}
	list_files(&l, files, n);
	while (n > 0) {
		free(files[--n]);
	}
	free(files);
	return l.any_soon ? CMD_NOT_UP : CMD_OK;
}
