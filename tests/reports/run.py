#!/usr/bin/env python3
"""What `systole run --report --timeline --html` writes: consistent figures, a valid trace, a page that can be read.

Synopsis: tests/reports/run.py [MODEL]...

Runs the digits network on rtl (npu16 and npu4) and soc (npu16) and, where $SYSTOLE_MODELS (default ../shared/models) has it, keyword
spotting; on soc also a network with an operator on the CPU (made with the oracle's schema; skipped without it). Checks: layers take as many cycles on soc as on
rtl, whose times come from the hardware's trace and from the simulator; layers add up to the total; what the array did in a layer adds up to its cycles; bounds are the largest
limits; the timeline's slices are ordered, do not overlap, and sum up to the report's bytes and cycles. The page needs no
other file; in a headless Chromium (skipped, saying so, where absent) it runs without an error or a forbidden request, fits 390 and 1440 pixels, in light and
dark, no text hides another, and each canvas has something on it.
Last line: `N passed, N failed, N skipped`. SPDX-License-Identifier: Apache-2.0
"""
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = pathlib.Path(os.environ.get("SYSTOLE_MODELS", ROOT.parent / "shared/models"))
DIGITS = ROOT / "sw/examples/digits/digits.tflite"
CONFIG_N = {"npu4": 4, "npu16": 16}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PARTS = ("array_busy", "stall_load", "stall_post", "stall_weights", "array_idle")
sums = {"passed": 0, "failed": 0, "skipped": 0}
rerun = "tests/reports/run.py"

# Appended to a copy of the page: what a reader would see, as a JSON message to the page around it.
PROBE = """<script>
const drawn = id => { const c = document.getElementById(id), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  const colors = new Set(); for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) colors.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
  return colors.size; };
const small = [...document.querySelectorAll("main *")].filter(e => e.childElementCount === 0 && e.textContent.trim() &&
  parseFloat(getComputedStyle(e).fontSize) < 12).length;
// Boxes of all texts; the rotated ones and those scrolled out of the table count elsewhere.
const boxes = [];
for (const section of document.querySelectorAll("main, svg")) {
  const walk = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement, range = document.createRange();
    if (!n.textContent.trim() || e.closest("option, select, script, noscript, table") || e.hasAttribute("transform")) continue;
    if (section.tagName === "MAIN" && e.closest("svg")) continue;
    range.selectNodeContents(n);
    const clip = e.getBoundingClientRect();
    for (const r of range.getClientRects())
      boxes.push([r.left, r.top + 2, Math.min(r.right, e.closest("svg") ? r.right : clip.right), r.bottom - 2, n.textContent.trim(), n]);
  }
}
const hidden = [];
boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => { if (a[5] !== b[5] && a[0] + 1 < b[2] && b[0] + 1 < a[2] && a[1] < b[3] && b[1] < a[3]) hidden.push(a[4] + " / " + b[4]); }));
const probe = {hidden: hidden.slice(0, 5), texts: boxes.length, dark: matchMedia("(prefers-color-scheme: dark)").matches, ready: document.documentElement.dataset.ready === "1", errors: window.failures, width: innerWidth,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth, rows: document.querySelectorAll("#rows .row").length,
  points: document.querySelectorAll("#roof circle").length, table: document.querySelectorAll("#table tbody tr").length,
  time: drawn("time"), memory: drawn("memory"), small,
  outside: [...document.querySelectorAll("#roof text")].filter(t => { const r = t.getBoundingClientRect(),
    s = document.getElementById("roof").getBoundingClientRect(); return r.left < s.left - 1 || r.right > s.right + 1; }).length};
parent.postMessage(JSON.stringify(probe), "*");
</script>"""
# A browser's window has a least width, a frame has not.
FRAME = """<!doctype html><title>no answer</title><body style="margin:0"><script>
addEventListener("message", e => { document.title = "PROBE" + e.data + "END"; });
</script><iframe src="probe.html" style="border:0;width:WIDTHpx;height:900px"></iframe>"""


def check(what, ok, why=""):
    sums["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {what}{': ' if why else ''}{why}; rerun: {rerun}", flush=True)


