#!/usr/bin/env python3
"""Write the table of boards in README.md anew, between its two marks, from build/fpga/BOARD/report.json.

Synopsis: fpga/board_table.py      (`make fpga-table`, after `make fpga BOARD=...` or `make fpga-all`)
A board without a report keeps the row that the table had; reports of the flow's own tests are no boards. Exit status 1 with one line when the marks are missing.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import re
import sys

README = pathlib.Path("README.md")
BOARDS = pathlib.Path("fpga")
BEGIN, END = "<!-- boards: make fpga-table -->\n", "<!-- end of boards -->\n"
KINDS = ["LUT", "FF", "DSP", "block_RAM"]
HEAD = "| board | configuration | " + " | ".join(kind.replace("_", " ") for kind in KINDS) + " | clock wanted | met | minutes |\n"


def row(report):
    used = report["used"]
    cells = [f"{used[k]['used']:,} / {used[k]['available']:,}" if k in used else "" for k in KINDS]
    return (f"| `{report['board']}` | `{report['config']}` | " + " | ".join(cells) + f" | {report['clk_hz'] / 1e6:g} MHz "
            f"| {report['clock']['met_MHz']} MHz | {report['seconds'] / 60:.0f} |\n")


def main():
    text = README.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"fpga: {README}: no table between {BEGIN.strip()} and {END.strip()}")
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    rows = {board: line for line, board in re.findall(r"(?m)^(\| `([^`]+)` .*\n)", old)}
    for path in sorted(pathlib.Path("build/fpga").glob("*/report.json")):
        report = json.loads(path.read_text())
        if report.get("clock") and (BOARDS / report["board"] / "board.conf").is_file():
            rows[report["board"]] = row(report)
    table = HEAD + "|---" * (len(KINDS) + 5) + "|\n" + "".join(rows[b] for b in sorted(rows))
    README.write_text(before + BEGIN + table + END + after)
    print("".join(rows[b] for b in sorted(rows)), end="")


if __name__ == "__main__":
    main()
