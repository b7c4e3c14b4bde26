# SPDX-License-Identifier: GPL-2.0-or-later
#
# make           build/ptp4l-nts, build/nts-agent, build/nts-ked, build/nts4ptp
# make demo      builds and shows it all in network namespaces (root)
# make picture   a clock's offset over rotations and outages, as SVG (root)
# make check     unit and network tests under ASan and UBSan (root)
# make faults    docs/faults.md: what each of a dozen faults looks like (root)
# make bench     costs, as ratios
# make matrix    docs/matrix.md: what runs on which release (root); LINUXPTP44_SRC=DIR adds 4.4;
#                in parts: see there
# make install   DESTDIR and prefix as usual
# make deb       Debian packages, in build/deb
# make deb-check installs them in a clean root, starts and removes them (root, a Debian archive)
#
# LINUXPTP=4.2 (default) or 3.1.1 is fetched once; LINUXPTP_SRC=DIR builds another tree.
# SAN=1 builds with sanitizers, in build/san; SAN=thread with that for threads, in build/san-thread.

.SUFFIXES:
SHELL		= /bin/bash
MAKEFLAGS	+= --no-print-directory
.DELETE_ON_ERROR:

CC		= gcc
SAN		?=
LINUXPTP	?= 4.2
LINUXPTP_SRC	?=
BUILD		?= build$(if $(SAN),/san)$(addprefix -,$(filter thread,$(SAN)))
DL		?= build/dl
out		:= $(abspath $(BUILD))
top		:= $(CURDIR)

version		= 0.1.0

prefix		?= /usr/local
sbindir		?= $(prefix)/sbin
bindir		?= $(prefix)/bin
libexecdir	?= $(prefix)/libexec
sysconfdir	?= /etc
docdir		?= $(prefix)/share/doc/ptp4l-nts
unitdir		?= $(prefix)/lib/systemd/system
mandir		?= $(prefix)/share/man

warn		= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
harden		= -fstack-protector-strong -fstack-clash-protection -fPIE \
		  $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
