#!/usr/bin/env python3
"""Real networks through `systole run`, output bytes against those that TensorFlow Lite Micro gave.

Synopsis: tests/golden/run.py SET [ARGUMENT]...
    networks TARGET [CONFIG]   every case of every network ($SYSTOLE_MODELS); on rtl one MobileNetV2 case
    configs TARGET             keyword spotting and the digits in every configuration
    single-op TARGET [STEP]    the random one-operator networks, every STEP-th of each operator
    stalls [SEEDS]             keyword spotting on rtl: memory latency 1..200 and random stalls, both from the seed
    constants TARGET [CASES]   with --remove-constant, the networks that have such channels (the first CASES cases of each)
    soc                        ResNet-8, keyword spotting and all digits on the soft-core's system; its UART's last word too

A failing case prints the command that reruns it. The digits need nothing outside the repository; the others are skipped,
saying so, where the models are absent. Ends with `N passed, N failed, N skipped`. Standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS", ROOT.parent / "shared" / "models"))
DIGITS = ROOT / "sw" / "examples" / "digits"
CONFIGS = sorted(p.stem.removeprefix("config_") for p in (ROOT / "spec" / "gen").glob("config_*.vh"))
TIMEOUT_S = 900
# What this version must run; other operators may be refused, which is then a counted skip.
PROMISED = set("""
    ABS ADD ARG_MAX AVERAGE_POOL_2D BATCH_MATMUL CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE ELU
    FULLY_CONNECTED GATHER HARD_SWISH LEAKY_RELU LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PADV2 PRELU
    QUANTIZE REDUCE_MAX RELU RELU6 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SOFTMAX SPACE_TO_DEPTH SPLIT
    SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV UNPACK RESHAPE""".split())
sums = {"passed": 0, "failed": 0, "skipped": 0}


def skip(what, count=1):
    print(f"SKIP {what}")
    sums["skipped"] += count


def run_case(what, model, inputs, expected, target, config="npu16", seed=1, settings=None, uart_ok=False, options=()):
    """One inference; counted as passed when all output files equal the expected ones."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [pathlib.Path(folder) / f"out{i}.bin" for i in range(len(expected))]
        command = ["build/systole", "run", str(model), "--target", target, "--config", config, "--seed", str(seed),
                   "--no-compare", *options]
        command += [word for path in inputs for word in ("--input", str(path))]
        rerun = " ".join([f"{k}={v}" for k, v in (settings or {}).items()] + [shlex.join(command)])
        command += [word for path in outputs for word in ("--output", str(path))]
        try:
            done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(settings or {})}, capture_output=True,
                                  stdin=subprocess.DEVNULL, text=True, errors="replace", timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return fail(what, f"no end within {TIMEOUT_S} s", rerun)
        if done.returncode:
            message = (done.stderr.strip() or "no message").splitlines()[-1]
            return fail(what, f"exit status {done.returncode}: {message}", rerun)
        for i, (got, want) in enumerate(zip(outputs, expected)):
            if got.read_bytes() != want.read_bytes():
                return fail(what, f"output {i} differs", rerun)
        if uart_ok and "uart| SYSTOLE DONE ok" not in done.stdout.splitlines():
            return fail(what, "the UART did not end with SYSTOLE DONE ok", rerun)
    sums["passed"] += 1


def fail(what, why, rerun):
    sums["failed"] += 1
    print(f"FAIL {what}: {why}; rerun: {rerun}", flush=True)


def cases(folder):
    """(name, model, inputs, expected outputs) of a folder of NAME.inN.bin and NAME.outN.bin beside a model."""
    for model in sorted(folder.glob("*.tflite")):
        for first in sorted(folder.glob("*.in0.bin")):
            name = first.name.removesuffix(".in0.bin")
            files = [sorted(folder.glob(f"{name}.{kind}[0-9].bin")) for kind in ("in", "out")]
            yield f"{folder.name}/{name}", model, *files


