#!/bin/sh
# Suite: the board flow on small designs: a bitstream with its report where all is well; one line, exit status 1 and no bitstream
# where the clock is missed, not constrained, the design too large, a tool missing, the board unknown.
#
# Synopsis: tests/fpga/run.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
export FPGA_BOARDS=tests/fpga PYTHON=build/venv/bin/python
mkdir -p build/test
log=build/test/fpga.out
passed=0 failed=0
check() { # what, status
    if [ "$2" -eq 0 ]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL fpga $1: $(head -1 $log); rerun: tests/fpga/run.sh"; fi
}
refused() { # what, words of the line, board
    if fpga/board.sh "$3" >$log 2>&1; then check "$1 is not refused" 1; return; fi
    [ "$(wc -l <$log)" -eq 1 ] && grep -q "$2" $log && [ ! -e "build/fpga/$3/$3.bit" ]
    check "$1: want one line with '$2' and no bitstream" $?
}
fpga/board.sh good >$log 2>&1
check good $?
[ -s build/fpga/good/good.bit ] && grep -q '"block_RAM"' build/fpga/good/report.json
check "good: bitstream and report" $?
fpga/board.sh annealed >$log 2>&1
check annealed $?
grep -q 'half perimeters .* -> ' build/fpga/annealed/anneal.log.all && [ -s build/fpga/annealed/annealed.bit ]
check "annealed: the placement is annealed, and routed to a bitstream" $?
$PYTHON tests/fpga/anneal.py build/test/anneal >$log 2>&1
check "anneal" $?
refused "a missed clock" 'wanted 600\|Max frequency' slow
refused "a clock without constraint" 'not constrained to 25 MHz' free
refused "a design too large" 'ERROR: ' large
refused "an unknown board" "no board 'none'; there are: " none
tests/fpga/gowin.sh build/test/gowin >$log 2>&1
check "gowin" $?
FPGA_TOOLS=build/no-such-folder
export FPGA_TOOLS
refused "a missing nextpnr" 'nextpnr-ecp5 not found: run make fpga' good
tests/fpga/mapping.sh build/test/mapping >$log 2>&1
check "mapping" $?
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
