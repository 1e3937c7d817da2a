#!/usr/bin/env python3
"""Cycles and array utilisation of one transformer encoder layer over sequence lengths: build/bench/encoder.md.

Synopsis: scripts/bench_encoder.py [--config npu16] [--sequence N]... [--width 256] [--heads 4] [--feed 1024]   (make bench-encoder)

scripts/onnx_encoder.py makes the layer (random weights, int8 input and output), rtl runs it. MACs and cycles are those of the
operators that run on the NPU; utilisation is their MACs / (cycles x rows x columns). What runs on the CPU is named, with its
MACs: its cycles are in no column, so utilisation is that of the whole layer only where the last column is empty.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import logging
import sys

import out_file
from bench_networks import OUT, grouped, measure, table
from onnx_encoder import layer_model

SEQUENCES = [16, 32, 64, 128, 256, 512]
HEAD = ["sequence", "MACs on the NPU", "ideal cycles", "cycles", "utilisation", "by kind of operator", "on the CPU"]
KINDS = {"FULLY_CONNECTED": "linear", "BATCH_MATMUL": "products", "SOFTMAX": "softmax", "LAYER_NORMALIZATION": "norms",
         "TRANSPOSE": "transposes"}


def row(sequence, options):
    path = OUT / f"encoder_{sequence}.onnx"
    out_file.write(path, layer_model(sequence, options.width, options.heads, options.feed).SerializeToString(deterministic=True))
    report, _ = measure(f"encoder {sequence}", path, options.config)
    width = report["rows"] * report["columns"]
    npu = [layer for layer in report["layers"] if layer["unit"] == "npu"]
    macs, cycles = sum(layer["macs"] for layer in npu), report["cycles_total"]
    kinds = collections.Counter()
    for layer in npu:
        kinds[KINDS.get(layer["op"], "rest")] += layer["cycles"] or 0
    cpu = [f"{layer['op']} ({grouped(layer['macs'])})" for layer in report["layers"] if layer["unit"] == "cpu"]
    shares = ", ".join(f"{kind} {100 * n / cycles:.0f} %" for kind, n in kinds.most_common() if n)
    return [sequence, grouped(macs), grouped(-(-macs // width)), grouped(cycles), f"{100 * macs / cycles / width:.1f} %", shares,
            ", ".join(cpu) or "nothing"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="npu16")
    parser.add_argument("--sequence", type=int, action="append")
    for name, value in (("width", 256), ("heads", 4), ("feed", 1024)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    out_file.folder(OUT)
    rows = []
    for sequence in options.sequence or SEQUENCES:
        if sys.stderr.isatty():
            print(f"sequence {sequence} ...", file=sys.stderr)
        rows.append(row(sequence, options))
    text = (f"# One encoder layer on `{options.config}`: width {options.width}, {options.heads} heads, feed-forward {options.feed}\n\n"
            + table(HEAD, rows))
    out_file.write(OUT / "encoder.md", text)
    print(text, end="")


if __name__ == "__main__":
    main()
