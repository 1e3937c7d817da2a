#!/usr/bin/env python3
"""Suite: configurations by text. Names, changes, refusals; a custom one on model, and on the RTL that the error names the command for.

Synopsis: tests/explore/config.py     Last line: N passed, N failed. Standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = "sw/examples/digits/digits.tflite"
CUSTOM = "npu4,lanes=2,sp_words=1024,sp_banks=2,acc_depth=64"
# what is written: what it is called
NAMES = {
    "npu16": "npu16", "npu16,lanes=16": "npu16", "npu16,lanes=8": "npu16,lanes=8", "npu16,sp_words=4096,lanes=8": "npu16,lanes=8,sp_words=4096",
    "npu16,n=8,matmul=0,trace_records=0,norm=0": "npu8", "npu16,n=8,trace_records=0,norm=0": "npu8,matmul=1",
    "npu8,lanes=2,sp_words=4096,sp_banks=4,acc_depth=128,fir_groups=1,fir_taps=8,matmul=1,trace_records=64": "npu8s",
    "npu8s,lanes=8": "npu8s,lanes=8", "npu8,n=32,matmul=1,trace_records=512,norm=1": "npu32", "npu4,trace_records=16": "npu4,trace_records=16",
    "npu16,wide_lanes=4,sp_words=16384": "npu16w", "npu16w,wide_lanes=0,sp_words=8192": "npu16", "npu16,wide_lanes=4": "npu16,wide_lanes=4",
    "npu16w,wide_lanes=2": "npu16w,wide_lanes=2", "npu16w,n=8,norm=0": "npu8,sp_words=16384,matmul=1,trace_records=512", "npu16,norm=0": "npu16,norm=0", "npu8,norm=1": "npu8,norm=1",
    "npu8,softmax=1": "npu8", "npu8,norm=0": "npu8", "npu8,lanes=1,softmax=0": "npu8,lanes=1,softmax=0",
}
# what is written: what the one line must name
REFUSED = {
    "npu5": "npu4, npu8", "": "npu4, npu8", "npu16,": "none of n, lanes", "npu16,wide=2": "'wide=2'", "npu16,lanes": "lanes wants =NUMBER",
    "npu16,lanes=": "lanes wants =NUMBER", "npu16,lanes=-8": "lanes wants =NUMBER", "npu16,lanes=8x": "lanes wants =NUMBER",
    "npu16,lanes=3": "power of two", "npu16,lanes=0": "of 1 to 32", "npu4,lanes=8": "does not divide n=4", "npu16,n=12": "power of two of 4 to 32",
    "npu16,n=64": "of 4 to 32", "npu16,n=2": "of 4 to 32", "npu16,sp_words=131072": "of 256 to 65536", "npu16,sp_words=99999999999": "=NUMBER",
    "npu16,sp_banks=1": "of 2 to 32", "npu32,acc_depth=32": "of 64 to 65536", "npu16,fir_groups=4": "of 1 to 3",
    "npu16,fir_groups=3,fir_taps=6": "more than n=16 rows", "npu16,lanes=8,lanes=8": "given twice", "npu16,matmul=2": "matmul=2 is not 0 or", "npu8,trace_records=8": "0 or a power of two",
    "npu8,softmax=2": "softmax=2 is not 0 or", "npu8,norm=2": "norm=2 is not 0 or",
}
passed = failed = 0


def check(what, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAIL {what}: {why}; rerun: tests/explore/config.py")


def systole(*words):
    return subprocess.run(["build/systole", *words], cwd=ROOT, capture_output=True, text=True)


def report_of(target, config):
    path = ROOT / f"build/test/explore-{target}.json"
    path.unlink(missing_ok=True)
    done = systole("run", MODEL, "--target", target, "--config", config, "--report", str(path))
    return done, json.loads(path.read_text()) if path.exists() else {}


def main():
    (ROOT / "build/test").mkdir(parents=True, exist_ok=True)
    for text, name in NAMES.items():
        done = systole("config", text)
        check(f"config {text}", done.returncode == 0 and done.stdout.splitlines()[-1].split()[0] == name, done.stdout + done.stderr)
    for text, word in REFUSED.items():
        for command in (["config", text], ["compile", MODEL, "-o", "build/test/none.prog", "--config", text]):
            done = systole(*command)
            check(f"{command[0]}, configuration '{text}'", done.returncode == 1 and done.stderr.count("\n") == 1 and word in done.stderr,
                  done.stderr or "accepted")
    for config in (CUSTOM, "npu32,lanes=1", "npu16,lanes=2,sp_words=512,fir_groups=1"):
        done, report = report_of("model", config)
        check(f"model, {config}", report.get("bit_exact") is True and report.get("config") == config, done.stderr)
    done, _ = report_of("rtl", "npu4,lanes=1,sp_words=512")
    check("rtl that is not built", "run make rtl CONFIG=npu4,lanes=1,sp_words=512" in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    made = subprocess.run(["make", "-s", "rtl", f"CONFIG={CUSTOM}"], cwd=ROOT, capture_output=True, text=True)
    check(f"make rtl CONFIG={CUSTOM}", made.returncode == 0, made.stderr)
    done, report = report_of("rtl", CUSTOM)
    check("rtl, custom", report.get("bit_exact") is True and report.get("cycles_total"), done.stderr)
    other = subprocess.run(["make", "-s", "rtl", "CONFIG=npu4,sp_words=1024,lanes=2"], cwd=ROOT, capture_output=True, text=True)
    check("make rtl, other order", other.returncode != 0 and "say CONFIG=npu4,lanes=2,sp_words=1024" in other.stderr, other.stderr)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
