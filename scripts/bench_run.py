#!/usr/bin/env python3
"""Cycles, bounds, bytes and simulation speed of the benchmark networks: build/bench/bench.md and bench.json.

Synopsis: scripts/bench_run.py [CONFIG]...     (default npu16; `make bench`, with BENCH_ALL=1 also npu8 and npu32)
          SYSTOLE_MODELS: folder of the real networks (default ../shared/models); without it only the digits.

Everything runs on rtl; the C model runs the same programs for its speed. Standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import sys

import out_file
from bench_networks import MODELS, OUT, TINY, grouped, measure, networks, table

MODEL_REPEAT = 5  # the model takes milliseconds
STALLS = ("stall_load", "stall_post", "stall_weights")


def run(name, path, config):
    report, rtl = measure(name, path, config)
    _, model = measure(name, path, config, "model", MODEL_REPEAT)
    ideal = -(-report["macs"] // (report["rows"] * report["columns"]))
    rest, _ = measure(name, path, config, remove=True)
    removed = report["macs"] - rest["macs"]
    layers = report["layers"]
    share = collections.Counter()
    for layer in layers:
        share[layer.get("bound")] += layer["cycles"] or 0
    return {"network": name, "config": config, "macs": report["macs"], "ideal_cycles": ideal, "cycles": report["cycles_total"],
            "mac_utilisation": report["mac_utilisation"], "bytes_read": report["bytes_read"], "bytes_written": report["bytes_written"],
            "stalls": {s: sum(layer.get(s) or 0 for layer in layers) for s in STALLS},
            "array_busy": sum(layer.get("array_busy") or 0 for layer in layers),
            "bound": report["bound"], "bound_cycles": report["bound_cycles"],
            "cycles_by_bound": {k: v for k, v in share.most_common() if k and v}, "cpu_layers": sum(x["unit"] == "cpu" for x in layers),
            "without_constants": {"macs": rest["macs"], "macs_removed": removed, "cycles": rest["cycles_total"],
                                  "mac_utilisation": rest["mac_utilisation"]} if removed else None,
            "seconds": {"rtl": rtl, "model": model}, "report": report}


def scaling(results):
    """How cycles follow 1/MACs: of networks that ran on several configurations, the first of which is the measure."""
    rows = []
    for name in dict.fromkeys(r["network"] for r in results):
        own = sorted((r for r in results if r["network"] == name), key=lambda r: r["report"]["rows"])
        for r in own if len(own) > 1 else []:
            macs = r["report"]["rows"] * r["report"]["columns"]
            more = macs / (own[0]["report"]["rows"] * own[0]["report"]["columns"])
            faster = own[0]["cycles"] / r["cycles"]
            rows.append([name, r["config"], macs, grouped(r["cycles"]), f"{100 * r['mac_utilisation']:.1f} %", f"{more:g}", f"{faster:.2f}",
                         f"{100 * faster / more:.0f} %", r["bound"]])
    if not rows:
        return ""
    return ("## More MACs\n\nTwice the MACs should halve the cycles until something else binds: the last columns say how much of the gain is left, and what\n"
            "the network needs most of.\n\n"
            + table(["network", "config", "MAC/cycle", "cycles", "utilisation", "MACs, times", "faster, times", "of that", "bound"], rows))


def layer_table(r):
    rows = [[i, x["op"], x["unit"], grouped(x["macs"]), grouped(x["cycles"]), f"{100 * (x['cycles'] or 0) / r['cycles']:.1f} %",
             f"{100 * (x['mac_utilisation'] or 0):.1f} %", x.get("bound") or "–", grouped(x.get("bound_cycles"))]
            for i, x in enumerate(r["report"]["layers"])]
    return (f"### {r['network']} on {r['config']}\n\n"
            + table(["layer", "operator", "unit", "MACs", "cycles", "share", "utilisation", "bound", "at least"], rows))


def markdown(results):
    text = ["# Systole bench\n", "Target `rtl`: cycles from doorbell to completion, memory of 8 bytes a cycle and 32 cycles latency; weights and\n"
            "activations start in that memory. Ideal: an array that never waits. Bound: what the network needs most of.\n"]
    for config in dict.fromkeys(r["config"] for r in results):
        own = [r for r in results if r["config"] == config]
        text.append(f"## {config}\n")
        text.append(table(
            ["network", "MACs", "ideal cycles", "cycles", "utilisation", "bound", "of the cycles", "bytes read", "written", "waits: load", "vector, store",
             "weights"],
            [[r["network"], grouped(r["macs"]), grouped(r["ideal_cycles"]), grouped(r["cycles"]), f"{100 * r['mac_utilisation']:.1f} %", r["bound"],
              f"{100 * r['bound_cycles'] / r['cycles']:.0f} %", grouped(r["bytes_read"]), grouped(r["bytes_written"]),
              *(grouped(r["stalls"][s]) for s in STALLS)] for r in own]))
        smaller = [r for r in own if r["without_constants"]]
        if smaller:
            text.append("Without the channels that are provably constant (`--remove-constant`): the same outputs from fewer MACs. Not the\n"
                        "network's speed, which is in the table above: what its zeros are worth. Utilisation: of the MACs that were executed.\n")
            text.append(table(["network", "cycles, whole network", "cycles without constants", "MACs executed", "MACs removed", "utilisation"],
                              [[r["network"], grouped(r["cycles"]), *(grouped(r["without_constants"][k]) for k in ("cycles", "macs", "macs_removed")),
                                f"{100 * r['without_constants']['mac_utilisation']:.1f} %"] for r in smaller]))
        text.append("Share of the cycles that is in layers which each resource bounds, and how many layers run on the CPU:\n")
        kinds = ("array", "port", "output_stage", "vector", "latency")
        text.append(table(["network", *kinds, "CPU layers"],
                          [[r["network"], *(f"{100 * r['cycles_by_bound'].get(k, 0) / r['cycles']:.0f} %" for k in kinds), r["cpu_layers"]] for r in own]))
        cpu = [r["network"] for r in own if r["cpu_layers"]]
        if cpu:
            text.append(f"Operators on the CPU are not in these cycles ({', '.join(cpu)}); `systole bench --target soc` measures them too.\n")
        text.append("Speed of the simulators, one inference, compiled before:\n")
        text.append(table(["network", "rtl, s", "rtl, cycles/s", "model, s", "model is faster by"],
                          [[r["network"], f"{r['seconds']['rtl']:.2f}", f"{r['cycles'] / r['seconds']['rtl']:,.0f}", f"{r['seconds']['model']:.4f}",
                            f"{r['seconds']['rtl'] / r['seconds']['model']:.0f}"] for r in own]))
        tiny = [r for r in own if r["network"] in TINY]
        if len(tiny) == len(TINY):
            text.append(f"The four MLPerf Tiny networks together on rtl: {sum(r['seconds']['rtl'] for r in tiny):.1f} s.\n")
    text.append(scaling(results))
    text.append("## Which bound holds, layer by layer\n\nBound: what the layer needs most of; at least: the cycles of that alone.\n"
                "A layer's cycles are those by which it ends after all before it: one that runs beside others may show fewer than it needs.\n")
    text += [layer_table(r) for r in results]
    return "\n".join(text)


def main():
    configs = sys.argv[1:] or ["npu16"]
    found = networks()
    if len(found) == 1:
        print(f"only the digits: no networks at {MODELS} (set SYSTOLE_MODELS)")
    results = []
    for config in configs:
        for name, path in found.items():
            results.append(run(name, path, config))
            r = results[-1]
            print(f"{config:6} {name:18} {grouped(r['cycles']):>12} cycles {100 * r['mac_utilisation']:5.1f} %  bound: {r['bound']:12} "
                  f"rtl {r['seconds']['rtl']:7.2f} s  model {1000 * r['seconds']['model']:8.1f} ms", flush=True)
    out_file.write(OUT / "bench.json", json.dumps(results, indent=1) + "\n")
    out_file.write(OUT / "bench.md", markdown(results))
    print("written: build/bench/bench.md, build/bench/bench.json")


if __name__ == "__main__":
    main()
