# Synthesis: `make synth CONFIG=npu4 FAMILY=ecp5` (fpga/synth.sh); STYLE=nodsp leaves out the multiplier cells.
# SPDX-License-Identifier: Apache-2.0
FAMILY ?= ecp5

.PHONY: synth
synth: $(SETUP) ## area of one configuration with Yosys (CONFIG=, FAMILY=ecp5 or ice40, STYLE=nodsp)
	@PYTHON=$(PYTHON) nice -n 10 fpga/synth.sh $(CONFIG) $(FAMILY) $(STYLE)
