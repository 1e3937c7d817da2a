#!/usr/bin/env python3
"""Cycles that the C model predicts beside those of the RTL: build/bench/predict.md, with the error of each.

Synopsis: scripts/predict_table.py [CONFIG]...     (`make predict-table`: npu8 npu16 npu32)
          SYSTOLE_MODELS: folder of the real networks (default ../shared/models); without it only the digits.

Fails when one is more than 5 % off. Standard library only. SPDX-License-Identifier: Apache-2.0
"""
import sys

import out_file
from bench_networks import MODELS, OUT, grouped, measure, networks, table

LIMIT = 5  # percent


def main():
    configs = sys.argv[1:] or ["npu8", "npu16", "npu32"]
    found = networks()
    if len(found) == 1:
        print(f"only the digits: no networks at {MODELS} (set SYSTOLE_MODELS)")
    rows, worst = [], 0.0
    for config in configs:
        for name, path in found.items():
            cycles = measure(name, path, config)[0]["cycles_total"]
            report, seconds = measure(name, path, config, "model")
            predicted, error = report["cycles_predicted"], 100 * (report["cycles_predicted"] - cycles) / cycles
            worst = max(worst, abs(error))
            rows.append([name, config, grouped(cycles), grouped(predicted), f"{error:+.2f} %", report["cpu_steps"]])
            print(f"{config:6} {name:18} rtl {grouped(cycles):>12}  predicted {grouped(predicted):>12}  {error:+6.2f} %  "
                  f"(whole run of the model {1000 * seconds:.1f} ms)", flush=True)
    head = ["network", "configuration", "rtl, cycles", "predicted", "error", "CPU steps, in neither"]
    text = "# Predicted cycles\n\nTarget `rtl` and the C model's prediction, bench conditions.\n\n" + table(head, rows)
    out_file.write(OUT / "predict.md", text + f"\nThe largest error is {worst:.2f} %.\n")
    print(f"the largest error is {worst:.2f} %; written: build/bench/predict.md")
    sys.exit(f"more than {LIMIT} % off" if worst > LIMIT else 0)


if __name__ == "__main__":
    main()
