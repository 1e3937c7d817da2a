#!/usr/bin/env python3
"""Take unused carry outputs off a netlist for nextpnr-ecp5, which would build a cell (two LUTs) to lead each of them out.

Synopsis: fpga/ecp5_trim.py NETLIST.json      (in place; prints how many)
Yosys leaves COUT of the last CCU2C of every adder on a net that nothing reads. Nothing else is touched: the logic is the same.
Exit status 1 with one line when the file is not a netlist of Yosys.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import sys


def trim(module):
    used = {bit for port in module["ports"].values() for bit in port["bits"]}
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                used.update(bits)
    count = 0
    for cell in module["cells"].values():
        if cell["type"] == "CCU2C" and used.isdisjoint(cell["connections"].get("COUT", used)):
            cell["connections"]["COUT"] = ["x"]
            count += 1
    return count


def main():
    if len(sys.argv) != 2:
        sys.exit("ecp5_trim: want NETLIST.json")
    path = pathlib.Path(sys.argv[1])
    try:
        netlist = json.loads(path.read_text(encoding="utf-8"))
        count = sum(trim(module) for module in netlist["modules"].values() if module["cells"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"ecp5_trim: {path}: not a netlist of Yosys ({type(error).__name__}: {error})")
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(netlist), encoding="utf-8")
    os.replace(part, path)
    print(f"ecp5_trim: {count} unused carry outputs removed")


if __name__ == "__main__":
    main()
