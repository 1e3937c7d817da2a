#!/usr/bin/env python3
"""The area estimate of `systole config` and `systole explore`: measure, fit, and compare with synthesis.

Synopsis: scripts/area.py measure CONFIG...   synthesise (make synth FAMILY=ecp5) into fpga/area_points.json; `make area-fit`
          scripts/area.py fit                 coefficients from those points into sw/cli/area_coefficients.inc
          scripts/area.py table               estimate beside measurement, and what the fit says of a point left out; `make area-table`

Each block's count is a sum of the few terms that its structure has (BASIS), fitted by least squares; block RAMs of scratchpad and
accumulators are counted exactly (sw/cli/area.c). A point says with which commit it was measured. SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import re
import subprocess
import sys
import time

import numpy

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
POINTS = ROOT / "fpga/area_points.json"
OUT = ROOT / "sw/cli/area_coefficients.inc"
KINDS = {"LUT": "LUT_sites", "DSP": "DSP", "RAM": "block_RAM"}
TERMS = ("one", "n", "n*n", "lanes", "banks*n", "fir*n", "trace")
# block of fpga/report.py: its terms
BASIS = {
    "array": ("n*n",), "accumulators": ("n",), "parameter sets": ("n",), "array control": ("one", "fir*n"), "lanes and output": ("lanes", "n"),
    "softmax": ("one", "n"), "vector unit, rest": ("one", "n", "lanes"), "scratchpad": ("n", "banks*n"), "load": ("one", "n"), "store": ("one", "n"),
    "sequencer": ("one",), "registers": ("one",), "trace": ("trace",), "top, read arbiter": ("one",),
}


def terms(c):
    return dict(zip(TERMS, (1, c["n"], c["n"] ** 2, c["lanes"], c["sp_banks"] * c["n"], c["fir_groups"] * c["n"], int(c["trace_records"] > 0))))


def exact_ram(block, c):
    up = lambda a, b: -(-a // b)
    if block == "scratchpad":
        return c["sp_banks"] * (c["n"] // 2) * up(c["sp_words"] // c["sp_banks"], 1024)
    return 2 * c["n"] * up(c["acc_depth"], 512) if block == "accumulators" else 0


def fit(points):
    """{block: {kind: {term: coefficient}}}"""
    found = {}
    for block, basis in BASIS.items():
        a = numpy.array([[terms(p["config"])[t] for t in basis] for p in points], float)
        found[block] = {}
        for kind, column in KINDS.items():
            y = [p["blocks"].get(block, {}).get(column, 0) - (exact_ram(block, p["config"]) if kind == "RAM" else 0) for p in points]
            # the smallest solution where the points leave a choice; nothing costs less than nothing
            keep, x = list(range(len(basis))), numpy.zeros(len(basis))
            while keep:
                part = numpy.linalg.lstsq(a[:, keep], numpy.array(y, float), rcond=None)[0]
                if part.min() >= -1e-9:
                    x[keep] = part
                    break
                keep.pop(int(part.argmin()))
            found[block][kind] = dict(zip(basis, x))
    return found


def estimate(coefficients, c, kind):
    total = sum(v * terms(c)[t] for block in coefficients.values() for t, v in block[kind].items())
    return round(total + (exact_ram("scratchpad", c) + exact_ram("accumulators", c) if kind == "RAM" else 0))


def inc(points):
    lines = ["/* Fitted by scripts/area.py to the synthesis runs in fpga/area_points.json (make area-fit): do not edit.", " * " + "; ".join(
        f"{p['name']} {p['date']} {p['commit']}" for p in points) + ".", " * Columns: " + ", ".join(TERMS) + ". SPDX-License-Identifier: Apache-2.0 */",
             f"#define AREA_LARGEST_N {max(p['config']['n'] for p in points)} /* of those runs */"]
    for block, kinds in fit(points).items():
        rows = ",\n      ".join("{" + ", ".join(f"{kinds[k].get(t, 0):.3f}" for t in TERMS) + "}" for k in KINDS)
        lines.append(f'    {{"{block}",\n     {{{rows}}}}},')
    return "\n".join(lines) + "\n"


def numbers(config):
    text = subprocess.run(["build/systole", "config", config, "--verilog"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {k.lower(): int(v) for k, v in re.findall(r"NPU_CFG_(\w+) (\d+)", text)}


def measure(configs):
    points = json.loads(POINTS.read_text()) if POINTS.exists() else []
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    for config in configs:
        subprocess.run(["make", "-s", "synth", f"CONFIG={config}", "FAMILY=ecp5"], cwd=ROOT, check=True)
        folder = config.replace(",", "-").replace("=", "")
        report = json.loads((ROOT / f"build/fpga/{folder}-ecp5/report.json").read_text())
        point = {"name": config, "date": time.strftime("%Y-%m-%d"), "commit": commit, "config": numbers(config), "total": report["total"],
                 "blocks": report["blocks"]}
        points = [p for p in points if p["name"] != config] + [point]
        points.sort(key=lambda p: (p["config"]["n"], p["name"]))
        out_file.write(POINTS, json.dumps(points, indent=1) + "\n")


def table(points):
    print(f"{'configuration':42} {'kind':4} {'estimate':>9} {'measured':>9} {'error':>8}  {'left out':>9} {'error':>8}  measured at")
    worst = dict.fromkeys(KINDS, 0.0)
    for p in points:
        shown = subprocess.run(["build/systole", "config", p["name"]], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-3:]
        others = fit([q for q in points if q is not p])
        for kind, column, value in zip(KINDS, KINDS.values(), shown):
            real = p["total"][column]
            out = estimate(others, p["config"], kind)
            error, without = 100 * (int(value) / real - 1), 100 * (out / real - 1)
            worst[kind] = max(worst[kind], abs(error))
            print(f"{p['name']:42} {kind:4} {value:>9} {real:9} {error:+7.1f} %  {out:9} {without:+7.1f} %  {p['date']} {p['commit']}")
    print("largest error of the fit: " + ", ".join(f"{k} {v:.1f} %" for k, v in worst.items())
          + "; 'left out': fitted without that configuration; other sizes are extrapolations")


def main():
    what, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if what == "measure" and rest:
        measure(rest)
    elif what == "fit":
        out_file.write(OUT, inc(json.loads(POINTS.read_text())))
    elif what == "table":
        table(json.loads(POINTS.read_text()))
    else:
        sys.exit(__doc__.split("\n\n")[1])


if __name__ == "__main__":
    main()