san		= $(if $(SAN),-fsanitize=$(if $(filter thread,$(SAN)),thread,address$(comma)undefined) \
		  -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
comma		:= ,
opt		= $(if $(SAN),-O1 -g,-O2 -g)
CFLAGS		?= $(opt)
cflags		= -std=c11 -D_GNU_SOURCE -I$(top) $(warn) $(CFLAGS) $(harden) $(san) \
		  -DLIBEXECDIR='"$(libexecdir)/ptp4l-nts"' -DNTS_VERSION='"$(version)"'
ldflags		= -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(san) $(LDFLAGS)
libs		= -lgnutls -lnettle -levent_core -levent_extra -lsqlite3 -linih -lmicrohttpd

ifneq ($(findstring -flto,$(CFLAGS) $(LDFLAGS) $(CC)),)
$(error -flto silently undoes the linker's --wrap, and with it all security: build without it)
endif

ifneq ($(words $(CURDIR) $(BUILD)),2)
$(error make cannot build in a folder whose path has spaces in it: $(CURDIR), BUILD=$(BUILD): put it where there are none)
endif

modules		= util nts tlv unicast agent ked config status
lib_src		= $(filter-out %/main.c,$(wildcard $(modules:%=%/*.c)))
lib_obj		= $(lib_src:%.c=$(out)/obj/%.o)
tool_src	= $(filter-out %/main.c,$(wildcard nts4ptp/*.c))
tool_obj	= $(tool_src:%.c=$(out)/obj/%.o)
lib		= $(out)/libnts.a
drills		= $(patsubst nts4ptp/%,$(out)/%,$(wildcard nts4ptp/drill/*.sh))
programs	= $(out)/ptp4l-nts $(out)/nts-agent $(out)/nts-ked $(out)/nts4ptp $(drills)

all: $(programs)

# ---- our modules --------------------------------------------------------------------------

deps:
	@ci/deps

# Installs what is missing, once per change of the list.
$(out)/.deps: ci/packages ci/deps
	@ci/deps
	@mkdir -p $(@D) && touch $@

# Recompiles all when a flag changes.
$(out)/.flags: FORCE
	@mkdir -p $(@D); echo '$(CC) $(cflags) $(ldflags) $(LINUXPTP) $(LINUXPTP_SRC)' >$@.new; \
		cmp -s $@ $@.new && rm $@.new || mv $@.new $@

$(out)/obj/%.o: %.c $(out)/.flags | $(out)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cflags) -MMD -MP -c -o $@ $<

$(lib): $(lib_obj)
	$(call say,AR,$(@F))
	$(Q)rm -f $@ && ar rcs $@ $^

$(out)/nts-agent: $(out)/obj/agent/main.o $(lib)
$(out)/nts-ked: $(out)/obj/ked/main.o $(lib)
$(out)/nts4ptp: $(out)/obj/nts4ptp/main.o $(tool_obj) $(lib)
$(out)/nts-agent $(out)/nts-ked $(out)/nts4ptp:
	$(call say,LD,$(@F))
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs)

# What nts4ptp drill runs, beside it.
$(out)/drill/%: nts4ptp/drill/%
	@mkdir -p $(@D) && cp $< $@

# ---- linuxptp, fetched, unmodified, with our seam linked in --------------------------------

ifeq ($(LINUXPTP_SRC),)
lp_src		= $(out)/linuxptp-src
$(lp_src)/.fetched: ci/fetch-linuxptp $(out)/.flags | $(out)/.deps
	@ci/fetch-linuxptp $(LINUXPTP) $(DL) $(lp_src) || { \
	  [ $(LINUXPTP) != 3.1.1 ] && \
	  echo '*** linuxptp $(LINUXPTP) IS NOT TO BE HAD: BUILDING 3.1.1 INSTEAD ***' >&2 && \
	  ci/fetch-linuxptp 3.1.1 $(DL) $(lp_src); }
	@touch $@
lp_ready	= $(lp_src)/.fetched
else
lp_src		= $(abspath $(LINUXPTP_SRC))
lp_ready	= $(lp_src)/makefile
endif

# At -O1 gcc takes fup in linuxptp's tc.c for one that may be uninitialized; it is not.
lp_cflags	= $(CFLAGS) $(harden) $(if $(SAN),-Wno-maybe-uninitialized)

# In sanitizer builds and for the matrix: a test counts the calls of each wrapped function.
COVERAGE	?= $(if $(SAN),--coverage)

lp_make		= $(Q)+$(MAKE) -C $(1) -f $(top)/ptp4l-nts/link.mk \
		  DEPEND= LP=$(lp_src) TOP=$(top) FLAGS=$(out)/.flags CC='$(CC)' LIB=$(lib) Q='$(Q)' \
		  SEAM_WARN='$(warn)' \
		  EXTRA_CFLAGS='$(lp_cflags) $(san)' EXTRA_LDFLAGS='$(ldflags)' \
		  SEAM_DEFS='-DLIBEXECDIR="\"$(libexecdir)/ptp4l-nts\"" -DNTS_VERSION="\"$(version)\""' \
		  NTS_LIBS='$(libs)' COVERAGE=$(COVERAGE)

# linuxptp's makefile must not have our CFLAGS of the command line in place of its own.
$(out)/ptp4l-nts $(out)/stock/%: MAKEOVERRIDES =

$(out)/ptp4l-nts: $(lib) $(lp_ready) $(out)/.flags FORCE
	@mkdir -p $(out)/seam
	$(call lp_make,$(out)/seam) $(out)/ptp4l-nts

# Stock programs of the same tree, for tests and comparisons only.
$(out)/stock/.empty: $(lp_ready) $(out)/.flags
	@mkdir -p $(@D) && rm -f $(@D)/*.o && touch $@

$(out)/stock/%: $(out)/stock/.empty
	$(call say,STOCK,$(@F))
	$(Q)+$(MAKE) -s -C $(@D) -f $(lp_src)/makefile DEPEND= CC='$(CC)' \
		EXTRA_CFLAGS='$(lp_cflags)' $(@F) >/dev/null

# One after the other: they share objects.
$(out)/stock/pmc: | $(out)/stock/ptp4l
$(out)/stock/nsm: | $(out)/stock/pmc
$(out)/stock/phc2sys: | $(out)/stock/nsm
$(out)/stock/ts2phc: | $(out)/stock/phc2sys
$(out)/stock/timemaster: | $(out)/stock/ts2phc

stock: $(patsubst %,$(out)/stock/%,ptp4l pmc nsm phc2sys ts2phc timemaster)

# ---- tests ---------------------------------------------------------------------------------

unit_src	= $(if $(UNIT),tests/unit/$(UNIT).c,$(wildcard tests/unit/test_*.c))
unit_help	= $(patsubst %.c,$(out)/obj/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
unit_bin	= $(unit_src:tests/unit/%.c=$(out)/unit/%)
tools_bin	= $(patsubst tests/tools/%.c,$(out)/tools/%,$(wildcard tests/tools/*.c))
shim_so		= $(patsubst tests/shim/%.c,$(out)/tools/%.so,$(wildcard tests/shim/*.c))
bench_bin	= $(patsubst tests/bench/%.c,$(out)/bench/%,$(wildcard tests/bench/*.c))
fuzz_bin	= $(patsubst tests/fuzz/%.c,$(out)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

$(out)/unit/%: $(out)/obj/tests/unit/%.o $(unit_help) $(lib)
	@mkdir -p $(@D)
	$(call say,LD,unit/$(@F))
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs) -lcheck -lsubunit -lm -lrt -lpthread

$(out)/unit/test_conf: $(out)/obj/nts4ptp/conf.o

$(out)/tools/%: $(out)/obj/tests/tools/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,tools/$(@F))
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs)

$(out)/bench/%: $(out)/obj/tests/bench/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,bench/$(@F))
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs)

# nts-ked with a piece taken out, by the linker, for comparisons in the bench.
ked_nocert_wrap	= gnutls_certificate_server_set_request tls_peer
ked_nocache_wrap = tls_cache_find
$(out)/bench/ked_%: $(out)/obj/tests/bench/ked_%.o $(out)/obj/ked/main.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,bench/$(@F))
	$(Q)$(CC) $(ldflags) $(patsubst %,-Wl$(comma)--wrap=%,$(ked_$*_wrap)) -o $@ $^ $(libs)

$(out)/fuzz/%: $(out)/obj/tests/fuzz/%.o $(out)/obj/tests/fuzz/standalone.o $(tool_obj) $(lib)
	@mkdir -p $(@D)
	$(call say,LD,fuzz/$(@F))
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs)

.SECONDARY:
# Preloaded by tests: no sanitizer of its own.
$(out)/tools/%.so: tests/shim/%.c
	@mkdir -p $(@D)
	$(call say,LD,tools/$(@F))
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(warn) -O2 -fPIC -shared -o $@ $< -ldl

tools: $(tools_bin) $(shim_so)

unit: $(unit_bin)
	@ci/unit $(unit_bin)

fuzz: $(fuzz_bin)
	@n=0; for f in $(fuzz_bin); do n=$$((n + 1)); \
		echo "fuzz $$n/$(words $(fuzz_bin)): $$(basename $$f)"; $$f || exit 1; done

# Network tests of the program set in BUILD.
net: $(programs) tools stock
	@ci/net $(out) $(TESTS)

# 504 changes of keys under traffic, about five minutes.
rotations: $(programs) tools
	@ci/as-root ci/rotations $(out)

# Every release has its own build; the table is made from runs, of all or of ROWS and TESTS.
LINUXPTP44_SRC	?=
matrix_31	= $(out)/matrix-3.1.1
matrix_42	= $(out)/matrix-4.2
matrix_44	= $(if $(LINUXPTP44_SRC),$(out)/matrix-4.4)
matrix: export COVERAGE = --coverage
matrix:
	+$(Q)$(MAKE) BUILD=$(matrix_31) LINUXPTP=3.1.1 LINUXPTP_SRC= all tools stock
	+$(Q)$(MAKE) BUILD=$(matrix_42) LINUXPTP=4.2 LINUXPTP_SRC= all tools stock
	$(if $(matrix_44),+$(Q)$(MAKE) BUILD=$(matrix_44) LINUXPTP_SRC=$(LINUXPTP44_SRC) all tools stock)
	@ci/as-root tests/matrix/matrix docs/matrix.md $(matrix_31) $(matrix_42) $(matrix_44)

faults: $(programs) tools stock
	@FAULTS_OUT=docs/faults.md BUILD=$(out) ci/as-root tests/net/tool_probe.t

check: $(if $(SAN),,$(out)/.deps)
	@ci/check $(MAKE)

demo: $(programs) tools stock
	@ci/as-root demo/demo.sh $(out)

picture: $(programs) tools stock
	@ci/as-root demo/picture.sh $(out)

bench: $(programs) $(bench_bin) stock tools
	@ci/bench $(MAKE) $(out)

# ---- installation --------------------------------------------------------------------------

install: $(programs)
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/ptp4l-nts \
		$(DESTDIR)$(docdir)/examples $(DESTDIR)$(unitdir)
	install -m 755 $(out)/ptp4l-nts $(out)/nts-ked $(DESTDIR)$(sbindir)
	install -m 755 $(out)/nts-agent $(DESTDIR)$(libexecdir)/ptp4l-nts
	install -d $(DESTDIR)$(libexecdir)/ptp4l-nts/drill
	install -m 644 $(drills) $(DESTDIR)$(libexecdir)/ptp4l-nts/drill
	install -m 755 $(out)/nts4ptp $(DESTDIR)$(bindir)
	install -m 644 README.md docs/*.md docs/*.svg docs/spec/*.md $(DESTDIR)$(docdir)
	install -m 644 config/*.conf packaging/prometheus/* packaging/grafana/* \
		$(DESTDIR)$(docdir)/examples
	install -d $(addprefix $(DESTDIR)$(mandir)/man,1 5 8)
	for s in 1 5 8; do install -m 644 man/*.$$s $(DESTDIR)$(mandir)/man$$s || exit 1; done
	install -d $(DESTDIR)$(prefix)/lib/sysusers.d $(DESTDIR)$(prefix)/lib/tmpfiles.d
	for p in nts-ked ptp4l-nts; do for d in sysusers tmpfiles; do \
		install -m 644 packaging/$$p.$$d $(DESTDIR)$(prefix)/lib/$$d.d/$$p.conf || exit 1; \
	done; done
	for u in nts-ked.service ptp4l-nts@.service ptp4l-nts-metrics.service; do \
		sed 's|/usr/local/sbin|$(sbindir)|; s|/usr/local/bin|$(bindir)|' packaging/$$u >$(DESTDIR)$(unitdir)/$$u && \
		chmod 644 $(DESTDIR)$(unitdir)/$$u || exit 1; \
	done

# Packages for this Debian, in build/deb.
deb:
	$(Q)+$(MAKE) BUILD=$(BUILD)/deb DL=$(DL) prefix=/usr all
	$(Q)rm -rf $(out)/deb/root && $(MAKE) -s BUILD=$(BUILD)/deb DL=$(DL) \
		prefix=/usr DESTDIR=$(out)/deb/root install
	$(Q)packaging/deb/make $(out)/deb/root $(out)/deb $(version) $(LINUXPTP)

# No part of check, which needs no archive: debootstrap fetches a root, half a minute and more.
deb-check: deb
	@ci/as-root tests/build/packages $(out)/deb

clean:
	@if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name dl -exec rm -rf {} +; fi

distclean:
	rm -rf build

# ---- ---------------------------------------------------------------------------------------

V		?=
Q		= $(if $(V),,@)
say		= @printf '  %-6s %s\n' $(1) $(2)

FORCE:
.PHONY: all deb deps tools unit fuzz net matrix rotations faults check demo picture bench install deb-check clean distclean stock FORCE

-include $(shell [ -d $(out) ] && find $(out) -type f -name '*.d' -not -path '*/seam/*' -not -path '*/stock/*' 2>/dev/null)
