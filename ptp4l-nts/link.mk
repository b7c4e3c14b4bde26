# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compiles an unmodified linuxptp tree with its own makefile's OBJ, CFLAGS and LDLIBS, and links
# our seam in. Runs inside the output folder; called from ../Makefile, which sets
#	LP    linuxptp's tree		TOP  our tree		LIB  libnts.a
#	FLAGS is newer than what other flags or another tree have made
# config.c alone is compiled from an edited copy: its option table is static (edit-config).

default: error
error:
	$(error name a target)

include $(LP)/makefile

SEAM	= $(notdir $(patsubst %.c,%.o,$(wildcard $(TOP)/ptp4l-nts/*.c)))
WRAPS	= $(shell sed 's/\#.*//' $(TOP)/ptp4l-nts/wrapped)
# Does the release have static keys of its own?
LP_HAS	= -DLP_STATIC_KEYS=$(if $(wildcard $(LP)/sad.c),1,0)
WRAPLD	= $(WRAPS:%=-Wl,--wrap=%)

$(CURDIR)/config.c: $(LP)/config.c $(TOP)/ptp4l-nts/edit-config $(FLAGS)
	@$(TOP)/ptp4l-nts/edit-config $(LP)/config.c >$@.new && mv $@.new $@

# Found here before VPATH is looked at; its own headers are in the tree.
config.o: $(CURDIR)/config.c $(TOP)/config/ptp4l_options.h $(TOP)/ptp4l-nts/option_table.h $(TOP)/ptp4l-nts/static_table.h $(TOP)/ptp4l-nts/config_prelude.h $(FLAGS)
	@printf "  %-6s %s\n" CC linuxptp/config.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -I$(LP) -I$(TOP) -include ptp4l-nts/config_prelude.h -c -o $@ $<

$(filter-out config.o,$(OBJ)): %.o: $(LP)/%.c $(FLAGS)
	@printf '  %-6s %s\n' CC linuxptp/$(<F)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# linuxptp's headers are not ours to clean of -Wextra's warnings: -isystem. COVERAGE, in sanitizer
# builds, lets a test count the calls of each wrapped function; counts of other code would be told
# of on standard error.
$(SEAM): %.o: $(TOP)/ptp4l-nts/%.c $(FLAGS)
	@printf '  %-6s %s\n' CC ptp4l-nts/$(<F)
	@rm -f $*.gcda
	$(Q)$(CC) -std=gnu11 $(CFLAGS) $(SEAM_DEFS) $(LP_HAS) $(SEAM_WARN) $(if $(filter seam_wrap.o,$@),$(COVERAGE)) \
		-isystem $(LP) -I$(TOP) -MMD -MP -MF $*.dep -c -o $@ $<

# Each wrapped symbol must be defined by one object and used by another: a misspelt one would
# link without a word and secure nothing.
%/ptp4l-nts: $(OBJ) $(SEAM) $(LIB) $(TOP)/ptp4l-nts/wrapped
	@$(TOP)/ptp4l-nts/check-wrapped $(TOP)/ptp4l-nts/wrapped $(OBJ)
	@printf '  %-6s %s\n' LD ptp4l-nts
	$(Q)$(CC) $(COVERAGE) $(WRAPLD) -o $@ $(OBJ) $(SEAM) $(LIB) $(LDLIBS) $(NTS_LIBS)

-include $(wildcard *.dep)
