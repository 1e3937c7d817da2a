#!/usr/bin/env python3
"""The benchmark networks on Systole (rtl) beside Arm's Ethos-U55 as its compiler Vela estimates it.

Synopsis: scripts/bench_peers.py     (`make bench-peers`; needs build/venv-peers with scripts/peers-requirements.txt)

Vela's performance estimator gets the same files: Ethos-U55-64, -128, -256 (MACs a cycle), everything in SRAM at 8 bytes a
cycle (a 64-bit port, clock scale 1), as on our side. Systole's npu8 and npu16 (64 and 256 MACs a cycle) are measured. There
is no configuration of 128: its column is an estimate, the geometric mean of npu8 and npu16. Writes
build/bench/peers.md and peers.json. Standard library only. SPDX-License-Identifier: Apache-2.0
"""
import csv
import json
import math
import pathlib
import subprocess
import tempfile

import out_file
from bench_networks import MODELS, OUT, ROOT, grouped, measure, networks, table

VELA = ROOT / "build/venv-peers/bin/vela"
PEERS = (64, 128, 256)
# core_clock cancels out of the cycles. A U55 has no second data port; Vela wants one named.
SETTINGS = """[System_Config.Bench]
core_clock=1e9
axi0_port=Sram
axi1_port=Sram
Sram_clock_scale=1.0
Sram_burst_length=32
Sram_read_latency=32
Sram_write_latency=32

[Memory_Mode.All_In_Sram]
const_mem_area=Axi0
arena_mem_area=Axi0
cache_mem_area=Axi0
"""


def vela(path, macs):
    """Vela's total cycles, and how many operators it leaves to the CPU."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        settings = folder / "bench.ini"
        settings.write_text(SETTINGS)
        command = [str(VELA), str(path), "--output-dir", str(folder), "--accelerator-config", f"ethos-u55-{macs}", "--config", str(settings),
                   "--system-config", "Bench", "--memory-mode", "All_In_Sram"]
        done = subprocess.run(command, capture_output=True, text=True)
        found = list(folder.glob("*_summary_*.csv"))
        if done.returncode or len(found) != 1:
            raise SystemExit(f"vela on {path}: {(done.stderr.strip() or done.stdout.strip() or 'failed').splitlines()[-1]}")
        with open(found[0], newline="") as f:
            row = next(csv.DictReader(f))
        left = next((line.split("=")[1].split()[0] for line in done.stdout.splitlines() if line.startswith("CPU operators")), "0")
        return round(float(row["cycles_total"])), int(left)


def main():
    found = networks()
    if len(found) == 1:
        print(f"only the digits: no networks at {MODELS} (set SYSTOLE_MODELS)")
    version = subprocess.run([str(VELA), "--version"], capture_output=True, text=True).stdout.strip()
    results = []
    for name, path in found.items():
        own = {c: measure(name, path, c)[0] for c in ("npu8", "npu16")}
        cycles = {64: own["npu8"]["cycles_total"], 256: own["npu16"]["cycles_total"]}
        cycles[128] = round(math.sqrt(cycles[64] * cycles[256]))
        peer = {m: vela(path, m) for m in PEERS}
        results.append({"network": name, "macs": own["npu16"]["macs"], "systole": {str(m): cycles[m] for m in PEERS},
                        "systole_estimated": ["128"], "ethos_u55_vela_estimate": {str(m): peer[m][0] for m in PEERS},
                        "ethos_u55_cpu_operators": peer[256][1], "ratio": {str(m): peer[m][0] / cycles[m] for m in PEERS}})
        r = results[-1]
        print(f"{name:18} " + "  ".join(f"{m}: {grouped(cycles[m])} against {grouped(peer[m][0])} ({r['ratio'][str(m)]:.2f} times)" for m in PEERS), flush=True)
    head = ["network", "npu8, measured", "U55-64, estimate", "ratio", "128 MACs, estimate", "U55-128, estimate", "ratio", "npu16, measured",
            "U55-256, estimate", "ratio"]
    rows = [[r["network"], *(cell for m in map(str, PEERS) for cell in (
        grouped(r["systole"][m]), grouped(r["ethos_u55_vela_estimate"][m]), f"{r['ratio'][m]:.2f}"))] for r in results]
    text = (f"# Systole beside Ethos-U55\n\nCycles of one inference with 64, 128 and 256 MACs a cycle; everything in memory of 8 bytes a cycle. Systole: measured on "
            f"`rtl`,\nexcept that the column of 128 MACs is an estimate (geometric mean of npu8 and npu16). Ethos-U55: estimates of Vela {version}, not\n"
            f"measurements; operators that Vela leaves to the host CPU are not in its cycles. Ratio: Ethos-U55 / Systole.\n\n" + table(head, rows))
    left = [f"{r['network']} {r['ethos_u55_cpu_operators']}" for r in results if r["ethos_u55_cpu_operators"]]
    if left:
        text += f"\nOperators that Vela leaves to the CPU: {', '.join(left)}.\n"
    out_file.write(OUT / "peers.json", json.dumps({"vela": version, "results": results}, indent=1) + "\n")
    out_file.write(OUT / "peers.md", text)
    print("written: build/bench/peers.md, build/bench/peers.json")


if __name__ == "__main__":
    main()
