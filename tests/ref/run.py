#!/usr/bin/env python3
"""Golden models, model reader and command line: real networks, every intermediate tensor, single operators, bad input.

Synopsis: tests/ref/run.py [--test build/tests/ref/test_ref] [--systole build/asan/systole] [--fuzz SECONDS]

Real models: $SYSTOLE_MODELS, else ../shared/models beside the repository; skipped, saying so, where absent.
Ends with `N passed, N failed, N skipped`. Python's standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS", ROOT.parent / "shared" / "models"))
DIGITS = ROOT / "sw/examples/digits/digits.tflite"
NETWORKS = ["mlperf_tiny_*", "tflm_*", "coral_*"]
sums = [0, 0, 0]  # passed, failed, skipped


def add(passed=0, failed=0, skipped=0):
    for i, n in enumerate((passed, failed, skipped)):
        sums[i] += n


def check(good, what, detail=""):
    add(passed=int(good), failed=int(not good))
    if not good:
        print(f"FAIL {what}: {detail}")


def run_test(args, what):
    """One call of test_ref: its lines, and its sum into ours."""
    result = subprocess.run([str(options.test), *map(str, args)], capture_output=True, text=True)
    lines = result.stdout.splitlines()
    match = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", lines[-1]) if lines else None
    for line in lines[:-1] if match else lines:
        print(line)
    if not match:
        check(False, what, f"{options.test} {' '.join(map(str, args))} ended with status {result.returncode}: "
              + " ".join(result.stderr.split())[:600])
        return
    add(*map(int, match.groups()))
    if result.returncode != 0 and match.group(2) == "0":
        check(False, what, result.stderr[-300:])


def npy_bytes(raw):
    """The data of a .npy of version 1."""
    return raw[10 + int.from_bytes(raw[8:10], "little"):]


def test_networks():
    for pattern in NETWORKS:
        for folder in sorted(MODELS.glob(pattern)):
            model = next(folder.glob("*.tflite"))
            for source in sorted(folder.glob("*.in0.bin")):
                prefix = str(source)[: -len(".in0.bin")]
                npz = pathlib.Path(prefix + ".alltensors.npz")
                if not npz.exists():
                    run_test(["case", model, prefix], prefix)
                    continue
                with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(npz) as archive:
                    for name in archive.namelist():
                        (pathlib.Path(scratch) / name.replace(".npy", ".bin")).write_bytes(npy_bytes(archive.read(name)))
                    run_test(["tensors", model, prefix, scratch], prefix)
            print(f"ok   ref {folder.name}")


def systole(*args):
    return subprocess.run([str(options.systole), *map(str, args)], capture_output=True, text=True)


def refuses(what, *args, says="", writes=None, status=1):
    """The program answers with one clear line and the status, and writes nothing."""
    result = systole(*args)
    lines = result.stderr.splitlines()
    good = result.returncode == status and len(lines) == 1 and lines[0].startswith("systole") and says in lines[0]
    left = list(writes.parent.glob(writes.name + "*")) if writes else []
    check(good and not left, f"cli {what}",
          f"status {result.returncode}, stderr {result.stderr[-300:]!r}, left {left} (systole {' '.join(map(str, args))})")


def test_cli(scratch):
    """Round trips and refusals, on the model of the repository."""
    raw, npy, out, report = (scratch / n for n in ("x.bin", "x.npy", "y.bin", "r.json"))
    info = systole("info", DIGITS)
    check(info.returncode == 0 and "MACs" in info.stdout, "cli info", info.stderr)
    shape = [int(n) for n in re.search(r"input 0: int8 ([\dx]+)", info.stdout).group(1).split("x")]
    size = 1
    for n in shape:
        size *= n
    raw.write_bytes(bytes(range(256)) * (size // 256 + 1))
    raw.write_bytes(raw.read_bytes()[:size])

    def header(descr, dims):
        text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({', '.join(map(str, dims))},), }}\n".encode()
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    npy.write_bytes(header("|i1", shape) + raw.read_bytes())
    outputs = []
    for source, target in ((raw, out), (npy, scratch / "y.npy")):
        result = systole("run", DIGITS, "--input", source, "--output", target, "--report", report)
        check(result.returncode == 0, f"cli run from {source.name}", result.stderr)
        outputs.append(target.read_bytes() if target.exists() else b"")
    check(outputs[0] and npy_bytes(outputs[1]) == outputs[0], "cli .npy and .bin agree", repr(outputs))
    import json
    figures = json.loads(report.read_text())
    wanted = {"target", "config", "seed", "macs", "macs_removed", "channels_removed", "cycles_total", "mac_utilisation", "bytes_read", "bytes_written",
              "bit_exact", "layers"}
    check(wanted <= set(figures), "cli report fields", str(wanted - set(figures)))
    one, two, other = (systole("run", DIGITS, "--seed", s).stdout for s in (5, 5, 6))
    check(one == two and "seed 5" in one and one != other, "cli seeded input", one)

    good = DIGITS.read_bytes()
    bad, new = scratch / "bad.tflite", scratch / "new.bin"
    for what, data, says in (("empty model", b"", "empty"), ("garbage model", b"\x00\xff" * 500, "neither a .tflite"),
                             ("truncated model", good[: len(good) // 2], ""), ("header only", good[:8], "")):
        bad.write_bytes(data)
        refuses(what, "run", bad, "--output", new, says=says, writes=new)
        refuses(what + " (info)", "info", bad, says=says)
    cast = bytearray(good)  # the last byte that is 25, SOFTMAX, is in the list of operator codes; 53 is CAST
    cast[cast.rindex(25)] = 53
    bad.write_bytes(cast)
    info = systole("info", bad).stdout
    check("1 cannot run here" in info and "#11 CAST (StatefulPartitionedCall:0): this operator is not supported" in info,
          "cli info of an unknown operator", info[-300:])
    refuses("unknown operator", "run", bad, "--output", new, says="#11 CAST", writes=new)
    refuses("missing model", "run", scratch / "none.tflite", "--output", new, says="No such file", writes=new)
    refuses("missing input", "run", DIGITS, "--input", scratch / "none.bin", says="No such file")
    short = scratch / "short.bin"
    short.write_bytes(raw.read_bytes()[:-1])
    refuses("short input", "run", DIGITS, "--input", short, "--output", new, says="needs", writes=new)
    short.write_bytes(raw.read_bytes() + b"x")
    refuses("long input", "run", DIGITS, "--input", short, "--output", new, says="more than", writes=new)
    wrong = scratch / "wrong.npy"
    wrong.write_bytes(header("<f4", shape) + bytes(4 * size))
    refuses("input of another type", "run", DIGITS, "--input", wrong, says="its type is")
    wrong.write_bytes(header("|i1", [size]) + raw.read_bytes())
    refuses("input of another shape", "run", DIGITS, "--input", wrong, says="its shape is")
    wrong.write_bytes(b"\x93NUMPY\x01\x00\xff\xff{'descr'")
    refuses("damaged .npy", "run", DIGITS, "--input", wrong, says="truncated")
    refuses("more inputs than runs", "run", DIGITS, "--input", raw, "--input", raw, "--runs", "1", says="inputs for 2 runs")
    refuses("outputs of part of the runs", "run", DIGITS, "--runs", "3", "--output", scratch / "a", "--output", scratch / "b",
            says="3 runs, 2 files")
    refuses("unknown configuration", "run", DIGITS, "--config", "npu17", says="unknown configuration")
    refuses("unknown target", "run", DIGITS, "--target", "fpga", says="unknown target")
    refuses("unwritable output", "run", DIGITS, "--output", scratch / "no" / "y.bin", says="cannot write")
    refuses("unwritable report", "run", DIGITS, "--output", new, "--report", scratch / "no" / "r.json", says="cannot write",
            writes=new)
    refuses("unknown option", "run", DIGITS, "--frobnicate", status=2, says="--help")
    refuses("unknown command", "walk", status=2, says="unknown command")
    for command in ([], ["info"], ["run"], ["bench"]):
        result = systole(*command, "--help")
        check(result.returncode == 0 and "systole" in result.stdout, f"cli {command} --help", result.stderr)


def main():
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("--test", default=ROOT / "build/tests/ref/test_ref", type=pathlib.Path)
    parser.add_argument("--systole", default=ROOT / "build/asan/systole", type=pathlib.Path)
    parser.add_argument("--fuzz", default=10, type=float)
    options = parser.parse_args()
    run_test(["unit"], "unit")
    run_test(["refuse", DIGITS], "refuse")
    models = [DIGITS]
    if MODELS.is_dir():
        test_networks()
        run_test(["tar", MODELS / "single_op" / "single_op.tar"], "single_op")
        models += sorted(MODELS.glob("mlperf_tiny_*/*.tflite")) + sorted(MODELS.glob("tflm_*/*.tflite"))
    else:
        print(f"SKIP ref: no models at {MODELS} (set SYSTOLE_MODELS)")
        add(skipped=1)
    run_test(["fuzz", options.fuzz, 1, *models], "fuzz")
    with tempfile.TemporaryDirectory() as scratch:
        test_cli(pathlib.Path(scratch))
    print("%d passed, %d failed, %d skipped" % tuple(sums))
    return sums[1] > 0


if __name__ == "__main__":
    sys.exit(main())
