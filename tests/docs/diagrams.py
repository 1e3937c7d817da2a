#!/usr/bin/env python3
"""Suite: the block diagrams say what the RTL says, and each way of saying something else is noticed.

Synopsis: tests/docs/diagrams.py      Last line: N passed, N failed.

SPDX-License-Identifier: Apache-2.0
"""
import copy
import pathlib
import sys
import tomllib

sys.path.insert(0, "scripts")
import diagram  # noqa: E402

results = []


def expect(what, found, wanted):
    good = wanted in found if wanted else not found
    results.append(good)
    if not good:
        print(f"FAIL diagrams {what}: {found or 'nothing was noticed'}; rerun: tests/docs/diagrams.py")


def main():
    diagrams = tomllib.loads(pathlib.Path("docs/diagrams.toml").read_text())
    for name, right in diagrams.items():
        expect(name, "\n".join(diagram.check(name, right)), "")
        path = pathlib.Path(f"docs/{name}.svg")
        expect(f"{path} as drawn", "" if path.read_text() == diagram.draw(right) else "differs: run make diagram", "")

        def changed(what, wanted, change):
            wrong = copy.deepcopy(right)
            change(wrong)
            expect(f"{name}: {what}", "\n".join(diagram.check(name, wrong)), wanted)

        changed("a block too few", "is not drawn", lambda d: d["block"].pop())
        changed("a block too many", "no such instance", lambda d: d["block"].append(dict(d["block"][0], instance="u_none")))
        changed("another module", "is drawn as npu_none", lambda d: d["block"][0].update(module="npu_none"))
        inner = next(i for i, line in enumerate(right["line"]) if "nets" in line
                     and not {line["from"], line["to"]} & set(right.get("watcher", [])))
        changed("a line too few", "nothing is drawn between", lambda d: d["line"].pop(inner))
        first, last = right["block"][0]["instance"], right["block"][-1]["instance"]
        changed("a line too many", "which nothing joins", lambda d: d["line"].append({"from": first, "to": last, "path": [[0, 0], [1, 1]]}))
        changed("a net of another name", "no net nowhere from", lambda d: d["line"][inner]["nets"].append("nowhere"))
        one_way = next(i for i, line in enumerate(right["line"]) if "nets" in line and line.get("both"))
        changed("an arrow the wrong way", "no net ", lambda d: d["line"][one_way].update(
            {"from": d["line"][one_way]["to"], "to": d["line"][one_way]["from"], "both": False}))
        pins = next(i for i, line in enumerate(right["line"]) if "pins" in line)
        changed("a pin too few", "belongs to no pin", lambda d: d["line"].pop(pins))
        changed("a text too long", "too long", lambda d: d["block"][0].update(title="x" * 200))
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
