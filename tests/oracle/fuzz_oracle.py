#!/usr/bin/env python3
"""Random single-layer models: TensorFlow Lite Micro's own interpreter against this project's targets, byte for byte.

Synopsis: tests/oracle/fuzz_oracle.py [--count N] [--seed S] [--first I] [--target ref|model|rtl|soc] [--op NAME]...
                                      [--config C] [--keep DIR] [--jobs J] [--systole PROGRAM]

Case I of seed S is always the same model and data, whatever the count. A failing case prints the command that reruns
it alone; --keep leaves its files (OP/I.tflite, .inK.bin, .outK.bin: the oracle's
outputs; .stepN.inK.bin, .stepN.outK.bin: later runs of the same interpreter, where there is state). Target ref runs through
build/tests/ref/test_ref (sanitizers on), the others through `systole run`, every other case
with --remove-constant (--systole build/asan/systole: with sanitizers). The last line is
`N passed, N failed[, N skipped]`. Skips, saying so, where the Python package tflite-micro is absent.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHUNK = 100  # cases of one child process: a crash of the interpreter costs no more


def rerun(o, case):
    config = f" --config {o.config}" if o.target not in ("ref",) else ""
    ops = "".join(f" --op {n}" for n in o.op or [])
    return (f"tests/oracle/fuzz_oracle.py --seed {o.seed} --first {case} --count 1 --target {o.target}{config}{ops} "
            "--keep build/oracle")


def names(o):
    import gen_elementwise
    import gen_int16
    import gen_move
    import gen_nn
    import gen_state
    table = {}
    for module in (gen_nn, gen_elementwise, gen_move, gen_int16, gen_state):
        table.update(module.GENERATORS)
    unknown = [n for n in o.op or [] if n not in table]
    if unknown:
        sys.exit(f"fuzz_oracle.py: no generator {unknown[0]}; there are {' '.join(sorted(table))}")
    return {n: table[n] for n in sorted(table) if not o.op or n in o.op}


def make(o, case, table):
    """The net of a case, filled; its operator's name."""
    import net
    import numpy as np
    rng = np.random.default_rng([o.seed, case])
    weights = np.array([w for _, w in table.values()], float)
    name = list(table)[int(rng.choice(len(table), p=weights / weights.sum()))]
    n = net.Net(rng)
    table[name][0](n)
    return name, n


def child(o):
    """Makes cases first .. first + count - 1 in a folder and asks the oracle; one line each: case, operator, ok or why not."""
    import net
    table = names(o)
    for case in range(o.first, o.first + o.count):
        print("begin", case, flush=True)
        name, n = make(o, case, table)
        folder = pathlib.Path(o.child) / name
        folder.mkdir(exist_ok=True)
        try:
            steps = n.run()
        except net.Refused as e:
            (folder / f"{case:05d}.tflite").write_bytes(bytes(n))
            print("refused", case, name, "the oracle refuses:", " ".join(str(e).split()), flush=True)
            continue
        for step, files in enumerate(steps):
            for kind, tensors in zip(("in", "out"), files):
                for k, data in enumerate(tensors):
                    later = f"step{step}." if step else ""
                    (folder / f"{case:05d}.{later}{kind}{k}.bin").write_bytes(data)
        (folder / f"{case:05d}.tflite").write_bytes(bytes(n))
        print("made", case, name, flush=True)


