#!/usr/bin/env python3
"""Draw the block diagrams of docs/ from docs/diagrams.toml, and check them against the RTL.

Synopsis: scripts/diagram.py            writes docs/NAME.svg for each [NAME] of docs/diagrams.toml
          scripts/diagram.py --check    fails with one line for each difference: from the RTL, or from the files in docs/
A diagram shows the instances of one module of the RTL and what joins them. Checked: every instance of the module is drawn, and
nothing else; two blocks are joined by a line exactly when a net of the RTL joins the instances (the nets under `ignore` and
the instances under `watcher` apart); every net that a line names runs between its two ends in the direction of its arrow; every port of
the module belongs to one of the drawn pins. Places are in pixels, drawn as they are written.

SPDX-License-Identifier: Apache-2.0
"""
import fnmatch
import html
import pathlib
import re
import sys
import tomllib

import out_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHAR = 6.9  # width of a character at 12 px, about
STYLE = ("text{font:12px sans-serif;fill:#1b1f24;text-anchor:middle}.t{font-weight:bold}.m{font:11px monospace;fill:#57606a}"
         ".l{font-size:11px;fill:#24518a}.b{fill:#eef3fa;stroke:#35557a;stroke-width:1.4}.p{fill:#fff7e6;stroke:#9a6b00}"
         ".w{fill:none;stroke:#35557a;stroke-width:1.6}.h{fill:none;stroke:#fff;stroke-width:7}")


def strip(text):
    return re.sub(r"//.*|/\*.*?\*/", "", text)


def ports(text):
    """{name: direction} of a module in ANSI style."""
    found = {}
    header = re.search(r"\bmodule\b.*?\);\s", strip(text), re.S)[0]
    for direction, names in re.findall(r"\b(input|output|inout)\b(.*?)(?=\binput\b|\boutput\b|\binout\b|\);)", header, re.S):
        names = re.sub(r"\[[^]]*\]|\b(wire|reg|logic|signed)\b", " ", names)
        found |= {name: direction for name in re.findall(r"[A-Za-z_]\w*", names)}
    return found


