# The page of `systole run --html`, as a C string.   SPDX-License-Identifier: Apache-2.0
CLI_SRCS += $(BUILD)/gen/report_page.c

$(BUILD)/gen/report_page.c: sw/cli/report.html sw/cli/sources.mk
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char report_page[]; const char report_page[] ='; \
	    sed -e 's/\\/\\\\/g; s/"/\\"/g; s/?/\\?/g; s/.*/"&\\n"/' $<; echo ';'; } >$@