def compare_ref(o, folder, made):
    """{case: reason} of the failures: all cases in one call, as an archive."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as f:
        with tarfile.open(fileobj=f, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for case, name in sorted(made.items(), key=lambda item: (item[1], item[0])):
                for path in sorted((folder / name).glob(f"{case:05d}.*")):
                    tar.add(path, f"{name}/{path.name}")
        f.flush()
        r = subprocess.run([ROOT / "build/tests/ref/test_ref", "tar", "--all", f.name], capture_output=True, text=True)
    failures = {}
    for line in r.stdout.splitlines():
        m = re.match(r"FAIL ref (\w+)/(\d+): (.*)", line)
        if m:
            failures[int(m.group(2))] = m.group(3)
    last = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", (r.stdout.splitlines() or [""])[-1])
    if not last or int(last.group(1)) + len(failures) != len(made):
        failures.setdefault(min(made), f"test_ref: status {r.returncode}, {r.stdout[-200:]} {r.stderr[-400:]}")
    return failures


def files_of(stem, kind):
    """Files of a case, run by run."""
    def number(path):
        step = re.search(r"\.step(\d+)\.", path.name)
        return int(step.group(1)) if step else 0, int(re.search(r"(\d+)\.bin$", path.name).group(1))
    return sorted((p for p in stem.parent.glob(f"{stem.name}.*{kind}*.bin")), key=number)


def compare_run(o, folder, made):
    failures = {}
    for case, name in made.items():
        stem = folder / name / f"{case:05d}"
        inputs, expected = files_of(stem, "in"), files_of(stem, "out")
        have = [stem.parent / f"{stem.name}.have{k}" for k in range(len(expected))]
        command = [str(ROOT / o.systole), "run", f"{stem}.tflite", "--no-compare"]
        command += ["--target", o.target, "--config", o.config]
        if case % 2:  # what is removed must not show
            command.append("--remove-constant")
        for path in inputs:
            command += ["--input", str(path)]
        for path in have:
            command += ["--output", str(path)]
        r = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if r.returncode != 0:
            failures[case] = " ".join(r.stderr.split())[-300:]
            continue
        for path, want in zip(have, expected):
            a, b = path.read_bytes(), want.read_bytes()
            if a != b:
                at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                failures.setdefault(case, f"{want.name[6:-4]} differs at byte {at} of {len(b)}")
    return failures


def chunk(o, first, count):
    """Runs one chunk; (lines to print, passed, failed, skipped, cases by operator)."""
    lines, refused, made = [], {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        args = [sys.executable, __file__, "--child", scratch, "--seed", str(o.seed), "--first", str(first), "--count", str(count)]
        for n in o.op or []:
            args += ["--op", n]
        r = subprocess.run(args, capture_output=True, text=True)
        current = None
        for line in r.stdout.splitlines():
            word, case, *rest = line.split(maxsplit=3)
            if word == "begin":
                current = int(case)
            elif word == "made":
                made[int(case)] = rest[0]
            else:
                refused[int(case)] = rest
        failures = (compare_ref if o.target == "ref" else compare_run)(o, folder, made) if made else {}
        if r.returncode != 0:
            at = first if current is None else current
            failures[at] = f"the oracle's process ended with {r.returncode}: {r.stderr[-600:]}"
        for case, why in sorted(failures.items()):
            lines.append(f"FAIL {o.target} {made.get(case, '?')} seed {o.seed} case {case}: {why}\n     rerun: {rerun(o, case)}")
        for case, why in sorted(refused.items()):
            lines.append(f"SKIP {o.target} {why[0]} seed {o.seed} case {case}: not run: {' '.join(why[1:])}")
        if o.keep:
            import shutil
            shutil.copytree(folder, o.keep, dirs_exist_ok=True)
    good = [made[c] for c in made if c not in failures]
    return lines, len(good), len(failures), len(refused), collections.Counter(good)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--count", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--target", choices=["ref", "model", "rtl", "soc"], default="ref")
    p.add_argument("--config", default="npu16")
    p.add_argument("--op", action="append")
    p.add_argument("--keep")
    p.add_argument("--systole", default="build/systole", help="the program, e.g. build/asan/systole")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--child", help=argparse.SUPPRESS)
    o = p.parse_args()
    try:
        import tflite_micro
    except ImportError:
        print("SKIP oracle: the Python package tflite-micro is not installed (scripts/requirements-oracle.txt)")
        print(f"0 passed, 0 failed, {o.count} skipped")
        return 0
    if o.child:
        child(o)
        return 0
    names(o)
    print(f"oracle tflite-micro {tflite_micro.__version__}, target {o.target}, seed {o.seed}, cases {o.first}..{o.first + o.count - 1}")
    sums, by_op = [0, 0, 0], collections.Counter()
    starts = range(o.first, o.first + o.count, CHUNK)
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        results = pool.map(lambda s: chunk(o, s, min(CHUNK, o.first + o.count - s)), starts)
        for lines, passed, failed, skipped, ops in results:
            for line in lines:
                print(line, flush=True)
            sums = [sums[0] + passed, sums[1] + failed, sums[2] + skipped]
            by_op += ops
    print(f"ok   {o.target} " + ", ".join(f"{n} {k}" for n, k in sorted(by_op.items())))
    print("%d passed, %d failed" % (sums[0], sums[1]) + (f", {sums[2]} skipped" if sums[2] else ""))
    return sums[1] > 0


if __name__ == "__main__":
    sys.exit(main())
