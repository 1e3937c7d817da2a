#!/usr/bin/env python3
"""Accuracy of the digits network on its held-out split, and whether every output equals the oracle's, byte for byte.

Synopsis: scripts/digits_accuracy.py [--target ref|model|rtl|soc] [--config C] [--limit N]   (make digits-accuracy)

Every one of the 450 held-out pictures goes through `build/systole run`; the same codes go through the interpreter of
TensorFlow Lite Micro (Python package tflite-micro, reference kernels), where installed. The last line is in the form
of a test suite: a picture passes when its ten output bytes equal the oracle's; a classification below MINIMUM fails.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "sw" / "examples" / "digits"
MODEL = EXAMPLE / "digits.tflite"
MINIMUM = 0.97
sys.path.insert(0, str(EXAMPLE))
from digits_data import quantise, split  # noqa: E402


def run_one(args, folder, index, codes):
    source, result = folder / f"{index}.in.bin", folder / f"{index}.out.bin"
    source.write_bytes(codes.tobytes())
    command = [str(ROOT / "build" / "systole"), "run", str(MODEL), "--target", args.target, "--config", args.config,
               "--input", str(source), "--output", str(result)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"picture {index}: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return np.frombuffer(result.read_bytes(), np.int8)


def run_all(args, codes):
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(run_one, args, pathlib.Path(name), i, c) for i, c in enumerate(codes)]
        outputs = []
        for job in jobs:
            try:
                outputs.append(job.result())
            except RuntimeError as error:
                pool.shutdown(cancel_futures=True)
                sys.exit(f"FAIL {error}")
            if sys.stdout.isatty():
                print(f"\r{args.target}: {len(outputs)}/{len(jobs)} pictures", end="", flush=True)
    if sys.stdout.isatty():
        print()
    return outputs


def oracle(codes):
    """The same pictures through TensorFlow Lite Micro; None where the package is absent."""
    try:
        from tflite_micro import runtime
    except ImportError:
        return None
    interpreter = runtime.Interpreter.from_file(str(MODEL))
    outputs = []
    for picture in codes:
        interpreter.set_input(picture[np.newaxis], 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).ravel().copy())
    return outputs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=["ref", "model", "rtl", "soc"], default="ref")
    parser.add_argument("--config", default="npu16")
    parser.add_argument("--limit", type=int, help="only the first N pictures")
    args = parser.parse_args()

    _, (pixels, labels) = split()
    codes, labels = quantise(pixels)[: args.limit], labels[: args.limit]
    outputs = run_all(args, codes)
    right = sum(int(out.argmax()) == label for out, label in zip(outputs, labels))
    print(f"{args.target}: {right} of {len(labels)} held-out pictures classified correctly: {right / len(labels):.2%}")

    passed, failed, skipped = 1, 0, 0
    if right < MINIMUM * len(labels):
        print(f"FAIL accuracy below {MINIMUM:.0%}")
        passed, failed = 0, 1
    expected = oracle(codes)
    if expected is None:
        skipped = len(codes)
        print("SKIP comparison with TensorFlow Lite Micro: Python package tflite-micro is not installed")
    else:
        differing = [i for i, (a, b) in enumerate(zip(outputs, expected)) if a.tobytes() != b.tobytes()]
        print(f"{args.target}: {len(codes) - len(differing)} of {len(codes)} outputs equal TensorFlow Lite Micro's")
        if differing:
            print(f"FAIL outputs differ for held-out pictures {differing[:10]}; "
                  f"rerun: make digits-accuracy TARGET={args.target}")
        passed, failed = passed + len(codes) - len(differing), failed + len(differing)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