def check_report(name, report, n):
    everything = [layer for layer in report["layers"] if layer["cycles"] is not None]
    layers = [layer for layer in everything if layer["unit"] == "npu"]
    driver = report.get("cycles_driver", 0)
    check(f"{name}: some layers", len(layers) > 1)
    total = sum(layer["cycles"] for layer in everything) + driver
    check(f"{name}: layers and driver add up", total == report["cycles_total"], f"{total}, total {report['cycles_total']}")
    bad = [x["name"] for x in layers if sum(x[part] for part in PARTS) != x["cycles"] or min(x[part] for part in PARTS) < 0]
    check(f"{name}: the array's time adds up", not bad, ", ".join(bad))
    bad = [x["name"] for x in layers if x["bound_cycles"] != max(x["limits"].values())
           or (x["bound"] is None) != (x["bound_cycles"] == 0) or x["bound"] and x["limits"][x["bound"]] != x["bound_cycles"]
           or x["bound_distance"] != x["cycles"] - x["bound_cycles"]]
    check(f"{name}: bounds are the largest limits", not bad, ", ".join(bad))
    bad = [x["name"] for x in layers if x["limits"]["array"] * n * n < x["macs"]]
    check(f"{name}: the array's limit covers its MACs", not bad, ", ".join(bad))
    for key in ("array", "port", "output_stage", "vector"):
        limit = report["limits"][key]
        check(f"{name}: the network's {key} limit", limit <= report["cycles_total"] and (limit > 0 or key == "vector" or not report["macs"]), f"{limit}")
    check(f"{name}: utilisation", abs(report["mac_utilisation"] - report["macs"] / (total * n * n)) < 1e-6)


def check_timeline(name, trace, report):
    slices = [e for e in trace["traceEvents"] if e["ph"] == "X"]
    tracks = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
    check(f"{name}: well-formed events", all(
        e["ph"] in "XM" and e["name"] and e["pid"] == 1 and (e["ph"] == "M" or {"ts", "dur", "tid", "cat", "args"} <= e.keys() and
                                                            all(isinstance(e[k], int) for k in ("ts", "dur", "tid"))) for e in trace["traceEvents"]))
    check(f"{name}: slices on named tracks", {e["tid"] for e in slices} <= tracks.keys())
    check(f"{name}: tracks", list(tracks.values()) == ["load", "array", "vector", "store", "CPU", "command lists"], str(tracks))
    on_cpu = [layer for layer in report["layers"] if layer["unit"] == "cpu" and layer["cycles"] is not None]
    for tid, track in tracks.items():
        own = [e for e in slices if e["tid"] == tid]
        wanted = {"CPU": on_cpu, "array": report["macs"]}.get(track, True)
        check(f"{name}: {track} has slices", bool(own) or not wanted)
        check(f"{name}: {track} is ordered, without overlap",
              all(e["dur"] >= 0 for e in own) and all(a["ts"] + a["dur"] <= b["ts"] for a, b in zip(own, own[1:])))
    ends = [e["ts"] + e["dur"] for e in slices]
    check(f"{name}: nothing after the end", max(ends) == report["cycles_total"] == trace["otherData"]["cycles_total"])
    steps = [e for e in slices if tracks[e["tid"]] == "command lists"]
    cpu = [e for e in slices if tracks[e["tid"]] == "CPU"]
    check(f"{name}: lists and CPU add up to the total", sum(e["dur"] for e in steps + cpu) == report["cycles_total"])
    check(f"{name}: the CPU's operators", [(e["name"], e["dur"]) for e in cpu if e["cat"] != "driver"] == [(x["name"], x["cycles"]) for x in on_cpu])
    commands = [e for e in slices if e["tid"] < 4]
    check(f"{name}: waits are within the run", all(0 < w <= 65535 for e in commands for w in e["args"].get("waited", {}).values()))
    count = sum(e["args"]["commands"] for e in steps)
    check(f"{name}: every command once", sorted(e["args"]["command"] for e in commands) == list(range(count)), f"{count}")
    names = {layer["name"] for layer in report["layers"]}
    bad = [e["name"] for e in commands if e["name"].rsplit(" ", 1)[0] not in names]
    check(f"{name}: slices named by layer and kind", not bad, ", ".join(bad[:3]))
    fetched = sum(e["args"]["bytes"] for e in steps)
    read = sum(e["args"]["bytes"] for e in commands if tracks[e["tid"]] == "load") + fetched
    written = sum(e["args"]["bytes"] for e in commands if tracks[e["tid"]] == "store")
    check(f"{name}: bytes", (read, written) == (report["bytes_read"], report["bytes_written"]), f"{read}, {written}")
    loaded = sum(layer["bytes_read"] or 0 for layer in report["layers"]) + fetched
    check(f"{name}: the layers' bytes", loaded == report["bytes_read"], f"{loaded}")


