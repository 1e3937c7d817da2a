#!/usr/bin/env python3
"""Shorten the wires of a placement by nextpnr-ecp5, so that a full device routes: writes it as a problem, runs fpga/anneal on it, takes the places back.

Synopsis: fpga/ecp5_anneal.py PLACED.json OUT.json [option of build/anneal]...
PLACED.json: of nextpnr-ecp5 --no-route --write; OUT.json: for nextpnr-ecp5 --no-pack --no-place. Logic cells change places, and RAMs and
multipliers with their like; pins, PLL and clock buffers stay. Carry chains, wide multiplexers and LUT RAMs move with their tiles.
Prints build/anneal's lines (fpga/anneal/main.c). Exit status 1 with one line when the file is not such a placement.

The problem, numbers apart by white space: width, height, cells, nets; a row per cell (its fields in order: anneal_cell_t of fpga/anneal/anneal.h
up to `inverted`, and whether its chain goes on in the next tile); all pins of nets, and per net how many cells and which; for timing how many nets
there are with those that have no length, the driver of each; arcs, launches and captures, each behind its count. The answer: cell, x, y,
place in the tile; for a block -1, -1 and the block in whose place it is now.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

KINDS = {"TRELLIS_COMB": 0, "TRELLIS_FF": 1, "TRELLIS_RAMW": 2, "DP16KD": 4, "MULT18X18D": 4}
FIXED = 3
COMB_HELD, COMB_USES_M, COMB_RAM = 1, 2, 4
FF_FROM_M, FF_PAIRED, FF_HELD = 1, 2, 4
# Pins inside a tile, and carries: no wire leads there.
MUX = ("F1", "FXA", "FXB")
RAM_WRITE = ("WD", "WAD0", "WAD1", "WAD2", "WAD3")
INNER = {"FCI", "DI", *MUX, *RAM_WRITE}
# Delays of cells in ps, rounded, speed grade 6; they tell which paths are long, nextpnr tells how long.
LUT, LUT_MUX, MUX_SELECT, MUX_DATA, TO_CARRY, CARRY, CARRY_OUT = 240, 350, 250, 200, 450, 40, 440
FF_OUT, CE_SETUP, LSR_SETUP, RAM_OUT, RAM_OUT_REGISTER, RAM_SETUP = 530, 100, 300, 5600, 700, 200
MULTIPLY, MULTIPLY_OUT, MULTIPLY_OUT_REGISTER, MULTIPLY_IN, MULTIPLY_IN_REGISTER = 3700, 3500, 800, 2500, 300
OTHER_OUT, OTHER_IN = 1000, 500


def comb_timing(pins, mode):
    arcs = [arc for p in "ABCD" for arc in ((p, "F", LUT), (p, "OFX", LUT_MUX), (p, "FCO", TO_CARRY))]
    arcs += [("FCI", "FCO", CARRY), ("FCI", "F", CARRY_OUT), ("M", "OFX", MUX_SELECT), *((p, "OFX", MUX_DATA) for p in MUX)]
    return arcs, {}, {"WRE": CE_SETUP} if mode == "DPRAM" else {}


def multiplier_timing(pins, settings):
    registered = [settings.get(name, "NONE") != "NONE" for name in ("REG_INPUTA_CLK", "REG_OUTPUT_CLK")]
    outs = [p for p in pins if re.fullmatch(r"P\d+", p)]
    ins = [p for p in pins if re.fullmatch(r"[AB]\d+", p)]
    if not any(registered):
        return [(i, o, MULTIPLY) for i in ins for o in outs], {}, {}
    return [], dict.fromkeys(outs, MULTIPLY_OUT_REGISTER if registered[1] else MULTIPLY_OUT), \
        dict.fromkeys(ins, MULTIPLY_IN_REGISTER if registered[0] else MULTIPLY_IN)


def timing(cell):
    """Arcs (input, output, ps), pins where paths start with their delay, and where they end."""
    kind, pins, settings, direction = cell["type"], cell["connections"], cell["parameters"], cell["port_directions"]
    outs = [p for p in pins if direction[p] == "output"]
    ins = [p for p in pins if direction[p] == "input"]
    if kind == "TRELLIS_COMB":
        return comb_timing(pins, settings.get("MODE"))
    if kind == "TRELLIS_RAMW":
        return [], {}, {p: 0 for p in pins if p[0] in "ABCD"}
    if kind == "TRELLIS_FF":
        return [], {"Q": FF_OUT}, {"DI": 0, "M": 0, "CE": CE_SETUP, "LSR": LSR_SETUP}
    if kind == "DP16KD":
        return [], dict.fromkeys(outs, RAM_OUT_REGISTER if settings.get("REGMODE_A") == "OUTREG" else RAM_OUT), dict.fromkeys(ins, RAM_SETUP)
    if kind == "MULT18X18D":
        return multiplier_timing(pins, settings)
    return [], dict.fromkeys(outs, OTHER_OUT), dict.fromkeys(ins, OTHER_IN)


class Placement:
    def __init__(self, path):
        try:
            self.file = json.loads(path.read_text())
            self.top = max(self.file["modules"].values(), key=lambda module: len(module["cells"]))
            self.names = list(self.top["cells"])
            self.cells = list(self.top["cells"].values())
            self.bels = [cell["attributes"]["NEXTPNR_BEL"] for cell in self.cells]
            self.places = [self.place(bel) for bel in self.bels]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            sys.exit(f"ecp5_anneal: {path}: not a placement of nextpnr-ecp5 ({type(error).__name__}: {error})")
        self.pins = collections.defaultdict(list) # net -> (cell, pin)
        self.driver = {}
        for i, cell in enumerate(self.cells):
            for pin, bits in cell["connections"].items():
                for bit in bits:
                    self.pins[bit].append((i, pin))
                    if cell["port_directions"][pin] == "output":
                        self.driver[bit] = (i, pin)
        self.clocks = {bit for name, net in self.top["netnames"].items() if name.startswith("$glbnet") for bit in net["bits"]}
        self.held, self.uses_m, self.joined = set(), set(), set()
        for bit, (source, out) in self.driver.items():
            for i, pin in self.pins[bit]:
                if pin in MUX:
                    self.held |= {i, source}
                    self.uses_m.add(i)
                if pin == "FCI" and self.places[i][:2] != self.places[source][:2]:
                    self.joined.add(source)

    @staticmethod
    def place(bel):
        x, y, rest = re.fullmatch(r"X(\d+)/Y(\d+)/(.*)", bel).groups()
        logic = re.fullmatch(r"SLICE([A-D])\.(?:K|FF|RAM)([01W])", rest)
        return int(x), int(y), 2 * "ABCD".index(logic[1]) + (logic[2] == "1") if logic else -1

    def net(self, cell, pin):
        return (cell["connections"].get(pin) or [None])[0]

    def rows(self):
        """A row of the problem for each cell."""
        slices, tiles, blocks = {}, {}, {}
        for i, cell in enumerate(self.cells):
            kind, settings = cell["type"], cell["parameters"]
            flags = slice_key = tile_key = inverted = 0
            if kind == "TRELLIS_COMB":
                mode = settings.get("MODE", "LOGIC")
                flags = COMB_HELD * (mode != "LOGIC" or i in self.held) + COMB_USES_M * (i in self.uses_m) + COMB_RAM * (mode == "DPRAM")
                if mode == "DPRAM":
                    inverted = (settings.get("WCKMUX") == "INV") + 2 * (settings.get("WREMUX") in ("INV", "0"))
            elif kind == "TRELLIS_FF":
                clock, reset = settings.get("CLKMUX") == "INV", settings.get("LSRMUX") == "INV"
                enable = settings.get("CEMUX", "CE")
                control = (settings.get("GSR", "ENABLED") == "ENABLED", enable in ("0", "1"), enable == "INV", self.net(cell, "CE"))
                slice_key = slices.setdefault(control, len(slices))
                control = (self.net(cell, "CLK"), self.net(cell, "LSR"), clock, reset, settings.get("SRMODE") == "ASYNC")
                tile_key = tiles.setdefault(control, len(tiles))
                inverted = clock + 2 * reset
                flags = FF_FROM_M * (self.net(cell, "M") is not None)
                if self.net(cell, "DI") is not None:
                    lut = self.driver[self.net(cell, "DI")][0]
                    flags += FF_PAIRED + FF_HELD * (self.cells[lut]["parameters"].get("MODE", "LOGIC") != "LOGIC" or lut in self.held)
            elif KINDS.get(kind) == 4: # multipliers of a block share clocks, enables and resets: only those that have the same change places
                control = [self.net(cell, pin) for pin in sorted(cell["connections"]) if kind != "DP16KD" and re.match("CLK|CE|RST", pin)]
                slice_key = blocks.setdefault((kind, *control), len(blocks))
            yield KINDS.get(kind, FIXED), *self.places[i], flags, slice_key, tile_key, inverted, int(i in self.joined)

    def nets(self):
        """Nets with a length, by bit: their cells."""
        nets = {}
        for bit, ends in self.pins.items():
            if bit in self.clocks or bit not in self.driver or all(end[1] in INNER for end in ends if end != self.driver[bit]):
                continue
            cells = sorted({i for i, _ in ends})
            if len(cells) > 1:
                nets[bit] = cells
        return nets

    def paths(self, number):
        """Arcs in topological order, launches, captures; number: of each net."""
        arcs, launches, captures = [], [], []
        for i, cell in enumerate(self.cells):
            through, starts, ends = timing(cell)
            pins = {pin: [number[bit] for bit in bits if bit in number] for pin, bits in cell["connections"].items()}
            for source, to, delay in through:
                sink = -1 if source == "FCI" or source in MUX else i
                arcs += [(a, b, sink, delay) for a in pins.get(source, ()) for b in pins.get(to, ())]
            launches += [(net, -1, delay) for pin, delay in starts.items() for net in pins.get(pin, ())]
            for pin, delay in ends.items():
                captures += [(net, -1 if pin in INNER else i, delay) for net in pins.get(pin, ())]
        after, waits = collections.defaultdict(list), collections.Counter(arc[1] for arc in arcs)
        for arc in arcs:
            after[arc[0]].append(arc)
        ordered, ready = [], collections.deque(net for net in range(len(number)) if not waits[net])
        while ready:
            for arc in after[ready.popleft()]:
                ordered.append(arc)
                waits[arc[1]] -= 1
                if not waits[arc[1]]:
                    ready.append(arc[1])
        return ordered, launches, captures # loops are left out: they end nowhere

    def problem(self, path):
        nets = self.nets()
        number = {bit: i for i, bit in enumerate(nets)}
        for bit in self.driver:
            if bit not in self.clocks:
                number.setdefault(bit, len(number))
        with path.open("w") as file:
            def row(*values):
                file.write(" ".join(map(str, values)) + "\n")
            row(max(p[0] for p in self.places) + 1, max(p[1] for p in self.places) + 1, len(self.cells), len(nets))
            for values in self.rows():
                row(*values)
            row(sum(map(len, nets.values())))
            for cells in nets.values():
                row(len(cells), *cells)
            row(len(number))
            for bit in number:
                row(self.driver[bit][0])
            for rows in self.paths(number):
                row(len(rows))
                for values in rows:
                    row(*values)

    def take(self, path):
        forms = {"TRELLIS_COMB": "SLICE{}.K{}", "TRELLIS_FF": "SLICE{}.FF{}", "TRELLIS_RAMW": "SLICE{}.RAMW"}
        for line in path.read_text().splitlines():
            i, x, y, place = map(int, line.split())
            cell = self.cells[i]
            bel = self.bels[place] if x < 0 else f"X{x}/Y{y}/" + forms[cell["type"]].format("ABCD"[place // 2], place % 2)
            cell["attributes"]["NEXTPNR_BEL"] = bel


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    out = pathlib.Path(sys.argv[2])
    tool = pathlib.Path(os.environ.get("ANNEAL", "build/anneal"))
    if not tool.is_file():
        sys.exit(f"ecp5_anneal: no {tool}: run make build/anneal")
    placement = Placement(pathlib.Path(sys.argv[1]))
    problem, places, partial = (out.with_name(f"{out.name}.{part}") for part in ("problem", "places", "partial"))
    placement.problem(problem)
    status = subprocess.run([tool, problem, places, *sys.argv[3:]]).returncode
    if status:
        sys.exit(status)
    placement.take(places)
    placement.top.get("settings", {}).pop("target_freq", None) # nextpnr's default of the first run would hide that of the second's command line
    partial.write_text(json.dumps(placement.file))
    partial.replace(out)
    problem.unlink()
    places.unlink()


if __name__ == "__main__":
    main()
