#!/usr/bin/env python3
"""Take off a netlist for nextpnr-ecp5 what it would build carry cells (two LUTs each) for, without need.

Synopsis: fpga/ecp5_trim.py NETLIST.json      (in place; prints how many)
Yosys leaves COUT of the last CCU2C of every adder on a net that nothing reads: nextpnr would lead it out. And it starts every
adder with a constant on CIN: nextpnr would build a cell that makes the constant. With it the first half's carry is a function of A0
and B0 alone, which the half makes without CIN (as in rtl/npu_add_ecp5.v); its sum, where something reads it, becomes a LUT.
Nothing else is touched: the logic is the same (suite fpga-flow proves it on adders, subtracters, comparisons).
Exit status 1 with one line when the file is not a netlist of Yosys.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import sys


def init(cell, half):
    """INIT0 or INIT1 as a list of its 16 bits, bit 8D+4C+2B+A."""
    text = cell["parameters"][f"INIT{half}"]
    value = int(text, 2) if isinstance(text, str) else text
    return [value >> i & 1 for i in range(16)]


def bits(values):
    return "".join(str(v) for v in reversed(values))


def first_half(cell, used):
    """Frees the first half of a CCU2C of its constant CIN; returns the LUT4 that makes its sum, None when nothing reads it,
    False when the half is left as it is."""
    ports = cell["connections"]
    carry, c, d = ports["CIN"][0], ports["C0"][0], ports["D0"][0]
    if not {carry, c, d} <= {"0", "1"} or cell["parameters"]["INJECT1_0"].strip() != "NO":
        return False
    table, carry = init(cell, 0), int(carry)
    at = 8 * int(d) + 4 * int(c)
    total = ports.get("S0", ["x"])[0]
    lut = None
    if total in used:
        lut = {"hide_name": 1, "type": "LUT4", "parameters": {"INIT": bits([table[i] ^ carry for i in range(16)])}, "attributes": {},
               "port_directions": {"A": "input", "B": "input", "C": "input", "D": "input", "Z": "output"},
               "connections": {"A": ports["A0"], "B": ports["B0"], "C": ports["C0"], "D": ports["D0"], "Z": [total]}}
    cell["parameters"]["INIT0"] = bits([carry if table[at + i] else table[i] for i in range(4)] + [0] * 12)
    ports.update(CIN=["x"], C0=["1"], D0=["1"], S0=["x"])
    return lut


def trim(module):
    used = {bit for port in module["ports"].values() for bit in port["bits"]}
    for cell in module["cells"].values():
        for port, nets in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                used.update(nets)
    used -= {"0", "1", "x", "z"}
    ends = starts = 0
    luts = {}
    for name, cell in module["cells"].items():
        if cell["type"] != "CCU2C":
            continue
        if used.isdisjoint(cell["connections"].get("COUT", ["x"])):
            ends += cell["connections"].get("COUT", ["x"]) != ["x"]
            cell["connections"]["COUT"] = ["x"]
        if (lut := first_half(cell, used)) is not False:
            starts += 1
            if lut:
                luts[f"{name}$first"] = lut
    module["cells"].update(luts)
    return ends, starts


def main():
    if len(sys.argv) != 2:
        sys.exit("ecp5_trim: want NETLIST.json")
    path = pathlib.Path(sys.argv[1])
    try:
        netlist = json.loads(path.read_text(encoding="utf-8"))
        counts = [trim(module) for module in netlist["modules"].values() if module["cells"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"ecp5_trim: {path}: not a netlist of Yosys ({type(error).__name__}: {error})")
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(netlist), encoding="utf-8")
    os.replace(part, path)
    print(f"ecp5_trim: {sum(c[0] for c in counts)} unused carry outputs, {sum(c[1] for c in counts)} constant carry inputs removed")


if __name__ == "__main__":
    main()
