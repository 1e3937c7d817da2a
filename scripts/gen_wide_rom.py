#!/usr/bin/env python3
"""Generate spec/gen/npu_wide_rom.vh, the content of rtl/npu_wide_rom.v, from cmodel/ref/ref_wide_tables.c.

Usage: gen_wide_rom.py [--check]     with --check writes nothing and exits 1 when the file differs from its source.
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import sys

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "cmodel/ref/ref_wide_tables.c"
TARGET = ROOT / "spec/gen/npu_wide_rom.vh"


def table(text, name):
    body = re.search(rf"{name}\[257\] = {{([^}}]*)}}", text)
    values = [int(v) for v in body[1].replace(",", " ").split()] if body else []
    if len(values) != 257 or not all(0 <= v <= 1 << 30 for v in values):
        sys.exit(f"{SOURCE.name}: {name}: want 257 values of 0 to 2^30")
    return values


def main():
    text = SOURCE.read_text()
    out = ["// Content of the tables in rtl/npu_wide_rom.v. Generated from cmodel/ref/ref_wide_tables.c by scripts/gen_wide_rom.py: do not edit.",
           "// SPDX-License-Identifier: Apache-2.0", "initial begin"]
    for base, name in ((0, "ref_exp2_table"), (256, "ref_logistic_table")):
        values = table(text, name)
        for i in range(256):
            step = values[i + 1] - values[i]
            if not -(1 << 25) <= step < 1 << 25:
                sys.exit(f"{SOURCE.name}: {name}: entry {i + 1} is too far from the one before")
            out.append(f"    rom[{base + i}] = 57'h{(step & (1 << 26) - 1) << 31 | values[i]:015x};")
    content = "\n".join(out + ["end"]) + "\n"
    if not TARGET.exists() or TARGET.read_text() != content:
        if "--check" in sys.argv[1:]:
            sys.exit(f"{TARGET.relative_to(ROOT)}: differs from {SOURCE.name}; run scripts/gen_wide_rom.py")
        out_file.write(TARGET, content)


if __name__ == "__main__":
    main()
