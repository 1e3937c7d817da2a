#!/usr/bin/env python3
"""Suite: systole explore on the digits. Rows, front (by brute force), refusals as rows, parallel = serial, predictions = those of
target model, an interrupt and a dead process.

Synopsis: tests/explore/explore.py     Last line: N passed, N failed. Standard library only.
SPDX-License-Identifier: Apache-2.0
"""
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build/test/explore"
MODEL = "sw/examples/digits/digits.tflite"
# Thousands of rows: time to interrupt it.
LONG = ["--n", "4,8,16", "--lanes", "1,2,4", "--sp-words", "512,1024,2048,4096,8192,16384,32768", "--sp-banks", "2,4,8,16",
        "--acc-depth", "64,128,256,512,1024,2048", "--port", "8"]
passed = failed = 0


def check(what, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAIL {what}: {why}; rerun: tests/explore/explore.py")


def command(*words, models=(MODEL,)):
    return ["build/systole", "explore", *models, *words]


def explore(name, *words, models=(MODEL,)):
    path = OUT / name
    path.unlink(missing_ok=True)
    done = subprocess.run(command(*words, "--csv", str(path), models=models), cwd=ROOT, capture_output=True, text=True)
    return done, rows_of(path)


def rows_of(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def values(r):
    return tuple(float(r[k]) for k in ("cycles", "lut_estimate", "dsp_estimate", "ram_estimate"))


def true_front(rows):
    good = [r for r in rows if not r["reason"]]
    beaten = lambda r: any(o["port_bytes"] == r["port_bytes"] and values(o) != values(r) and all(a <= b for a, b in zip(values(o), values(r)))
                           for o in good)
    return {(r["port_bytes"], values(r)) for r in good if not beaten(r)}


def marked(rows):
    return [(r["port_bytes"], values(r)) for r in rows if r["front"] == "yes"]


def sweep():
    small = ["--n", "4,8,16", "--sp-words", "512,2048,8192"]
    done, rows = explore("parallel.csv", *small, "--jobs", "3", "--plot", str(OUT / "plot.svg"))
    check("sweep", done.returncode == 0 and len(rows) == 11 * 3 * 3, f"{len(rows)} rows {done.stderr}")
    check("front: what brute force finds, each once", sorted(marked(rows)) == sorted(true_front(rows)), str(marked(rows)))
    check("front is printed", all(r["config"] in done.stdout for r in rows if r["front"] == "yes"), done.stdout)
    check("other ports are marked", done.stdout.count("predictions only") == 2 and {(r["port_bytes"], r["port_built"]) for r in rows} ==
          {("4", "no"), ("8", "yes"), ("16", "no")}, done.stdout)
    explore("serial.csv", *small, "--jobs", "1")
    check("parallel = serial", (OUT / "parallel.csv").read_bytes() == (OUT / "serial.csv").read_bytes(), "the files differ")
    tree = xml.parse(OUT / "plot.svg").getroot()
    dots = sum(e.tag.endswith("circle") and any(c.tag.endswith("title") for c in e) for e in tree.iter())
    check("plot: a dot for each row in three panels", dots == 3 * len(rows), f"{dots} dots")
    text = "".join(tree.itertext())
    check("plot: axes and boards", all(w in text for w in ("LUT4 sites", "multipliers", "block RAMs", "cycles of one inference", "85F", "GW2AR-18")), text)
    for r in [r for r in rows if r["port_bytes"] == "8"][::7]:
        report = OUT / "model.json"
        subprocess.run(["build/systole", "run", MODEL, "--target", "model", "--config", r["config"], "--report", str(report)], cwd=ROOT,
                       capture_output=True, check=True)
        check(f"{r['config']}: as target model predicts", json.loads(report.read_text())["cycles_predicted"] == int(r["cycles"]), r["cycles"])
    done, rows = explore("two.csv", "--n", "8", "--port", "8", "--sp-words", "4096", models=(MODEL, MODEL))
    check("two models: geometric mean", done.returncode == 0 and all(r["cycles"] == r["cycles digits.tflite"] for r in rows) and "geom. mean" in done.stdout,
          done.stdout + done.stderr)


def refusals():
    done, rows = explore("bad.csv", "--n", "4,12", "--lanes", "4,16", "--sp-words", "1024,1000", "--port", "8")
    good = [r for r in rows if not r["reason"]]
    check("bad configurations are rows", done.returncode == 0 and len(rows) == 8 and [r["config"] for r in good] == ["npu4,sp_words=1024"], str(rows))
    check("with reasons", all(any(w in r["reason"] for w in ("n=12", "sp_words=1000", "lanes=16")) and r["cycles"] == "" for r in rows if r["reason"]),
          str([r["reason"] for r in rows]))
    for words, why in ((["--n", "4,"], "list"), (["--n", "x"], "list"), (["--port", "12"], "power of two"), (["--jobs", "0"], "number"),
                       (["--wide"], "unknown"), (["--n", "-4"], "list")):
        done = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True)
        check(f"explore {' '.join(words)}", done.returncode == 2 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    for words in (["no-such.tflite"], ["README.md"]):
        done = subprocess.run(["build/systole", "explore", *words], cwd=ROOT, capture_output=True, text=True)
        check(f"explore {words[0]}", done.returncode == 1 and words[0] in done.stderr and done.stderr.count("\n") == 1, done.stderr)


def start(path):
    path.unlink(missing_ok=True)
    return subprocess.Popen(command(*LONG, "--csv", str(path), "--jobs", "2"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)


def children(pid):
    try:
        return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def interrupts():
    path = OUT / "cut.csv"
    _, whole = explore("whole.csv", *LONG)
    by_name = {r["config"]: r for r in whole}
    rows, delay = [], 0.2
    while delay < 60:
        process = start(path)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, text = process.communicate(timeout=60)
        rows = rows_of(path) if path.exists() else []
        if process.returncode == 1 and rows and len(rows) < len(whole):
            break
        delay = delay * 1.7 if not rows else delay * 0.6
    check("interrupt: one line, status 1", process.returncode == 1 and "interrupted" in text and text.count("\n") == 1, text)
    check("interrupt keeps rows", 0 < len(rows) < len(whole), f"{len(rows)} of {len(whole)}")
    check("interrupt: rows are right", all(r["cycles"] == by_name[r["config"]]["cycles"] for r in rows), "cycles differ")
    check("interrupt: no temporary file", sorted(p.name for p in OUT.glob("cut.csv*")) == ["cut.csv"], str(list(OUT.iterdir())))
    try:
        os.killpg(process.pid, 0)
        check("interrupt: no process is left", False, "there is one")
    except ProcessLookupError:
        check("interrupt: no process is left", True)

    process = start(path)
    while process.poll() is None and not children(process.pid):
        time.sleep(0.005)
    time.sleep(0.05)
    for child in children(process.pid)[:1]:
        os.kill(child, signal.SIGKILL)
    _, text = process.communicate(timeout=120)
    rows = rows_of(path)
    dead = [r for r in rows if "signal 9" in r["reason"]]
    check("a process that dies: its row says so, the others have cycles", process.returncode == 0 and len(rows) == len(whole) and len(dead) == 1 and
          all(r["cycles"] for r in rows if r not in dead and not by_name[r["config"]]["reason"]), f"{len(dead)} dead of {len(rows)} {text}")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    sweep()
    refusals()
    interrupts()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