def check_page(name, page, report):
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1))
    check(f"{name}: the page has the report", data["report"] == report)
    foreign = [u for u in re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]+[^\s\"')]*|@import|<link|\ssrc=|url\(", page.replace(
        json.dumps(data), "")) if not u.startswith("http://www.w3.org/2000/svg")]
    foreign = [u for u in foreign if not u.startswith("//")]  # comments
    check(f"{name}: the page needs nothing else", not foreign, str(foreign[:3]))
    words = data["trace"]["words"]
    bad = [b for b in data["trace"]["blocks"] if b[0] + b[1] > words or b[4] > b[5] or b[5] > report["cycles_total"]]
    check(f"{name}: scratchpad blocks", data["trace"]["blocks"] and not bad, str(bad[:3]))


def check_browser(name, browser, page, folder, layers, points):
    early = """<script>window.failures = []; addEventListener('error', e => failures.push(e.message));
addEventListener('securitypolicyviolation', e => failures.push('request: ' + e.blockedURI));
for (const k of ['error', 'warn']) console[k] = (...x) => failures.push('console: ' + x.join(' '));</script>"""
    copy = folder / "probe.html"
    copy.write_text(page.replace("<head>", "<head>" + early, 1).replace("</body>", PROBE + "</body>", 1))
    frame = folder / "frame.html"
    for width, dark in ((390, False), (1440, False), (390, True)):
        frame.write_text(FRAME.replace("WIDTH", str(width)))
        command = [browser, *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []), "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1540,950",
                   f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=4000", "--dump-dom", frame.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
        match = re.search(r"PROBE(\{.*?\})END", html.unescape(done.stdout))
        if not match:
            check(f"{name}: page at {width} px", False, "the browser gave no answer: " + (done.stderr.strip()[-200:] or "nothing"))
            continue
        seen = json.loads(match.group(1))
        wanted = {"no script error": seen["ready"] and not seen["errors"], "width": seen["width"] == width, "colours": seen["dark"] == dark,
                  "no sideways scrolling": seen["overflow"] <= 0, "a bar row for each layer": seen["rows"] == layers,
                  "a table row for each layer": seen["table"] == layers, "points in the roofline": seen["points"] >= points,
                  "no text below 12 px": seen["small"] == 0, "labels inside the roofline": seen["outside"] == 0,
                  "no text hides another": not seen["hidden"] and seen["texts"] > 20,
                  "timeline drawn": seen["time"] > 5, "memory map drawn": seen["memory"] > 2}
        for what, ok in wanted.items():
            check(f"{name}: page at {width} px{dark * ', dark'}: {what}", ok, str(seen))


