#!/usr/bin/env python3
"""Compiled programs on the C model against the golden models, byte for byte, with the order checker on.

Synopsis: tests/compiler/run.py [--quick]

Runs build/tests/compiler/test_compiler (sanitizers on) over the digits network, random networks and, where $SYSTOLE_MODELS
(default ../shared/models) has them, the real networks and the single-operator cases; all configurations; encoder layers. Random
networks also strip by strip wherever that is possible, and, of networks with many zeros, without the channels that are
provably constant. Then again
with the scratchpad cut short and with nothing resident, which forces tiling, chunks of weights and CPU fallback.
--quick: configurations npu16 and npu4, every third single-operator case.
Last line: `N passed, N failed, N skipped`.

SPDX-License-Identifier: Apache-2.0
"""
import logging
import os
import pathlib
import re
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from onnx_encoder import layer_model  # noqa: E402

PROGRAM = ROOT / "build/tests/compiler/test_compiler"
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS", ROOT.parent / "shared/models"))
CASES = ROOT / "build/compiler/single_op"
OPERATORS = """CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED ADD AVERAGE_POOL_2D MAX_POOL_2D MEAN PAD SOFTMAX QUANTIZE
    MUL SUB LOGISTIC TANH HARD_SWISH RELU RELU6 LEAKY_RELU CONCATENATION MAXIMUM MINIMUM TRANSPOSE STRIDED_SLICE
    SPLIT PACK PADV2""".split()
LAYERS = ROOT / "build/compiler/layers"
ENCODERS = [(40, 64, 4, 96), (50, 128, 4, 256), (128, 64, 2, 512), (33, 48, 3, 100), (130, 96, 2, 384), (128, 256, 4, 1024)]  # tokens, width, heads, feed-forward
SUM = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
total = [0, 0, 0]


def run(options, models):
    """One test_compiler call; its FAIL lines and a line of what it was."""
    if not models and "-R" not in options:
        return
    command = [str(PROGRAM), "-q", *options, *map(str, models)]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = result.stdout.splitlines()
    match = SUM.fullmatch(lines[-1]) if lines else None
    for line in lines[:-1]:
        print(line)
    if match:
        for i in range(3):
            total[i] += int(match.group(i + 1))
    if not match or (result.returncode != 0 and match.group(2) == "0"):
        print(f"FAIL {' '.join(command[:6])} ...: exit status {result.returncode}: {lines[-1] if lines else 'no output'}")
        total[1] += 1
    print(f"model: {len(models)} networks, options {' '.join(options) or '-'}: {lines[-1] if lines else ''}", flush=True)


def skip(what, why):
    print(f"SKIP {what}: {why}")
    total[2] += 1


def single_op_cases():
    archive = MODELS / "single_op/single_op.tar"
    if not archive.exists():
        skip("single-operator cases", f"{archive} is not there")
        return []
    if not CASES.exists():
        CASES.parent.mkdir(parents=True, exist_ok=True)
        part = CASES.with_suffix(".part")
        with tarfile.open(archive) as tar:
            tar.extractall(part)
        part.rename(CASES)
    return [path for name in OPERATORS for path in sorted((CASES / name).glob("*.tflite"))]


def encoder_layers():
    """Encoder layers of odd shapes, one of `make bench-encoder`'s: softmax among other commands, products behind a layer, slices."""
    logging.disable(logging.WARNING)
    LAYERS.mkdir(parents=True, exist_ok=True)
    paths = []
    for shape in ENCODERS:
        paths.append(LAYERS / f"encoder_{'_'.join(map(str, shape))}.onnx")
        paths[-1].write_bytes(layer_model(*shape).SerializeToString(deterministic=True))
    return paths


def main():
    quick = sys.argv[1:] == ["--quick"]
    few = ["-c", "npu16", "-c", "npu4"]
    every = few if quick else []
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not built: make {PROGRAM.relative_to(ROOT)}")
    run([], ["sw/examples/digits/digits.tflite"])
    run(["-n", "-l", "256"], ["sw/examples/digits/digits.tflite"])
    run(["-R", "1", "150" if quick else "600"], [])
    run(["-f", "-R", "2000", "100" if quick else "400"], [])
    run(["-k", "-R", "1", "200" if quick else "1500"], [])
    run(["-k", "-f", "-R", "3000", "60" if quick else "400"], [])
    layers = encoder_layers()
    run(["-c", "npu16", "-c", "npu8s"], layers)
    run(["-c", "npu16", "-l", "600"], layers)
    run(["-c", "npu16", "-l", "1500"], layers)
    run(["-c", "npu16", "-n"], layers)
    cases = single_op_cases()[:: 3 if quick else 1]
    run(every, cases)
    run([*few, "-l", "400"], cases)
    run([*few, "-n", "-l", "150"], cases)
    small = sorted(MODELS.glob("mlperf_tiny_*/*.tflite")) + sorted(MODELS.glob("tflm_*/*.tflite"))
    if not small:
        skip("MLPerf Tiny and TFLM networks", f"none in {MODELS}")
    run(every, small)
    run([*few, "-n", "-l", "1024"], small)
    run(["-k", "-c", "npu16"], small)
    large = sorted(MODELS.glob("coral_*/*.tflite"))
    if not large:
        skip("MobileNetV2", f"none in {MODELS}")
    run(["-c", "npu16"], large)
    if not quick:
        run(["-c", "npu4", "-c", "npu32"], large)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


main()
