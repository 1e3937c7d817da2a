#!/usr/bin/env python3
"""Cycles of the short benchmark networks on rtl against the committed table: any change must be committed with its cause.

Synopsis: tests/bench/run.py            compare; a network that $SYSTOLE_MODELS (default ../shared/models) lacks is skipped
          tests/bench/run.py --update   write what is measured into tests/bench/cycles.txt (`make bench-update`)

cycles.txt: network | configuration | cycles. Rows of absent networks stay as they are. The cycles are those of
`systole bench`: no randomness. Last line: `N passed, N failed, N skipped`. SPDX-License-Identifier: Apache-2.0
"""
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from bench_networks import MODELS, OUT, TINY, measure, networks  # noqa: E402
from onnx_encoder import layer_model  # noqa: E402

TABLE = ROOT / "tests/bench/cycles.txt"
# Without the channels that are provably constant; only where there are some.
SMALLER = {"MobileNetV1 0.25 smaller": "MobileNetV1 0.25"}
# One encoder layer of `make bench-encoder`, so many tokens.
ENCODERS = {"encoder 64": 64, "encoder 128": 128}
CASES = [("digits", config) for config in ("npu4", "npu8s")] + [
    (name, config) for config in ("npu8", "npu16", "npu32") for name in ["digits", *TINY]] + [(name, "npu16") for name in [*SMALLER, *ENCODERS]]
# What compiling may take: the network, seconds, megabytes.
COMPILING = ("MobileNetV2 224", 10.0, 500)
HEAD = """# Cycles from doorbell to completion on rtl, bench conditions: network | configuration | cycles.
# `smaller`: without the channels that are provably constant (--remove-constant).
# Written by `make bench-update`; compared by the suite bench-cycles. Commit it with what changed it.
"""


def read():
    rows = {}
    for number, line in enumerate(TABLE.read_text().splitlines() if TABLE.exists() else [], 1):
        fields = [field.strip() for field in line.split("|")]
        if not line.strip() or line.startswith("#"):
            continue
        if len(fields) != 3 or not fields[2].isdigit() or (fields[0], fields[1]) in rows:
            sys.exit(f"{TABLE.relative_to(ROOT)}:{number}: want `network | configuration | cycles`, once each, got: {line}")
        rows[fields[0], fields[1]] = int(fields[2])
    return rows


def compiling(path):
    """Seconds and megabytes of one compilation."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        child = subprocess.Popen([ROOT / "build/systole", "compile", path, "-o", f"{folder}/net.prog"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, time.monotonic() - start, usage.ru_maxrss / 1024


def encoders():
    logging.disable(logging.WARNING)
    OUT.mkdir(parents=True, exist_ok=True)
    paths = {name: OUT / f"encoder_{tokens}.onnx" for name, tokens in ENCODERS.items()}
    for name, path in paths.items():
        path.write_bytes(layer_model(ENCODERS[name], 256, 4, 1024).SerializeToString(deterministic=True))
    return paths


def main():
    update = sys.argv[1:] == ["--update"]
    if sys.argv[1:] and not update:
        sys.exit("usage: tests/bench/run.py [--update]")
    known, found = read(), networks(large=False)
    found.update(encoders())
    passed = failed = skipped = 0
    for name, config in CASES:
        network = SMALLER.get(name, name)
        if network not in found:
            print(f"SKIP cycles of {name}: no model at {MODELS} (set SYSTOLE_MODELS)")
            skipped += 1
            continue
        cycles, before = measure(network, found[network], config, remove=name in SMALLER)[0]["cycles_total"], known.get((name, config))
        known[name, config] = cycles
        if update:
            print(f"{name} {config}: {cycles} cycles" + (f", was {before}" if before not in (None, cycles) else ""))
        elif cycles == before:
            passed += 1
        else:
            change = f"the table says {before} ({100 * (cycles - before) / before:+.1f} %)" if before else "the table has none"
            print(f"FAIL {name} on {config}: {cycles} cycles, {change}; if that is meant: make bench-update, and commit tests/bench/cycles.txt")
            failed += 1
    if update:
        rows = [f"{name:<24} | {config:<5} | {known[name, config]}\n" for name, config in CASES if (name, config) in known]
        TABLE.write_text(HEAD + "".join(rows))
        return
    name, seconds_most, megabytes_most = COMPILING
    large = networks()
    if name in large:
        status, seconds, megabytes = compiling(large[name])
        ok = status == 0 and seconds <= seconds_most and megabytes <= megabytes_most
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"FAIL compiling {name}: exit {status}, {seconds:.1f} s of {seconds_most}, {megabytes:.0f} MB of {megabytes_most}")
    else:
        print(f"SKIP compiling {name}: no model at {MODELS} (set SYSTOLE_MODELS)")
        skipped += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