def run(model, config, browser, target="rtl"):
    """The report, or None"""
    name = f"{model.stem} {target} {config}"
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        files = [folder / f for f in ("report.json", "timeline.json", "page.html")]
        command = ["build/systole", "run", str(model), "--target", target, "--config", config, "--report", str(files[0]),
                   "--timeline", str(files[1]), "--html", str(files[2])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            check(f"{name}: run", False, done.stderr.strip())
            return None
        report, trace = (json.loads(f.read_text()) for f in files[:2])
        page = files[2].read_text()
        check_report(name, report, CONFIG_N[config])
        check_timeline(name, trace, report)
        check_page(name, page, report)
        if browser:
            check_browser(name, browser, page, folder, len(report["layers"]), min(2, sum(x["macs"] > 0 for x in report["layers"])))
        return report


def mixed(path):
    """A network of NPU, CPU, NPU; False without the oracle's package."""
    sys.path.insert(0, str(ROOT / "tests/oracle"))
    try:
        import numpy as np
        from net import Net
    except ImportError:
        return False
    net = Net(np.random.default_rng(5))
    x = net.input((1, 6, 6, 8), 0.05, 3)
    a, b, c = net.tensor((1, 6, 6, 8), 1 / 128, 0), net.tensor((1, 12, 12, 8), 1 / 128, 0), net.tensor((1, 12, 12, 8), 1 / 256, -128)
    net.op("TANH", [x], [a])
    net.op("RESIZE_BILINEAR", [a, net.const([12, 12])], [b], "ResizeBilinearOptions", alignCorners=False, halfPixelCenters=False)
    net.op("LOGISTIC", [b], [c])
    path.write_bytes(bytes(net))
    return True


def check_soc(browser, rtl):
    """The system's figures: those of the NPU alone, and the CPU's."""
    soc = run(DIGITS, "npu16", browser, "soc")
    if soc and rtl:
        both = [(x["name"], x["cycles"], y["cycles"]) for x, y in zip(soc["layers"], rtl["layers"]) if abs(x["cycles"] - y["cycles"]) > 4]
        check("soc: the layers' cycles as on rtl", not both, str(both))
        check("soc: the driver's cycles", 0 < soc["cycles_driver"] < 8000, str(soc["cycles_driver"]))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "mixed.tflite"
        if not mixed(path):
            print("SKIP operators on the CPU in the report: no tflite-micro here to make the network")
            sums["skipped"] += 1
            return
        report = run(path, "npu16", browser, "soc")
        cpu = [x for x in report["layers"] if x["unit"] == "cpu"] if report else []
        check("soc: the CPU's operator counts", len(cpu) == 1 and cpu[0]["cycles"] > 10000 and cpu[0]["bytes_read"] is None, str(cpu))
    plain = subprocess.run(["build/systole", "run", str(DIGITS), "--target", "soc", "--config", "npu4", "--report", "/dev/stdout", "--no-compare"],
                           cwd=ROOT, capture_output=True, text=True)
    check("soc npu4: no trace is said", plain.returncode == 0 and "no trace" in plain.stderr, plain.stderr)
    refused = subprocess.run(["build/systole", "run", str(DIGITS), "--target", "soc", "--config", "npu4", "--html", os.devnull],
                             cwd=ROOT, capture_output=True, text=True)
    check("soc npu4: no page without a trace", refused.returncode == 1 and "trace_records" in refused.stderr, refused.stderr)


def main():
    browser = next((path for b in BROWSERS if (path := shutil.which(b))), None)
    if not browser:
        print("SKIP page in a browser: no Chromium here (Debian package chromium)")
        sums["skipped"] += 1
    models = [pathlib.Path(m).resolve() for m in sys.argv[1:]] or [DIGITS]
    if not sys.argv[1:]:
        found = sorted((MODELS / "mlperf_tiny_dscnn_kws").glob("*.tflite"))
        if not found:
            print(f"SKIP keyword spotting: no model at {MODELS} (set SYSTOLE_MODELS)")
            sums["skipped"] += 1
        models += found
    run(DIGITS, "npu4", None)
    reports = [run(model, "npu16", browser) for model in models]
    if not sys.argv[1:]:
        check_soc(browser, reports[0])
    refused = subprocess.run(["build/systole", "run", str(DIGITS), "--html", os.devnull], cwd=ROOT, capture_output=True, text=True)
    check("a target without a trace writes no page", refused.returncode == 2 and "page" in refused.stderr, refused.stderr)
    print(", ".join(f"{count} {word}" for word, count in sums.items()))
    sys.exit(1 if sums["failed"] else 0)


if __name__ == "__main__":
    main()
