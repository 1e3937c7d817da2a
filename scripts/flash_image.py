#!/usr/bin/env python3
"""Build the boot image for a board's SPI flash: firmware, a network with its weights and inputs, or a language model.

Synopsis: scripts/flash_image.py OUT --room BYTES [--firmware F] [--microcode M] [--program PROG [--input F]... | --talk IMAGE]
  OUT goes into the flash at the offset that the board's FLASH register says (board.conf: flash_offset); `make flash-image
  BOARD=... NETWORK=...` calls this and says how. --room: bytes from there to the end of the flash. --firmware: build/firmware/
  firmware.bin, for boards whose bitstream holds the boot stage only. --microcode: of the small NPU (rtl/lite). --input: raw bytes (.bin), in program order; without any,
  the inputs are zero. --talk: from `systole generate --image`; its firmware is build/firmware/talk.bin. The format is sw/firmware/flash_image.h's. OUT is written whole or not at all.
Exit status 1 with one line when something is missing, damaged, of the wrong size, or does not fit.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import pathlib
import re
import struct
import sys
import zlib

import out_file
import prog_file

MAGIC, VERSION, HEADER_BYTES, SECTION_BYTES = 0x4C465953, 1, 32, 32
FIRMWARE, PROGRAM, INPUT, MICROCODE, TALK = 1, 2, 3, 4, 5
KINDS = {FIRMWARE: "firmware", PROGRAM: "program", INPUT: "input", MICROCODE: "microcode", TALK: "language model"}
MAP = pathlib.Path(__file__).resolve().parent.parent / "rtl/soc/soc_map.vh"


def stop(text):
    sys.exit(f"flash-image: {text}")


def read(path):
    try:
        return path.read_bytes()
    except OSError as e:
        stop(f"{path}: {e.strerror}")


def soc_map():
    return {name: int(value, 16) for name, value in re.findall(r"^`define (SOC_\w+) 32'h([0-9a-f]+)$", MAP.read_text(), re.M)}


def build(sections, spec_hash):
    """Image of [(kind, argument, bytes)]."""
    at = HEADER_BYTES + SECTION_BYTES * len(sections)
    table, body = b"", b""
    for kind, argument, data in sections:
        table += struct.pack("<8I", kind, argument, at + len(body), len(data), zlib.crc32(data), 0, 0, 0)
        body += data + b"\xff" * (-len(data) % 8)
    rest = struct.pack("<5I", at + len(body), spec_hash, len(sections), 0, 0)
    return struct.pack("<3I", MAGIC, VERSION, zlib.crc32(rest + table)) + rest + table + body


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--room", type=int, required=True)
    parser.add_argument("--firmware", type=pathlib.Path)
    parser.add_argument("--microcode", type=pathlib.Path)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--program", type=pathlib.Path)
    what.add_argument("--talk", type=pathlib.Path)
    parser.add_argument("--input", action="append", default=[], type=pathlib.Path)
    args = parser.parse_args()
    sections, spec_hash = [], 0
    if args.firmware:
        data, m = read(args.firmware), soc_map()
        room = m["SOC_RAM_SIZE"] - m["SOC_BOOT_BYTES"]
        if not data or len(data) > room:
            stop(f"{args.firmware}: {len(data)} bytes, the RAM in front of the boot stage has {room}")
        sections.append((FIRMWARE, m["SOC_RAM_BASE"], data))
    if args.microcode:
        data, room = read(args.microcode), soc_map()["SOC_SMALL_MICROCODE_BYTES"]
        if not data or len(data) % 4 or len(data) > room:
            stop(f"{args.microcode}: {len(data)} bytes, the small NPU has room for {room}")
        sections.append((MICROCODE, 0, data))
    inputs = []
    if args.program:
        data = read(args.program)
        try:
            spec_hash, _, _, inputs, _ = prog_file.tables(args.program, data)
        except ValueError as e:
            stop(e)
        sections.append((PROGRAM, 0, data))
    if args.input and len(args.input) != len(inputs):
        stop(f"{len(args.input)} --input, the program has {len(inputs)} inputs")
    for i, name in enumerate(args.input):
        data = read(name)
        if len(data) != inputs[i][1]:
            stop(f"{name}: {len(data)} bytes, the network's input has {inputs[i][1]}")
        sections.append((INPUT, i, data))
    if args.talk:
        data = read(args.talk)
        if len(data) < 16 or data[:4] != b"TALK" or struct.unpack_from("<I", data, 12)[0] != len(data):
            stop(f"{args.talk}: not a language model's image (systole generate CHECKPOINT ... --image {args.talk})")
        spec_hash, = struct.unpack_from("<I", data, 8)
        sections.append((TALK, 0, data))
    if not sections:
        stop("nothing to put into it: --firmware, --program, --talk")
    image = build(sections, spec_hash)
    if len(image) > args.room:
        stop(f"{len(image)} bytes do not fit the {args.room} bytes that the flash has from the image's place on")
    out_file.write(args.out, image)
    print(f"{args.out}: {len(image)} bytes of {args.room}: "
          + ", ".join(f"{KINDS[kind]} {len(data)}" for kind, _, data in sections))


if __name__ == "__main__":
    main()
