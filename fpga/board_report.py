#!/usr/bin/env python3
"""Sum up one board's place and route in report.json and one line.

Synopsis: fpga/board_report.py OUT BOARD CONFIG CLK_HZ CLOCK SECONDS      (fpga/board.sh calls it)
Reads OUT/pnr.json, nextpnr's report, and OUT/cells, Yosys' counts of the netlist. Exit status 1 with one line when a clock misses its
constraint, or when the clock that the board runs on (the net CLOCK) is not constrained to CLK_HZ at least: a constraint that nobody gave is not met.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import re
import sys

# nextpnr's names of what can run out; where a device has several, the first that is used. Gowin's LUT4 counts carry cells
# too, but not what LUT RAM takes.
KINDS = {
    "LUT": ["TRELLIS_COMB", "ICESTORM_LC", "LUT4"],
    "FF": ["TRELLIS_FF", "DFF"],
    "DSP": ["MULT18X18D", "ICESTORM_DSP", "MULT18X18", "MULT9X9"],
    "block_RAM": ["DP16KD", "ICESTORM_RAM", "BSRAM"],
    "SPRAM": ["ICESTORM_SPRAM"],
    "LUT_RAM": ["TRELLIS_RAMW", "RAM16SDP4"],
    "PLL": ["EHXPLLL", "ICESTORM_PLL", "rPLL"],
}


def main():
    out, board, config = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    asked, clock, seconds = int(sys.argv[4]), sys.argv[5], int(sys.argv[6])
    pnr = json.loads((out / "pnr.json").read_text())
    used = {}
    for kind, names in KINDS.items():
        rows = [pnr["utilization"][name] for name in names if name in pnr["utilization"]]
        used[kind] = next(({key: row[key] for key in ("used", "available")} for row in sorted(rows, key=lambda row: not row["used"])), None)
    if used["LUT"] and not used["FF"]:  # iCE40: nextpnr counts logic cells, each with a LUT and a flip-flop
        flops = re.findall(r"^ *SB_DFF\w* +(\d+)", (out / "cells").read_text(), re.M)
        used["FF"] = {"used": sum(map(int, flops)), "available": used["LUT"]["available"]}
    clocks = {name: {"met_MHz": round(c["achieved"], 2), "wanted_MHz": round(c["constraint"], 2)}
              for name, c in pnr["fmax"].items()}
    ours = next((c for name, c in clocks.items() if name.removeprefix("$glbnet$").split("$")[0] == clock), None)
    report = {"board": board, "config": config, "clk_hz": asked, "clock": ours, "clocks": clocks, "seconds": seconds,
              "used": {kind: u for kind, u in used.items() if u}}
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    for name, c in clocks.items():
        if c["met_MHz"] < c["wanted_MHz"]:
            sys.exit(f"fpga: {board} {config}: clock {name} meets {c['met_MHz']} MHz, wanted {c['wanted_MHz']} (log: {out}/pnr.log.all)")
    if not ours or ours["wanted_MHz"] * 1e6 < asked * 0.999:
        sys.exit(f"fpga: {board} {config}: clock {clock} is not constrained to {asked / 1e6:g} MHz (log: {out}/pnr.log.all)")
    cells = ", ".join(f"{u['used']}/{u['available']} {kind}" for kind, u in report["used"].items() if kind != "PLL")
    print(f"{board} {config}: {cells}; {ours['met_MHz']} MHz met, runs at {asked / 1e6:g}; {seconds} s; {out}/report.json")


if __name__ == "__main__":
    main()
