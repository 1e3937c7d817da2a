#!/usr/bin/env python3
"""Predicted cycles (cmodel/npu/timing*.c) against those of the Verilated RTL: digits, random networks and, where they are,
the MLPerf Tiny networks.

Synopsis: tests/predict/run.py

Every configuration whose RTL is built; the digits with fast and slow memory too. Limits: tests/predict/test_predict.c.
MobileNetV2 and the errors as a table: `make predict-table`. $SYSTOLE_MODELS: folder of the networks (default
../shared/models). Last line: `N passed, N failed, N skipped`. SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from bench_networks import MODELS, TINY, networks  # noqa: E402

PROGRAM = "build/tests/predict/test_predict"
DIGITS = "sw/examples/digits/digits.tflite"
CONFIGS = ("npu4", "npu8", "npu8s", "npu16", "npu32")
TINY_ON = ("npu8", "npu16", "npu32")
SUM = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


def main():
    total = [0, 0, 0]
    found = networks(large=False)
    for name in TINY:
        if name not in found:
            print(f"SKIP {name}: no model at {MODELS} (set SYSTOLE_MODELS)")
            total[2] += len(TINY_ON)
    for config in CONFIGS:
        words = [DIGITS, "-R", "1", "50", "-L", "1", DIGITS, "-L", "150", DIGITS, "-L", "32"]
        if config in TINY_ON:
            words += [str(found[name]) for name in TINY if name in found]
        done = subprocess.run([PROGRAM, config, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = done.stdout.splitlines() or [""]
        match = SUM.fullmatch(lines[-1])
        print("\n".join(lines[:-1]), end="\n" if lines[1:] else "")
        if match:
            total = [a + int(b) for a, b in zip(total, match.groups())]
        if not match or (done.returncode != 0) != (match.group(2) != "0"):
            print(f"FAIL {PROGRAM} {config} ...: exit status {done.returncode}: {lines[-1]}")
            total[1] += 1
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


main()
