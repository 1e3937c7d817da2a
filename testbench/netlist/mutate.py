#!/usr/bin/env python3
"""A copy of an ECP5 netlist with faults, of which none or one is there in a run: what a test of the netlist must notice.

Synopsis: mutate.py NETLIST OUT SELECT LIST [REGISTER[BIT]]... [--seed 1] [--each 1]
NETLIST: build/netlist/BOARD/npu.v; OUT: the copy, module npu_top. SELECT: the path of a file that names the fault of a run when the
simulator starts: one hexadecimal number, 0 for none. LIST: what each fault is, one a line, `number block what`.

REGISTER[BIT]: that bit of a register and the next one exchange their inputs. Without any, faults of two kinds are drawn from --seed,
--each of them in each larger block (the first one or two parts of a register's name): such an exchange, and one bit of the
table of a LUT4 that feeds a register. A drawn one may change nothing that can be seen: bits 11 and 12 of a count of blocks, say.
Exit status 1 with one line when a register is not there, or fewer than ten blocks are: a netlist of another form.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import pathlib
import random
import re
import sys

LEAST = 30  # registers' bits of a block that gets faults
LUT = re.compile(r"  LUT4 #\(\n    \.INIT\(16'h([0-9a-f]{4})\)\n  \) (\S+) \(\n(?:    .*\n)*?    \.Z\((\S+(?: \[\d+\])?)\s*\)\n  \);\n")
FLOP = re.compile(r"  TRELLIS_FF #\(\n(?:    .*\n)*?  \) (\S+) \(\n(?:    .*\n)*?    \.DI\((\S+)\),\n(?:    .*\n)*?    \.Q\(\\(\S+) (?:\[(\d+)\])?\)\n  \);\n")


def block_of(name):
    parts = name.split(".")
    return ".".join(parts[:min(2, len(parts) - 1)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("netlist", "out", "select", "list"):
        parser.add_argument(name)
    parser.add_argument("fault", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=1)
    options = parser.parse_args()
    rng, text = random.Random(options.seed), pathlib.Path(options.netlist).read_text()
    luts = {m[3]: m for m in LUT.finditer(text)}
    flops = {}
    for m in FLOP.finditer(text):
        flops.setdefault(block_of(m[3]), []).append(m)
    edits, said, used = [], [], set()  # edits: (from, to, new text)

    def flip(found, k):
        fed = [(m, luts[m[2]]) for m in found if m[2] in luts and luts[m[2]][2] not in used]
        if not fed:
            return None
        m, lut = rng.choice(fed)
        bit = rng.randrange(16)
        used.add(lut[2])
        edits.append((lut.start(), lut.end(), re.sub(
            r"LUT4 #\(\n.*\n  \) \S+ \(", f"npu_fault_lut #(.INIT(16'h{lut[1]}), .BIT({bit})) {lut[2]} (\n    .fault(fault[0] == 16'd{k}),", lut[0])))
        return f"bit {bit} of the table of {lut[2]}, which feeds {m[3]}[{m[4] or 0}]"

    def swap(found, k, wanted=None):
        bits = {(m[3], int(m[4])): m for m in found if m[4] and m[1] not in used}
        pairs = [(m, bits[name, i + 1]) for (name, i), m in bits.items() if (name, i + 1) in bits and m[2] != bits[name, i + 1][2]]
        pairs = [(a, b) for a, b in pairs if wanted in (None, f"{a[3]}[{a[4]}]")]
        if not pairs:
            return None
        a, b = rng.choice(pairs)
        used.update((a[1], b[1]))
        edits.extend((m.start(2), m.end(2), f"fault[0] == 16'd{k} ? {other[2]} : {m[2]}") for m, other in ((a, b), (b, a)))
        return f"{a[3]}[{b[4]}:{a[4]}] exchanged"

    for name in options.fault:
        what = swap(flops.get(block_of(name), []), len(said) + 1, name)
        if not what:
            sys.exit(f"{options.netlist}: no register {name} and a next bit that another function feeds")
        said.append(f"{len(said) + 1} {block_of(name)} {what}")
    for block, found in sorted(flops.items()) if not options.fault else ():
        for turn in range(options.each if len(found) >= LEAST else 0):
            kinds = (flip, swap) if len(said) % 2 == 0 else (swap, flip)
            what = next(filter(None, (kind(found, len(said) + 1) for kind in kinds)), None)
            if what:
                said.append(f"{len(said) + 1} {block or 'npu_top'} {what}")
    if not options.fault and len(said) < 10:
        sys.exit(f"{options.netlist}: only {len(said)} blocks with faults to make: is it a netlist of netlist.sh?")
    out, at = [], 0
    for begin, end, new in sorted(edits):
        out += [text[at:begin], new]
        at = end
    out.append(text[at:])
    first = "".join(out)
    head = first.index("module npu_top(")
    body = first.index(");\n", head) + 3
    pathlib.Path(options.out).write_text(
        first[:body] + f'  reg [15:0] fault [0:0];\n  initial $readmemh("{options.select}", fault);\n' + first[body:]
        + "module npu_fault_lut #(parameter [15:0] INIT = 0, parameter BIT = 0) (input fault, A, B, C, D, output Z);\n"
        "  wire [15:0] init = INIT ^ (fault ? 16'd1 << BIT : 16'd0);\n  assign Z = init[{D, C, B, A}];\nendmodule\n")
    pathlib.Path(options.list).write_text("\n".join(said) + "\n")


if __name__ == "__main__":
    main()
