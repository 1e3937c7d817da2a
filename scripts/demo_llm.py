#!/usr/bin/env python3
"""A small language model continues a sentence on the C model of the NPU, and then on the simulated system, where the soft-core has tokenizer and
sampling and the text comes over the UART. Every logit of both is compared with the golden model's.

Synopsis: scripts/demo_llm.py [--prompt P] [--seed N] [--tokens N] [--soc-tokens N] [--target T]...     (make demo-llm)

Exit status 0 only when every target ran, every logit was equal and the soft-core's text is how the other one begins.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KJV = ROOT / "sw/examples/kjv"
CLOCK = 50e6  # of the soft-core and the NPU on the boards (fpga/README.md)
WHAT = {"ref": "golden model in C", "model": "C model of the NPU", "rtl": "Verilog NPU, the host makes the text",
        "soc": "Verilog SoC: the RISC-V soft-core makes the text"}


def run(target, tokens, options):
    print(f"{target:6}{WHAT[target]}\n")
    with tempfile.TemporaryDirectory() as folder:
        report, begin = pathlib.Path(folder) / "report.json", time.monotonic()
        command = [ROOT / "build/systole", "generate", KJV / "kjv260K.bin", "--tokenizer", KJV / "kjv_tok512.bin", "--target", target, "--prompt",
                   options.prompt, "--temperature", "0.7", "--seed", str(options.seed), "-n", str(tokens), "--report", report]
        process, text = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, cwd=ROOT), b""
        while byte := process.stdout.read(1):
            text += byte
            sys.stdout.buffer.write(byte)
            sys.stdout.flush()
        if process.wait() != 0:
            sys.exit(process.returncode)
        r, seconds = json.loads(report.read_text()), time.monotonic() - begin
    steps = r["tokens_prompt"] + r["tokens_generated"]
    line = f"      {r['tokens_prompt']} tokens of prompt, {r['tokens_generated']} made in {seconds:.1f} s: {60 * steps / seconds:.0f} tokens a minute here"
    if r.get("cycles_total"):
        line += f"; {r['cycles_total'] / 1e6:.2f} M cycles, at {CLOCK / 1e6:.0f} MHz {steps * CLOCK / r['cycles_total']:.0f} tokens a second"
    if r.get("bit_exact"):
        line += "; every logit equal to ref"
    print(f"{line}\n")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompt", default="And the LORD said unto Moses")
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--tokens", default=120, type=int)
    parser.add_argument("--soc-tokens", default=12, type=int)
    parser.add_argument("--target", action="append", choices=list(WHAT))
    options = parser.parse_args()
    texts = {target: run(target, min(options.tokens, options.soc_tokens) if target == "soc" else options.tokens, options)
             for target in options.target or ["model", "soc"]}
    if "soc" in texts and len(texts) > 1:
        same = next(t for name, t in texts.items() if name != "soc").startswith(texts["soc"].rstrip(b"\n"))
        print("the soft-core's text is how the other one begins" if same else "the soft-core's text is ANOTHER")
        sys.exit(not same)


if __name__ == "__main__":
    main()