def digits(target, config="npu16", which=range(10), **more):
    """The repository's own network: its expected bytes are those of ref, which the digits suite compares with the oracle."""
    with tempfile.TemporaryDirectory() as folder:
        for digit in which:
            picture, expected = DIGITS / "held_out" / f"{digit}.bin", pathlib.Path(folder) / "expected.bin"
            subprocess.run(["build/systole", "run", str(DIGITS / "digits.tflite"), "--target", "ref", "--input", str(picture),
                            "--output", str(expected)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            run_case(f"{target} {config} digits/{digit}", DIGITS / "digits.tflite", [picture], [expected], target, config, **more)


def networks(target, config="npu16"):
    digits(target, config)
    folders = [f for pattern in ("mlperf_tiny_*", "tflm_*", "coral_*") for f in sorted(MODELS.glob(pattern))]
    if not folders:
        return skip(f"networks on {target}: no models at {MODELS} (set SYSTOLE_MODELS)")
    for folder in folders:
        found = list(cases(folder))
        if target in ("rtl", "soc") and folder.name.startswith("coral_"):
            found = found[:1]  # 300 M MACs: one case shows it
        for name, model, inputs, expected in found:
            run_case(f"{target} {config} {name}", model, inputs, expected, target, config)
        print(f"done {target} {config} {folder.name}: {len(found)} cases", flush=True)


def constants(target, count="0"):
    """Those that `systole info` finds removable channels in; at least the visual wake words are among them."""
    found = [f for pattern in ("mlperf_tiny_*", "tflm_*", "coral_*") for f in sorted(MODELS.glob(pattern))]
    if not found:
        return skip(f"constant channels on {target}: no models at {MODELS} (set SYSTOLE_MODELS)")
    done = []
    for folder in found:
        chosen = list(cases(folder))[: int(count) or None]
        info = chosen and subprocess.run(["build/systole", "info", str(chosen[0][1])], cwd=ROOT, capture_output=True, text=True)
        if not chosen or "--remove-constant saves" not in info.stdout:
            continue
        done.append(folder.name)
        for name, model, inputs, expected in chosen[:1] if folder.name.startswith("coral_") else chosen:
            run_case(f"{target} without constants {name}", model, inputs, expected, target, options=["--remove-constant"])
    print(f"done {target} without constants: {', '.join(done)}", flush=True)
    if (MODELS / "mlperf_tiny_vww96").exists() and "mlperf_tiny_vww96" not in done:
        fail("constant channels of mlperf_tiny_vww96", "systole info finds none", "build/systole info MODEL")


def keyword_case():
    """The MLPerf sample of keyword spotting, or None."""
    found = [c for c in cases(MODELS / "mlperf_tiny_dscnn_kws") if c[0].endswith("/mlperf_sample0")]
    if not found:
        skip(f"keyword spotting: no model at {MODELS} (set SYSTOLE_MODELS)")
    return found[0] if found else None


def configs(target):
    kws = keyword_case()
    for config in CONFIGS:
        digits(target, config, which=(3, 7))
        if kws:
            run_case(f"{target} {config} {kws[0]}", kws[1], kws[2], kws[3], target, config)


def refused_operator(model):
    """Does the program say that it does not know the operator? Any other failure is for run_case to count."""
    done = subprocess.run(["build/systole", "run", str(model)], cwd=ROOT, capture_output=True, text=True)
    return done.returncode != 0 and "not supported" in done.stderr


def single_op(target, step="1"):
    archive = MODELS / "single_op" / "single_op.tar"
    if not archive.exists():
        return skip(f"single operators on {target}: no {archive} (set SYSTOLE_MODELS)")
    folder = ROOT / "build" / "test" / f"single_op-{target}"  # stays, so that a failing case can be run again
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    refused = {}
    for operator in sorted(folder.iterdir()):
        for model in sorted(operator.glob("*.tflite"))[:: int(step)]:
            if operator.name not in PROMISED and refused_operator(model):
                refused[operator.name] = refused.get(operator.name, 0) + 1
                continue
            files = [sorted(operator.glob(f"{model.stem}.{kind}[0-9].bin")) for kind in ("in", "out")]
            run_case(f"{target} {operator.name}/{model.stem}", model, *files, target)
    if refused:
        names = ", ".join(f"{name} ({count})" for name, count in refused.items())
        skip(f"single operators on {target}, not in this version: {names}", sum(refused.values()))


def stalls(seeds="20"):
    kws = keyword_case()
    for seed in range(1, int(seeds) + 1):
        rng = random.Random(seed)
        settings = {"SYSTOLE_LATENCY": str(rng.randint(1, 200)), "SYSTOLE_STALL": str(rng.randint(0, 60))}
        digits("rtl", which=(seed % 10,), seed=seed, settings=settings)
        if kws:
            run_case(f"rtl stalls {kws[0]} seed {seed}", kws[1], kws[2], kws[3], "rtl", seed=seed, settings=settings)


def soc():
    digits("soc", uart_ok=True)
    wanted = ("mlperf_tiny_resnet8/cat", "mlperf_tiny_dscnn_kws/mlperf_sample0")
    found = [c for f in ("mlperf_tiny_resnet8", "mlperf_tiny_dscnn_kws") for c in cases(MODELS / f) if c[0] in wanted]
    if len(found) != len(wanted):
        skip(f"networks on soc: no models at {MODELS} (set SYSTOLE_MODELS)", len(wanted) - len(found))
    for name, model, inputs, expected in found:
        run_case(f"soc {name}", model, inputs, expected, "soc", uart_ok=True)


SETS = {"networks": networks, "configs": configs, "single-op": single_op, "stalls": stalls, "constants": constants, "soc": soc}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in SETS:
        sys.exit(f"usage: tests/golden/run.py {'|'.join(SETS)} [ARGUMENT]...; see its header")
    SETS[sys.argv[1]](*sys.argv[2:])
    print(", ".join(f"{count} {word}" for word, count in sums.items()))
    sys.exit(1 if sums["failed"] else 0)


if __name__ == "__main__":
    main()
