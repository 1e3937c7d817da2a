#!/usr/bin/env python3
"""Suite: the digits networks in ONNX against ONNX Runtime, on the whole held-out split.

Synopsis: tests/onnx/run_digits.py [--target ref] [--limit N] [--network NAME]

sw/examples/digits/digits_{encoder,cnn}.onnx (export_onnx.py): every held-out picture goes through `systole run` and through
ONNX Runtime. The class with the largest score must be the same for 99 % of the pictures, and the accuracy within half a
point. On other targets than ref, every byte must also equal ref's. --limit: only the first N pictures, the two bounds
then in whole pictures: none may have another class.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import pathlib
import sys
import tempfile

from run import ROOT, SYSTOLE, check, counts, systole

FOLDER = ROOT / "sw" / "examples" / "digits"
NETWORKS = ("digits_encoder", "digits_cnn")
AGREEMENT, ACCURACY = 0.99, 0.005
sys.path.insert(0, str(FOLDER))


def outputs(path, target, pictures, folder):
    """Scores of all pictures from one process, as bytes, or the reason why there are none."""
    arguments, results = [], []
    for i, picture in enumerate(pictures):
        name = folder / f"{i}.bin"
        if not name.exists():
            picture.tofile(name)
        results.append(folder / f"{i}.{target}.out.bin")
        arguments += ["--input", name, "--output", results[-1]]
    done = systole(SYSTOLE, "run", path, "--target", target, *arguments, seconds=1500)
    return done.stderr.strip()[-300:] if done.returncode else [r.read_bytes() for r in results]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="ref", choices=["ref", "model", "rtl", "soc"])
    parser.add_argument("--network", choices=NETWORKS)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    try:
        import onnxruntime as ort
    except ImportError:
        print("SKIP digits in ONNX: onnxruntime is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    import numpy as np
    from digits_data import split
    from export_onnx import picture
    ort.set_default_logger_severity(3)
    _, (pixels, labels) = split()
    pictures, labels = picture(pixels)[:options.limit, None], labels[:options.limit]
    for name in (options.network,) if options.network else NETWORKS:
        path, rerun = FOLDER / f"{name}.onnx", f"rerun: tests/onnx/run_digits.py --network {name} --target {options.target}"
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        want = np.array([session.run(None, {"image": p})[0].argmax() for p in pictures])
        with tempfile.TemporaryDirectory() as folder:
            bytes_of = {t: outputs(path, t, pictures, pathlib.Path(folder)) for t in dict.fromkeys(("ref", options.target))}
        failed = [f"{t}: {b}" for t, b in bytes_of.items() if isinstance(b, str)]
        check(f"{name} runs", not failed, f"{'; '.join(failed)}; {rerun}")
        if failed:
            continue
        got = np.array([np.frombuffer(b, np.float32).argmax() for b in bytes_of[options.target]])
        agree, right, theirs = (got == want).mean(), (got == labels).mean(), (want == labels).mean()
        print(f"{name} on {options.target}: {len(labels)} held-out pictures, same class as ONNX Runtime {agree:.2%}, "
              f"accuracy {right:.2%}, ONNX Runtime {theirs:.2%}")
        check(f"{name} classes", agree >= (1 if options.limit else AGREEMENT), f"{agree:.2%} equal ONNX Runtime's; {rerun}")
        check(f"{name} accuracy", abs(right - theirs) <= ACCURACY, f"{right:.2%}, ONNX Runtime {theirs:.2%}; {rerun}")
        if options.target != "ref":
            differ = [i for i, (a, b) in enumerate(zip(bytes_of["ref"], bytes_of[options.target])) if a != b]
            check(f"{name} bytes", not differ, f"pictures {differ[:10]} differ from ref; {rerun}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
