#!/usr/bin/env python3
"""Classify one real handwritten digit on four executions of the same network, and compare their output bytes.

Synopsis: scripts/demo.py [--digit 0..9] [--config C] [--targets ref,model,rtl,soc]     (make demo DIGIT=3)

The pictures are held out: the network was not trained on them. Exit status 0 only when every target ran and all output
bytes agree. Colour only on a terminal and without NO_COLOR; plain ASCII where the output encoding is not UTF-8.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SYSTOLE = ROOT / "build" / "systole"
EXAMPLE = ROOT / "sw" / "examples" / "digits"
TARGETS = {
    "ref": "golden operator models in C",
    "model": "C model of the NPU",
    "rtl": "Verilog NPU, driver on the host",
    "soc": "Verilog SoC: RISC-V, firmware, NPU",
}
TIMEOUT_S = 600
TTY = sys.stdout.isatty()
COLOUR = TTY and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
UNICODE = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def picture_lines(codes):
    """8x8 int8 pixels, -128 dark to 127 light, as eight lines of 16 columns."""
    shades = " ░▒▓█" if UNICODE else " .+*#"
    for row in range(8):
        line = ""
        for code in codes[8 * row : 8 * row + 8]:
            if COLOUR and UNICODE and code > -128:
                line += f"\033[38;5;{233 + (code + 128) * 22 // 255}m██\033[0m"
            else:
                line += shades[(code + 128) * 5 // 256] * 2
        yield line


def bars(output, width=20):
    """The ten class probabilities (output scale 1/256, zero point -128)."""
    best = output.index(max(output))
    for digit, code in enumerate(output):
        length = (code + 128) * width // 255
        bar = ("█" if UNICODE else "#") * length + ("·" if UNICODE else ".") * (width - length)
        line = f"{digit} {bar} {(code + 128) / 256:5.1%}"
        yield paint(line, "1;32") if digit == best else line


def show_digit(codes, label, name):
    edge = ("┌" + "─" * 16 + "┐", "│", "└" + "─" * 16 + "┘") if UNICODE else ("+" + "-" * 16 + "+", "|", "+" + "-" * 16 + "+")
    facts = {1: f"a handwritten {label}, 8 x 8 pixels,", 2: "never seen in training", 4: str(name.relative_to(ROOT))}
    print(f"  {edge[0]}")
    for row, line in enumerate(picture_lines(codes)):
        print(f"  {edge[1]}{line}{edge[1]}   {facts.get(row, '')}".rstrip())
    print(f"  {edge[2]}\n")


class Result:
    """One target's run: output bytes (None on error), report, seconds, and what the program said."""

    def __init__(self, target):
        self.target, self.output, self.report, self.seconds, self.text, self.error = target, None, {}, 0.0, "", None

    @property
    def prediction(self):
        signed = as_int8(self.output)
        return signed.index(max(signed))


def as_int8(data):
    return [byte - 256 if byte > 127 else byte for byte in data]


def run_target(target, source, config, folder):
    result = Result(target)
    output, report = folder / f"{target}.bin", folder / f"{target}.json"
    command = [SYSTOLE, "run", EXAMPLE / "digits.tflite", "--target", target, "--config", config,
               "--input", source, "--output", output, "--report", report]
    start = time.monotonic()
    with open(folder / f"{target}.txt", "w+b") as said:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT)
        while True:
            try:
                child.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                result.seconds = time.monotonic() - start
                if TTY:
                    print(f"\r  {target:<6} {TARGETS[target]:<35} running, {result.seconds:.0f} s ", end="", flush=True)
                if result.seconds > TIMEOUT_S:
                    child.kill()
        result.seconds = time.monotonic() - start
        said.seek(0)
        result.text = said.read().decode(errors="replace")
    if child.returncode or not output.exists():
        lines = [line for line in result.text.splitlines() if line.strip()] or ["no message"]
        result.error = f"exit status {child.returncode}: {lines[-1]}"
    else:
        result.output = output.read_bytes()
        if report.exists():
            result.report = json.loads(report.read_text())
    return result


def table_row(result, reference):
    if result.error:
        return f"  {result.target:<6} {TARGETS[result.target]:<35} " + paint(f"failed: {result.error}", "1;31")
    cycles, use = result.report.get("cycles_total"), result.report.get("mac_utilisation")
    same = "reference" if result is reference else "same" if result.output == reference.output else "DIFFERENT"
    dash = "-"
    return (f"  {result.target:<6} {TARGETS[result.target]:<35} {result.prediction:>5}"
            f" {f'{cycles:,}' if cycles else dash:>11} {f'{use:.1%}' if cycles and use else dash:>8}"
            f" {result.seconds:>7.2f} s   " + paint(same, "1;31" if same == "DIFFERENT" else "32"))


def run_all(targets, source, config, folder):
    print(paint(f"  {'target':<6} {'what executes the network':<35} {'digit':>5} {'cycles':>11} {'MAC use':>8}"
                f" {'time':>9}   bytes", "1"))
    results = []
    for target in targets:
        if TTY:
            print(f"  {target:<6} {TARGETS[target]:<35} running ", end="", flush=True)
        results.append(run_target(target, source, config, folder))
        reference = next((r for r in results if r.output), results[0])
        print(("\r\033[K" if TTY else "") + table_row(results[-1], reference), flush=True)
    return results


def show_uart(results):
    for result in results:
        lines = [line for line in result.text.splitlines() if line.startswith("uart| ")]
        if lines:
            print(f"\n  What the {result.target} said over its UART:")
            for line in lines:
                print("    " + paint(line.removeprefix("uart| "), "36"))


def verdict(results, label):
    """Print what it all means; True when every target ran and agrees."""
    reference = next((r for r in results if r.output), None)
    failed = [r.target for r in results if r.error]
    if failed:
        print(paint(f"  Failed: {', '.join(failed)}.", "1;31"))
        return False
    differing = [r.target for r in results if r.output != reference.output]
    if differing:
        print(paint(f"  The outputs differ: {', '.join(differing)} against {reference.target}.", "1;31"))
        return False
    names = ", ".join(r.target for r in results)
    print(paint(f"  {names}: all {len(reference.output)} output bytes agree.", "1;32"), reference.output.hex(" "))
    right = "which is right" if reference.prediction == label else f"but it is a {label}: the network errs here"
    print(f"  The network says {reference.prediction}, {right}.")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--digit", default="7")
    parser.add_argument("--config", default="npu16")
    parser.add_argument("--targets", default=",".join(TARGETS))
    args = parser.parse_args()
    targets = args.targets.split(",")
    if args.digit not in set("0123456789"):
        sys.exit(f"demo: DIGIT must be one of 0..9, not {args.digit!r}")
    if not set(targets) <= set(TARGETS):
        sys.exit(f"demo: targets are {', '.join(TARGETS)}, not {args.targets!r}")

    source = EXAMPLE / "held_out" / f"{args.digit}.bin"
    codes = as_int8(source.read_bytes())
    print(f"\n  {paint('Systole', '1')}: one network, {len(targets)} executions, configuration {args.config}\n")
    show_digit(codes, int(args.digit), source)
    with tempfile.TemporaryDirectory() as folder:
        results = run_all(targets, source, args.config, pathlib.Path(folder))
    show_uart(results)
    reference = next((r for r in results if r.output), None)
    if reference:
        print("\n  Probability of each digit:")
        for line in bars(as_int8(reference.output)):
            print(f"    {line}")
    print()
    agree = verdict(results, int(args.digit))
    print()
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
