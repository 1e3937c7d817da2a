"""The test runner itself: every way in which a suite can go wrong must count as a failure.

Synopsis: python3 tests/runner/selftest.py
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import run  # noqa: E402

SUITE = run.Suite("s", 1.0, "true")
CASES = [
    # name, exit status (None: overran), lines printed, expected (passed, failed, skipped)
    ("green", 0, ["x", "3 passed, 0 failed"], (3, 0, 0)),
    ("with skips", 0, ["3 passed, 0 failed, 2 skipped"], (3, 0, 2)),
    ("only skips", 0, ["0 passed, 0 failed, 2 skipped"], (0, 0, 2)),
    ("counted failure", 1, ["2 passed, 1 failed"], (2, 1, 0)),
    ("counted failure, status 0", 0, ["2 passed, 1 failed"], (2, 1, 0)),
    ("ran nothing", 0, ["0 passed, 0 failed"], (0, 1, 0)),
    ("silent", 0, [], (0, 1, 0)),
    ("no last line", 0, ["3 passed, 0 failed", "Segmentation fault"], (0, 1, 0)),
    ("crash after a green line", 139, ["3 passed, 0 failed"], (3, 1, 0)),
    ("overran", None, ["3 passed, 0 failed"], (3, 1, 0)),
    ("prefix on the line", 0, ["rtl: 3 passed, 0 failed"], (0, 1, 0)),
]


def main():
    failed = 0
    for name, status, lines, expected in CASES:
        got = run.judge(SUITE, status, lines)[:3]
        if got != expected:
            failed += 1
            print(f"FAIL {name}: counted {got}, expected {expected}; rerun: python3 tests/runner/selftest.py")
    for text in ("name only", "bad name! | 1 | true", "a | soon | true"):
        try:
            run.read_suites(text)
        except SystemExit:
            continue
        failed += 1
        print(f"FAIL suites line accepted: {text}; rerun: python3 tests/runner/selftest.py")
    print(f"{len(CASES) + 3 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
