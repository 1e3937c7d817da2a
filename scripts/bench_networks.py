"""The networks of the benchmarks and how they are measured; for bench_run.py, bench_peers.py and tests/bench/run.py.

measure() compiles a network and runs `systole bench` on the program, with the bench conditions of the project: memory
latency 32, no random stalls. Everything lands in build/bench. Standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import subprocess

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS") or ROOT.parent / "shared/models")
OUT = ROOT / "build/bench"
TINY = {"ResNet-8": "mlperf_tiny_resnet8", "DS-CNN": "mlperf_tiny_dscnn_kws", "MobileNetV1 0.25": "mlperf_tiny_vww96",
        "Autoencoder": "mlperf_tiny_ad01"}
LARGE = {"MobileNetV2 224": "coral_tf2_mobilenet_v2_1.0_224_ptq"}


def networks(large=True):
    """{name: path} of what is there; the digits always are."""
    found = {"digits": ROOT / "sw/examples/digits/digits.tflite"}
    for name, folder in (TINY | LARGE if large else TINY).items():
        files = sorted((MODELS / folder).glob("*.tflite"))
        if files:
            found[name] = files[0]
    return found


def systole(*words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SYSTOLE_")}
    done = subprocess.run(["build/systole", *map(str, words)], cwd=ROOT, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words[:2]))} ...: {(done.stderr.strip() or 'failed').splitlines()[-1]}")


def measure(name, path, config, target="rtl", repeat=1, remove=False):
    """(report, seconds of the fastest simulation); remove: without the channels that are provably constant"""
    out_file.folder(OUT)
    stem = OUT / f"{name.replace(' ', '-')}{'.without-constants' if remove else ''}.{config}"
    program, result = f"{stem}.prog", f"{stem}.{target}.json"
    systole("compile", path, "-o", program, "--config", config, *(["--remove-constant"] if remove else []))
    systole("bench", program, "--config", config, "--target", target, "--repeat", repeat, "--json", result)
    [entry] = json.loads(pathlib.Path(result).read_text())
    return entry["report"], entry["seconds"]


def table(head, rows):
    """Markdown; every column but the first to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def grouped(value):
    return "–" if value is None else f"{value:,}"
