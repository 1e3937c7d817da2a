"""Suite: output files of scripts/ are whole or not there, and what cannot be written is one line and exit status 1.

Synopsis: python3 tests/runner/outputs.py
Runs every script that takes an output path on paths that cannot be written, and the shared scripts/out_file.py by itself.
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
counts = {"passed": 0, "failed": 0, "skipped": 0}
# Checkpoints for one run and files in folders that are removed: these write by themselves.
OTHER = {"bench_llm.py", "digits_accuracy.py", "demo.py", "demo_llm.py"}


def check(what, good, why=""):
    counts["passed" if good else "failed"] += 1
    if not good:
        print(f"FAIL {what}: {why}; rerun: python3 tests/runner/outputs.py")


def python(*words):
    return subprocess.run([sys.executable, *map(str, words)], cwd=ROOT / "scripts", capture_output=True, text=True)


def refused(what, done, path):
    lines = (done.stdout + done.stderr).splitlines()
    check(what, done.returncode == 1 and len(lines) == 1 and lines[0].startswith(f"{path}: cannot be written: "), f"{done.returncode}: {lines[-1:]}")


def bad_paths(folder):
    (folder / "file").write_text("kept")
    (folder / "folder").mkdir(exist_ok=True)
    return {"in a missing folder": folder / "missing/out", "in a file": folder / "file/out", "a folder": folder / "folder",
            "a full device": pathlib.Path("/dev/full")}


def module(folder):
    say = "import out_file, sys; out_file.{}(sys.argv[1]{})"
    for what, path in bad_paths(folder).items():
        refused(f"write: {what}", python("-c", say.format("write", ", 'text'"), path), path)
        if what != "a full device":
            refused(f"check: {what}", python("-c", say.format("check", ""), path), path)
    refused("folder: in a file", python("-c", say.format("folder", ""), folder / "file/out"), folder / "file/out")
    good = folder / "good"
    for text in ("first", "second"):
        done = python("-c", say.format("check", "") + f"; out_file.write(sys.argv[1], {text!r})", good)
        check(f"write: {text}", done.returncode == 0 and good.read_text() == text, done.stderr)
    # the file that was there survives a disk that fills: a limit on file sizes is one
    full = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); "
    refused("write: full", python("-c", full + say.format("write", ", 'x' * 1000"), good), good)
    check("write: full: the old file is kept", good.read_text() == "second")
    check("nothing else is left", sorted(os.listdir(folder)) == ["file", "folder", "good"] and not os.listdir(folder / "folder"), os.listdir(folder))
    check("the file in the way is kept", (folder / "file").read_text() == "kept")


def scripts(folder):
    image = folder / "image"
    image.write_bytes(bytes(100))
    for what, path in bad_paths(folder).items():
        refused(f"flash_image.py: {what}", python("flash_image.py", path, "--room", 1 << 20, "--firmware", image), path)
        if what == "a full device":
            continue
        done = python("onnx_encoder.py", "-o", path)
        if "ModuleNotFoundError" in done.stderr:
            print(f"SKIP onnx_encoder.py: {done.stderr.splitlines()[-1]}")
            counts["skipped"] += 1
        else:
            refused(f"onnx_encoder.py: {what}", done, path)
    for path in sorted((ROOT / "scripts").glob("*.py")):
        own = re.findall(r"\.(?:write_text|write_bytes|tofile)\(|open\([^)]*[\"'][wax]", path.read_text())
        check(f"{path.name} writes by out_file", path.name in OTHER | {"out_file.py"} or len(own) <= path.name.startswith("bench_peers"), own)


def main():
    with tempfile.TemporaryDirectory() as name:
        for part in (module, scripts):
            folder = pathlib.Path(name) / part.__name__
            folder.mkdir()
            part(folder)
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
