#!/usr/bin/env python3
"""Suite: scripts/uart_load.py loads the digits network into the simulated SoC over its UART, and what comes back is right.

Synopsis: tests/soc/uart_load.py      Last line: N passed, N failed.
The simulator's UART is on a pseudo-terminal (build/soc_pty). Output bytes must equal `ref`; a byte damaged on the way must be
noticed by its CRC and sent again; a program that does not fit the memory, a wrong input and a silent port are refused.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import select
import subprocess
import sys

BUILD = pathlib.Path("build/test/uart")
DIGITS = pathlib.Path("sw/examples/digits")
results = []


def check(what, good, why=""):
    results.append(bool(good))
    if not good:
        print(f"FAIL uart-load {what}: {why}; rerun: tests/soc/uart_load.py")


def board(*flip):
    return subprocess.Popen(["build/soc_pty", "build/soc/npu4/libsoc.so", "build/firmware/firmware.bin", "npu4", *flip],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_for_boot(port):
    """Until the firmware has said that no program is there: a slow machine would still be booting when the loader begins."""
    said, fd = b"", os.open(port, os.O_RDWR | os.O_NOCTTY)
    while b"SYSTOLE ERROR mailbox word 0\n" not in said and select.select([fd], [], [], 120)[0]:
        said += os.read(fd, 4096)
    os.close(fd)


def end(process):
    process.stdin.close()
    process.wait(timeout=60)


def load(port, *arguments):
    return subprocess.run([sys.executable, "scripts/uart_load.py", port, *map(str, arguments)], capture_output=True, text=True,
                          timeout=400)


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    prog = BUILD / "digits.prog"
    subprocess.run(["build/systole", "compile", DIGITS / "digits.tflite", "-o", prog, "--config", "npu4"], check=True,
                   capture_output=True)
    for digit, flip in ((7, ()), (3, ("5000",))):
        picture, want, got = DIGITS / f"held_out/{digit}.bin", BUILD / f"{digit}.ref", BUILD / f"{digit}.out"
        got.unlink(missing_ok=True)
        subprocess.run(["build/systole", "run", DIGITS / "digits.tflite", "--target", "ref", "--input", picture, "--output", f"{want}.bin"],
                       check=True, capture_output=True)
        sim = board(*flip)
        port = sim.stdout.readline().strip()
        wait_for_boot(port)
        run = load(port, prog, "--input", picture, "--output", got)
        name = f"digit {digit}" + (", a byte damaged" if flip else "")
        check(name, run.returncode == 0, (run.stderr.strip() or "?").splitlines()[-1])
        check(name + ": output", got.exists() and got.read_bytes() == pathlib.Path(f"{want}.bin").read_bytes(), "differs from ref")
        check(name + ": console", f"prediction {digit}" in run.stdout and "SYSTOLE DONE ok" in run.stdout, run.stdout[-200:])
        check(name + ": progress", "loaded" in run.stderr, run.stderr)
        check(name + ": sent again", run.stderr.count("sent again") == len(flip), run.stderr)
        if not flip:
            large = bytearray(prog.read_bytes())
            wrong = BUILD / "wrong.prog"
            large[-1] ^= 1
            wrong.write_bytes(large)
            run = load(port, wrong, "--input", picture)
            check("damaged file", run.returncode == 1 and "damaged" in run.stderr, run.stderr)
            run = load(port, prog, "--input", prog)
            check("wrong input", run.returncode == 1 and "the network's input has" in run.stderr, run.stderr)
        end(sim)
    run = load("/dev/null", prog, "--input", DIGITS / "held_out/7.bin")
    check("not a terminal", run.returncode == 1 and len(run.stderr.splitlines()) == 1, run.stderr)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
