#!/usr/bin/env python3
"""Suite: the simulated SoC boots from its SPI flash and runs the digits network; damaged images are refused with one line.

Synopsis: tests/soc/flash_boot.py      Last line: N passed, N failed.
The flash is the behavioural model of testbench/soc/spi_flash.h, whose broken rules end the simulation; images come from
scripts/flash_image.py. The output's CRC on the UART must be that of `ref`.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import select
import struct
import subprocess
import sys
import time
import zlib

sys.path.insert(0, "scripts")
import flash_image  # noqa: E402

BUILD = pathlib.Path("build/test/flash_boot")
DIGITS = pathlib.Path("sw/examples/digits")
PICTURE = DIGITS / "held_out/7.bin"
KJV = pathlib.Path("sw/examples/kjv")
FIRMWARE, BOOT, TALK = "build/firmware/firmware.bin", "build/firmware/boot.bin", "build/firmware/talk.bin"
PATIENCE = 240  # seconds for a boot
results = []


def check(what, good, why=""):
    results.append(bool(good))
    if not good:
        print(f"FAIL flash-boot {what}: {why}; rerun: tests/soc/flash_boot.py")


def boot(image, ram=FIRMWARE):
    """What the UART says, until and with the first line of `SYSTOLE`, and shortly after."""
    flash = BUILD / "flash.bin"
    flash.write_bytes(image)
    sim = subprocess.Popen(["build/soc_pty", "build/soc/npu4/libsoc.so", ram, "npu4", "-1", flash],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    fd = os.open(sim.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY)
    said, end = b"", time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.5)[0]:
            said += os.read(fd, 4096)
        elif sim.poll() is not None or re.search(rb"^SYSTOLE .*\n", said, re.M):
            break
    sim.stdin.close()
    sim.wait(timeout=60)
    os.close(fd)
    return said.decode("ascii", "replace") + sim.stderr.read()


def tool(out, *arguments):
    return subprocess.run([sys.executable, "scripts/flash_image.py", out, *map(str, arguments)], capture_output=True, text=True)


def sections(image):
    """[(offset of its entry, kind, offset, size)]."""
    n, = struct.unpack_from("<I", image, 20)
    return [(at, *struct.unpack_from("<I4xII", image, at)) for at in range(32, 32 + 32 * n, 32)]


def flipped(image, at):
    return image[:at] + bytes([image[at] ^ 0x10]) + image[at + 1:]


def sealed(image, at, word):
    """A word of header or section table replaced, with a right CRC."""
    image = image[:at] + struct.pack("<I", word) + image[at + 4:]
    n, = struct.unpack_from("<I", image, 20)
    return image[:8] + struct.pack("<I", zlib.crc32(image[12:32 + 32 * n])) + image[12:]


def refused(name, image, line, ram=FIRMWARE):
    said = boot(image, ram)
    lines = [text for text in said.splitlines() if "SYSTOLE" in text]
    check(name, len(lines) == 1 and re.fullmatch(line, lines[0]), said[-300:])


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    prog, want, file, whole_file = BUILD / "digits.prog", BUILD / "want.bin", BUILD / "net.img", BUILD / "whole.img"
    subprocess.run(["build/systole", "compile", DIGITS / "digits.tflite", "-o", prog, "--config", "npu4"], check=True, capture_output=True)
    subprocess.run(["build/systole", "run", DIGITS / "digits.tflite", "--target", "ref", "--input", PICTURE, "--output", want],
                   check=True, capture_output=True)
    made = tool(file, "--room", 1 << 20, "--program", prog, "--input", PICTURE)
    check("image", made.returncode == 0 and file.exists(), made.stderr)
    made = tool(whole_file, "--room", 1 << 20, "--program", prog, "--input", PICTURE, "--firmware", FIRMWARE)
    check("image with firmware", made.returncode == 0 and whole_file.exists(), made.stderr)
    net, whole = file.read_bytes(), whole_file.read_bytes()
    right = f"output 0 {want.stat().st_size} bytes crc32 {zlib.crc32(want.read_bytes()):08x}\n"
    for name, image, ram in (("firmware in the RAM", net, FIRMWARE), ("firmware from the flash", whole, BOOT)):
        said = boot(image, ram)
        check(name, "prediction 7" in said and right in said and said.endswith("SYSTOLE DONE ok\n"), said[-300:])
        check(name + ": console", said.count("SYSTOLE") == 1 and f"flash: {len(image)} bytes" in said, said[:300])

    _, program, picture = sections(whole)
    firmware = sections(whole)[0]
    crc = r"CRC [0-9a-f]{8}, should be [0-9a-f]{8}"
    begin = "SYSTOLE ERROR flash: "
    refused("erased flash", b"\xff" * 64, r"SYSTOLE ERROR mailbox word 0")
    refused("no magic", flipped(net, 1), begin + "no boot image at 0x00100000")
    refused("version", flipped(net, 4), begin + "boot image of version 17, this firmware reads 1")
    refused("header", flipped(net, 13), begin + "header damaged: " + crc)
    refused("section table", flipped(net, 40), begin + "header damaged: " + crc)
    refused("number of sections", sealed(net, 20, 17), begin + "header damaged: " + crc)
    at, _, offset, size = sections(net)[0]
    refused("program", flipped(net, offset + size - 1), begin + "program damaged: " + crc)
    refused("end of the program missing", net[:offset + size - 100], begin + "program damaged: " + crc)
    refused("program outside", sealed(net, at + 12, len(net) - offset + 1), begin + "program outside the image")
    refused("other NPU", sealed(net, 16, 1), begin + "program compiled for another version of the NPU")
    at, _, offset, size = sections(net)[1]
    refused("input", flipped(net, offset), begin + "input damaged: " + crc)
    refused("which input", sealed(net, at + 4, 1), begin + "an input that the program does not have")
    refused("size of the input", sealed(net, at + 12, size - 1), begin + "an input of the wrong size")
    refused("firmware", flipped(whole, firmware[2] + 5000), begin + "firmware damaged: " + crc, BOOT)
    refused("firmware too large", sealed(whole, firmware[0] + 4, 0x100), begin + "firmware does not fit the RAM", BOOT)
    refused("no firmware", net, begin + "boot image without firmware", BOOT)
    refused("erased flash, boot stage", b"\xff" * 64, begin + "no boot image", BOOT)

    # A language model; its text is compared where there is an NPU for it (tests/board/run.sh ulx3s-wide).
    talk = BUILD / "kjv.talk"
    subprocess.run(["build/systole", "generate", KJV / "kjv260K.bin", "--tokenizer", KJV / "kjv_tok512.bin", "-n", "2", "--config", "npu16w",
                    "--image", talk], check=True, capture_output=True)
    made = tool(file, "--room", 1 << 20, "--talk", talk)
    check("image of a language model", made.returncode == 0 and file.exists(), made.stderr)
    text, model = file.read_bytes(), talk.read_bytes()
    spec_hash, = struct.unpack_from("<I", model, 8)

    def with_word(index, word):
        return flash_image.build([(flash_image.TALK, 0, model[:4 * index] + struct.pack("<I", word) + model[4 * index + 4:])], spec_hash)
    refused("language model, erased flash", b"\xff" * 64, r"SYSTOLE ERROR mailbox word 0", TALK)
    refused("a network for that firmware", net, r"SYSTOLE ERROR mailbox word 0", TALK)
    refused("language model damaged", flipped(text, len(text) // 2), begin + "language model damaged: " + crc, TALK)
    refused("language model, other NPU", sealed(text, 16, 1), begin + "language model compiled for another version of the NPU", TALK)
    refused("no language model", with_word(0, 0), begin + "not an image of a language model", TALK)
    refused("language model's arena", with_word(10, 0x7fffffff), begin + "language model's arena does not fit the memory", TALK)
    refused("language model, other configuration", text, "SYSTOLE ERROR image: its lists are for another configuration of the NPU", TALK)

    for name, arguments, line in (
            ("room", ("--room", len(net) - 1, "--program", prog, "--input", PICTURE), "do not fit"),
            ("tool: input", ("--room", 1 << 20, "--program", prog, "--input", prog), "the network's input has"),
            ("tool: inputs", ("--room", 1 << 20, "--program", prog, "--input", PICTURE, "--input", PICTURE), "has 1 inputs"),
            ("tool: program", ("--room", 1 << 20, "--program", PICTURE), "not a compiled program"),
            ("tool: missing", ("--room", 1 << 20, "--program", BUILD / "none"), "No such file"),
            ("tool: firmware", ("--room", 1 << 20, "--firmware", BOOT), "the RAM in front of the boot stage"),
            ("tool: language model", ("--room", 1 << 20, "--talk", prog), "not a language model's image"),
            ("tool: nothing", ("--room", 1 << 20), "nothing to put into it")):
        out = BUILD / "not.img"
        out.unlink(missing_ok=True)
        made = tool(out, *arguments)
        check(name, made.returncode == 1 and line in made.stderr and made.stderr.count("\n") == 1 and not out.exists(), made.stderr)
    for name, board, arguments, line in (
            ("board", "ulx3s", (DIGITS / "digits.tflite", PICTURE), None),
            ("no network", "ulx3s", (), "no network"),
            ("no such network", "ulx3s", ("none.tflite",), "none.tflite"),
            ("no such board", "none", (DIGITS / "digits.tflite",), "no board"),
            ("language model", "ulx3s-wide", ("--talk", KJV / "kjv260K.bin", KJV / "kjv_tok512.bin", "And", "-n", "4"), None),
            ("no tokenizer", "ulx3s-wide", ("--talk", KJV / "kjv260K.bin", ""), "needs both"),
            ("option", "ulx3s-wide", ("--talk", KJV / "kjv260K.bin", KJV / "kjv_tok512.bin", "And", "-n", "0"), "-n 0"),
            ("other firmware", "ulx3s", ("--talk", KJV / "kjv260K.bin", KJV / "kjv_tok512.bin"), "firmware of networks"),
            ("no flash", "good", (DIGITS / "digits.tflite",), "no flash to boot from")):
        made = pathlib.Path("build/flash") / f"{board}.bin"
        made.unlink(missing_ok=True)
        folder = "tests/fpga" if board == "good" else "fpga"
        run = subprocess.run(["fpga/flash_image.sh", board, *map(str, arguments)], capture_output=True, text=True,
                             env=os.environ | {"FPGA_BOARDS": folder})
        check("flash-image " + name, run.returncode == (1 if line else 0) and made.exists() == (not line)
              and (line or "into the flash: ") in run.stderr + run.stdout and run.stderr.count("\n") == (1 if line else 0),
              run.stderr + run.stdout)
    check("layout", flash_image.build([(2, 0, b"abc")], 5)[-8:] == b"abc" + b"\xff" * 5)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
