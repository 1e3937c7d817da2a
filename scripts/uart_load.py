#!/usr/bin/env python3
"""Load a compiled program and its inputs into a board over the UART, run it, fetch the outputs.

Synopsis: scripts/uart_load.py PORT PROG --input F [--input F]... [--output F]... [--baud 115200] [--check-only]
  PORT: the board's serial device (/dev/ttyUSB0), or the terminal that build/soc_pty names. PROG: from `systole compile`.
  Inputs and outputs: raw little-endian bytes (.bin), in program order. --check-only: load and verify, do not run.
Everything goes in pieces; the board answers each with the CRC-32 of what its memory then holds, and a piece that differs is
sent again (3 times). Shows progress on stderr; prints what the firmware says while it runs. Output files are written whole
or not at all. Exit status 1 with one line when the board does not answer, refuses, or its run fails.
Protocol: sw/firmware/loader.h; memory lay-out: sw/firmware/mailbox.h.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import select
import struct
import sys
import termios
import time
import zlib

import out_file
import prog_file

MEM_BASE, PAGE, PIECE, TRIES = 0x40000000, 4096, 1024, 3
MAILBOX_MAGIC, MAILBOX_VERSION, READY = 0x584F424D, 2, 1
NPU_TIMEOUT = 1000000  # cycles without progress


def stop(text):
    sys.exit(f"uart_load: {text}")


class Port:
    def __init__(self, name, baud, patience):
        self.name, self.patience, self.got = name, patience, b""
        rate = getattr(termios, f"B{baud}", None)
        if rate is None:
            stop(f"no such baud rate: {baud}")
        try:
            self.fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
            mode = termios.tcgetattr(self.fd)
        except (OSError, termios.error) as e:
            stop(f"{name}: {e}")
        mode[0] = mode[1] = mode[3] = 0                                # raw
        mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        mode[4] = mode[5] = rate
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)
        self.quiet()

    def quiet(self):
        """Forget what came, until nothing more comes."""
        self.got = b""
        while select.select([self.fd], [], [], 0.2)[0] and os.read(self.fd, 4096):
            pass

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view):]

    def more(self):
        if not select.select([self.fd], [], [], self.patience)[0]:
            stop(f"{self.name}: the board does not answer (is the bitstream loaded, and no program running?)")
        data = os.read(self.fd, 4096)
        if not data:
            stop(f"{self.name}: closed")
        self.got += data

    def line(self):
        while b"\n" not in self.got:
            self.more()
        text, self.got = self.got.split(b"\n", 1)
        return text.decode("ascii", "replace").strip()

    def read(self, size):
        while len(self.got) < size:
            self.more()
        data, self.got = self.got[:size], self.got[size:]
        return data


class Progress:
    def __init__(self, total):
        self.total, self.done, self.began = total, 0, time.monotonic()

    def add(self, n):
        self.done += n
        if sys.stderr.isatty() or self.done == self.total:
            seconds = time.monotonic() - self.began
            end = "\n" if self.done == self.total else "\r"
            sys.stderr.write(f"loaded {self.done} of {self.total} bytes, {seconds:.0f} s{end}")
            sys.stderr.flush()


def load(port, address, data, progress):
    for at in range(0, len(data), PIECE):
        piece = data[at:at + PIECE]
        want = f"LOADED {zlib.crc32(piece):08x}"
        for attempt in range(TRIES):
            port.write(b"L" + struct.pack("<2I", address + at, len(piece)))
            answer = port.line()
            if answer == "LOADER refused":
                stop(f"the board has no memory at 0x{address + at:08x}, {len(piece)} bytes")
            if answer == "LOAD ok":
                port.write(piece)
                answer = port.line()
                if answer == want:
                    break
            port.quiet()
            print(f"0x{address + at:08x}: sent again (the board answered: {answer})", file=sys.stderr)
        else:
            stop(f"0x{address + at:08x}: memory differs from what was sent, {TRIES} times; last answer: {answer}")
        progress.add(len(piece))


def dump(port, address, size):
    port.write(b"D" + struct.pack("<2I", address, size))
    if (answer := port.line()) != "DUMP ok":
        stop(f"cannot read the board's memory: {answer}")
    return port.read(size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--input", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--output", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--baud", type=int, default=115200)
    parser.add_argument("--patience", type=float, default=10, help="seconds to wait for an answer")
    parser.add_argument("--check-only", action="store_true")
    args = parser.parse_args()
    try:
        image = args.program.read_bytes()
        data = [f.read_bytes() for f in args.input]
    except OSError as e:
        stop(f"{e.filename}: {e.strerror}")
    try:
        _, arena_size, scratch_size, inputs, outputs = prog_file.tables(args.program, image)
    except ValueError as e:
        stop(e)
    if len(data) != len(inputs) or len(args.output) > len(outputs):
        stop(f"{args.program}: has {len(inputs)} inputs and {len(outputs)} outputs, got {len(data)} --input, {len(args.output)} --output")
    for name, bytes_, (_, size) in zip(args.input, data, inputs):
        if len(bytes_) != size:
            stop(f"{name}: {len(bytes_)} bytes, the network's input has {size}")

    for name in args.output:
        out_file.check(name)

    def pages(size):
        return (size + PAGE - 1) // PAGE * PAGE

    image_at = MEM_BASE + PAGE
    arena_at = image_at + pages(len(image))
    scratch_at = arena_at + pages(arena_size)
    mailbox = struct.pack("<16I", MAILBOX_MAGIC, MAILBOX_VERSION, image_at, len(image), arena_at, arena_size, scratch_at,
                          scratch_size, 0, 0, 0, NPU_TIMEOUT, 0, READY, 0, 0)
    port = Port(args.port, args.baud, args.patience)
    progress = Progress(len(image) + sum(map(len, data)) + len(mailbox))
    load(port, image_at, image, progress)
    for bytes_, (offset, _) in zip(data, inputs):
        load(port, arena_at + offset, bytes_, progress)
    load(port, MEM_BASE, mailbox, progress)
    if args.check_only:
        return
    port.write(b"r")
    while not (line := port.line()).startswith("SYSTOLE "):
        print(f"uart| {line}", flush=True)
    print(f"uart| {line}", flush=True)
    if line != "SYSTOLE DONE ok":
        stop(f"the run failed: {line}")
    for name, (offset, size) in zip(args.output, outputs):
        out_file.write(name, dump(port, arena_at + offset, size))


if __name__ == "__main__":
    main()