def balanced(text, at):
    """Text between the bracket at `at` and its partner, and the place behind."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return text[at + 1:i], i + 1
    raise ValueError("bracket without a partner")


def instances(text):
    """{instance: (module, {port: nets of its connection})}"""
    text, found = strip(text), {}
    for match in re.finditer(r"\b(npu_\w+|soc_\w+|VexRiscv)\s*(?=#?\s*\()|\b(npu_\w+|soc_\w+|VexRiscv)\s+(?=u_\w+\s*\()", text):
        module, at = match[1] or match[2], match.end()
        if text[at] == "#":
            _, at = balanced(text, text.index("(", at))
        name = re.compile(r"\s*(u_\w+)\s*(?=\()").match(text, at)
        if name:
            body, _ = balanced(text, text.index("(", name.end()))
            connections, i = {}, 0
            while port := re.compile(r"\s*,?\s*\.(\w+)\s*(?=\()").match(body, i):
                expression, i = balanced(body, port.end())
                expression = re.sub(r"\d*'[sS]?[bdhBDH][0-9a-fA-FxXzZ_]+|`\w+|\[[^]]*\]", " ", expression)
                connections[port[1]] = set(re.findall(r"[A-Za-z_]\w*", expression))
            found[name[1]] = module, connections
    return found


def netlist(top, libraries):
    """(ports of the module, {instance: module}, {net: (drivers, readers)})"""
    text = (ROOT / top).read_text()
    found, nets = instances(text), {}
    for name, (module, connections) in found.items():
        paths = [path for folder in libraries for path in [ROOT / folder / f"{module}.v"] if path.exists()]
        directions = ports(paths[0].read_text()) if paths else {}
        for port, used in connections.items():
            # Of the CPU, which is not a file here: its name says the direction of a port that has no plain input's.
            direction = directions.get(port) or ("output" if re.search(r"CYC|STB|WE$|ADR|MOSI|SEL|CTI|BTE", port) else "input")
            for net in used:
                nets.setdefault(net, (set(), set()))[direction == "input"].add(name)
    for port, direction in ports(text).items():
        nets.setdefault(port, (set(), set()))[direction == "output"].add("pins")
    return ports(text), {name: module for name, (module, _) in found.items()}, nets


def matches(net, patterns):
    return any(fnmatch.fnmatchcase(net, pattern) for pattern in patterns)


def check(name, diagram):
    """Lines that say what differs from the RTL."""
    top_ports, found, nets = netlist(diagram["rtl"], diagram["libraries"])
    blocks = {block["instance"]: block for block in diagram["block"]}
    wrong = [f"{found_} of {diagram['rtl']} is not drawn" for found_ in sorted(found.keys() - blocks.keys())]
    wrong += [f"{block} is drawn, {diagram['rtl']} has no such instance" for block in sorted(blocks.keys() - found.keys())]
    wrong += [f"{block} is drawn as {blocks[block]['module']}, it is {found[block]}" for block in sorted(found.keys() & blocks.keys())
              if blocks[block]["module"] != found[block]]
    joined = {}
    for net, (drivers, readers) in nets.items():
        if not matches(net, diagram["ignore"]):
            for a in drivers - {"pins"}:
                for b in readers - {"pins", a}:
                    joined.setdefault(frozenset((a, b)), []).append((net, a, b))
    watcher = set(diagram.get("watcher", []))
    drawn = {frozenset((line["from"], line["to"])) for line in diagram["line"] if "pins" not in (line["from"], line["to"])}
    wrong += [f"nothing is drawn between {' and '.join(sorted(pair))}, which {joined[pair][0][0]} joins" for pair in joined.keys() - drawn
              if not pair & watcher]
    wrong += [f"a line is drawn between {' and '.join(sorted(pair))}, which nothing joins" for pair in drawn - joined.keys()]
    for line in diagram["line"]:
        if "nets" in line:
            pair = joined.get(frozenset((line["from"], line["to"])), [])
            for pattern in line["nets"]:
                if not any(fnmatch.fnmatchcase(net, pattern) and (a == line["from"] or line.get("both")) for net, a, _ in pair):
                    wrong.append(f"no net {pattern} from {line['from']} to {line['to']}")
    pins = [pattern for line in diagram["line"] for pattern in line.get("pins", [])]
    wrong += [f"port {port} of {diagram['rtl']} belongs to no pin that is drawn" for port in top_ports
              if not matches(port, pins + diagram["ignore"])]
    for block in diagram["block"]:
        for text in [block["title"], *block.get("text", [])]:
            if len(text) * CHAR > block["at"][2]:
                wrong.append(f"'{text}' is too long for its block")
    return [f"diagram {name}: {text}" for text in sorted(wrong)]


def text(x, y, words, kind=""):
    return f'<text x="{x}" y="{y}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{html.escape(words)}</text>'


def draw(diagram):
    width, height = diagram["size"]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
           f"<!-- Made by scripts/diagram.py from docs/diagrams.toml: do not edit. -->\n<style>{STYLE}</style>",
           '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
           '<path d="M0 0L10 5L0 10z" fill="#35557a"/></marker></defs>', f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for block in diagram["block"]:
        x, y, w, h = block["at"]
        lines = [(block["title"], "t"), *((t, "") for t in block.get("text", [])), (block["module"], "m")]
        out.append(f'<rect class="b" x="{x}" y="{y}" width="{w}" height="{h}" rx="4"/>')
        first = y + h / 2 - 8 * (len(lines) - 1) + 4
        out += [text(x + w / 2, round(first + 16 * i), words, kind) for i, (words, kind) in enumerate(lines)]
    for line in diagram["line"]:
        path = "M" + "L".join(f"{x} {y}" for x, y in line["path"])
        ends = 'marker-end="url(#a)"' + (' marker-start="url(#a)"' if line.get("both") else "")
        out += [f'<path class="h" d="{path}"/>', f'<path class="w" d="{path}" {ends}/>']
    for line in diagram["line"]:
        if "label" in line:
            x, y = line["where"]
            parts = line["label"].split("\n")
            wide = max(map(len, parts)) * 6 + 4
            out.append(f'<rect x="{x - wide / 2}" y="{y - 10}" width="{wide}" height="{13 * len(parts)}" fill="#fff"/>')
            out += [text(x, y + 13 * i, part, "l") for i, part in enumerate(parts)]
    return "\n".join(out) + "\n</svg>\n"


def main():
    checking = sys.argv[1:] == ["--check"]
    wrong = []
    for name, diagram in tomllib.loads((ROOT / "docs/diagrams.toml").read_text()).items():
        path = ROOT / f"docs/{name}.svg"
        wrong += check(name, diagram)
        svg = draw(diagram)
        if not checking:
            out_file.write(path, svg)
        elif not path.exists() or path.read_text() != svg:
            wrong.append(f"docs/{name}.svg differs from docs/diagrams.toml: run make diagram")
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
