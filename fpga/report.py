#!/usr/bin/env python3
"""Sum up one synthesis run: the counts of the whole NPU and of each block, into report.json and one line.

Synopsis: fpga/report.py OUT CONFIG FAMILY SECONDS      (fpga/synth.sh calls it)
OUT/cells/KIND lists the cells of one kind, `npu_top/NAME` a line. Yosys has flattened the design and named every cell after
the nearest signal, so that a name begins with the path of its block; a cell at the border of two may count for either. The
totals are exact. Exit status 1 with one line when a memory of more than FF_MEMORY bits became flip-flops.

LUTs that a place and route needs: LUT4 + 2 a carry cell on ecp5 (a CCU2C is two LUTs, a whole slice) + 3 a LUT RAM cell
(TRELLIS_DPR16X4: two LUTs, and its share of the slice that writes); on gowin LUT + 1 a carry (an ALU is a LUT's cell) + 4 a LUT RAM
cell (RAM16SDP4; there are few: an eighth of the LUTs can be RAM); on ice40 a carry shares the cell of its LUT.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import pathlib
import re
import sys

FF_MEMORY = {"ecp5": 64, "ice40": 512, "gowin": 64}  # bits; smaller ones are queues where flip-flops are right
# Rows of the table: name, prefixes of the instance path below npu_top; first match wins.
BLOCKS = [
    ("array", ["u_array_unit.u_array."]),
    ("accumulators", ["u_array_unit.u_accum."]),
    ("parameter sets", ["u_array_unit.u_params."]),
    ("array control", ["u_array_unit."]),
    ("lanes and output", ["u_vector_unit.u_post."]),
    ("softmax", ["u_vector_unit.gen_softmax."]),
    ("norm", ["u_vector_unit.gen_norm."]),
    ("vector unit, rest", ["u_vector_unit."]),
    ("scratchpad", ["u_scratchpad."]),
    ("load", ["u_load."]),
    ("store", ["u_store."]),
    ("sequencer", ["u_sequencer.", "u_tokens."]),
    ("registers", ["u_regs."]),
    ("trace", ["u_trace."]),
    ("top, read arbiter", [""]),
]
KINDS = ["LUT4", "carry", "FF", "DSP", "block_RAM", "LUT_RAM"]


def block_of(name):
    return next(block for block, prefixes in BLOCKS if any(name.startswith(p) for p in prefixes))


def luts(counts, family):
    carry, ram = {"ecp5": (2, 3), "gowin": (1, 4), "ice40": (0, 0)}[family]
    return counts["LUT4"] + carry * counts["carry"] + ram * counts["LUT_RAM"]


def count(out):
    blocks = {name: collections.Counter() for name, _ in BLOCKS}
    counters = set((out / "cells" / "carry_regs").read_text().splitlines())
    for kind in KINDS:
        for line in (out / "cells" / kind).read_text().splitlines():
            blocks["registers" if line in counters else block_of(line.partition("/")[2])][kind] += 1
    return blocks


def memories(log):
    """{memory: bits} of those that Yosys turned into flip-flops."""
    found, memory = {}, None
    for line in log.splitlines():
        if match := re.match(r"Warning: Replacing memory \\(\S+) with list of registers", line):
            found[match[1]] = None  # the size is not said
        elif match := re.match(r"Mapping memory \\(\S+) in module", line):
            memory = match[1]
        elif memory and (match := re.match(r"  created (\d+) \$dff cells and \d+ static cells of width (\d+)\.", line)):
            found[memory] = int(match[1]) * int(match[2])
            memory = None
    return found


def main():
    out, config, family, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    header = next(p for p in (pathlib.Path(f"{folder}/gen/config_{config}.vh") for folder in ("spec", "build")) if p.exists()).read_text()
    n = int(re.search(r"NPU_CFG_N (\d+)", header)[1])
    blocks = count(out)
    total = sum(blocks.values(), collections.Counter())
    in_ff = memories((out / "synth.log").read_text())
    report = {
        "config": config, "family": family, "multipliers": "DSP" if total["DSP"] else "LUT", "rows": n, "columns": n,
        "total": {kind: total[kind] for kind in KINDS} | {"LUT_sites": luts(total, family)},
        "array_LUT_per_MAC": round(luts(blocks["array"], family) / (n * n), 1),
        "blocks": {name: {kind: c[kind] for kind in KINDS} | {"LUT_sites": luts(c, family)} for name, c in blocks.items()},
        "memories_in_FF": in_ff, "seconds": seconds,
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    table = [f"{'block':<20}" + "".join(f"{kind:>10}" for kind in ["LUT_sites"] + KINDS)]
    for name, c in list(report["blocks"].items()) + [("total", report["total"])]:
        table.append(f"{name:<20}" + "".join(f"{c[kind]:>10}" for kind in ["LUT_sites"] + KINDS))
    (out / "table.txt").write_text("\n".join(table) + "\n")
    large = {name: bits for name, bits in in_ff.items() if bits is None or bits > FF_MEMORY[family]}
    if large:
        sys.exit(f"synth: {config} {family}: memories became flip-flops: "
                 + ", ".join(f"{name} ({bits or '?'} bits)" for name, bits in large.items()))
    t = report["total"]
    if not t["LUT4"]:
        print(f"{config} {family}, memories and multipliers only: {t['LUT_RAM']} LUT RAM, {t['DSP']} DSP, "
              f"{t['block_RAM']} block RAM; {seconds} s; {out}/report.json")
        return
    print(f"{config} {family}: {t['LUT_sites']} LUT sites ({t['LUT4']} LUT4, {t['carry']} carry, {t['LUT_RAM']} LUT RAM), "
          f"{t['FF']} FF, {t['DSP']} DSP, {t['block_RAM']} block RAM; array {report['array_LUT_per_MAC']} LUT/MAC; "
          f"{seconds} s; {out}/report.json, table.txt")


if __name__ == "__main__":
    main()
