#!/usr/bin/env python3
"""Run the test suites of tests/suites.txt in two lanes and sum them up.

Synopsis: tests/run.py [SUITE]...     (no name: all; `make test ONLY=SUITE` is the same)
          tests/run.py --all [SUITE]...   those of tests/suites-all.txt as well (`make test-all`)

A suite is a command that prints, as its last line, `N passed, N failed` or `N passed, N failed, N skipped`, and on the
way one line per `FAIL what: why` (with the command that reruns it) and `SKIP what: why`. It runs in the repository root
with the project's Python first on PATH; SYSTOLE_MODELS names the folder of real models.
The very last line printed here is the sum in the same form. Exit status 1 when anything failed, when a suite did not
print its line, ran nothing, exited non-zero or overran its time. Logs: build/test/SUITE.log.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test"
LANES = 2
LAST_LINE = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
SHOWN_LINES = 20  # of a suite's FAIL or SKIP lines; the log has the rest

Suite = collections.namedtuple("Suite", "name minutes command")


def read_suites(text):
    suites = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|", 2)]
        if len(fields) != 3 or not re.fullmatch(r"[\w-]+", fields[0]) or not re.fullmatch(r"[\d.]+", fields[1]):
            sys.exit(f"tests/suites.txt:{number}: want `name | minutes | command`, got: {line}")
        suites.append(Suite(fields[0], float(fields[1]), fields[2]))
    return suites


def judge(suite, status, lines):
    """(passed, failed, skipped, reason): reason is set when the suite itself went wrong, which counts as one failure."""
    match = LAST_LINE.fullmatch(lines[-1].strip()) if lines else None
    passed, failed, skipped = (int(n or 0) for n in match.groups()) if match else (0, 0, 0)
    reason = None
    if status is None:
        reason = "overran its time and was stopped"
    elif not match:
        reason = f"did not end with `N passed, N failed` (exit status {status})"
    elif passed + failed + skipped == 0:
        reason = "ran nothing"
    elif status != 0 and failed == 0:
        reason = f"exit status {status} without a counted failure"
    return passed, failed + (1 if reason else 0), skipped, reason


class Runner:
    def __init__(self, suites):
        # Longest first: the lanes then end together.
        self.queue = collections.deque(sorted(suites, key=lambda s: -s.minutes))
        self.lock = threading.Lock()
        self.children = set()
        self.total = [0, 0, 0]
        self.environment = dict(os.environ, PYTHONUNBUFFERED="1")
        self.environment["PATH"] = f"{ROOT / 'build/venv/bin'}:{os.environ.get('PATH', '')}"
        self.environment.setdefault("SYSTOLE_BUILD", str(ROOT / "build"))  # where build/asan/systole finds simulators
        self.environment.setdefault("SYSTOLE_MODELS", str(ROOT.parent / "shared" / "models"))

    def execute(self, suite, log):
        """Exit status, or None when the suite overran five times its usual minutes (at least five minutes)."""
        with open(log, "wb") as out:
            child = subprocess.Popen(
                suite.command, shell=True, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )
            with self.lock:
                self.children.add(child)
            try:
                return child.wait(timeout=60 * max(5.0, 5 * suite.minutes))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return None
            finally:
                with self.lock:
                    self.children.discard(child)

    def report(self, suite, seconds, status, log):
        lines = log.read_text(errors="replace").splitlines()
        passed, failed, skipped, reason = judge(suite, status, lines)
        tell = [f"{'FAIL' if failed else 'ok  '} {suite.name:<20} {passed} passed, {failed} failed, {skipped} skipped"
                f"  ({seconds:.0f} s)"]
        for word in ("SKIP", "FAIL"):
            found = [line for line in lines if line.startswith(word)]
            tell += [f"     {line}" for line in found[:SHOWN_LINES]]
            if len(found) > SHOWN_LINES:
                tell.append(f"     ... and {len(found) - SHOWN_LINES} more {word} lines in {log.relative_to(ROOT)}")
        if reason:
            tell.append(f"     {suite.name}: {reason}; the end of its log:")
            tell += [f"       {line}" for line in lines[-8:]]
        if failed:
            tell.append(f"     rerun: make test ONLY={suite.name}     (runs: {suite.command})")
        with self.lock:
            print("\n".join(tell), flush=True)
            for i, count in enumerate((passed, failed, skipped)):
                self.total[i] += count

    def lane(self):
        while True:
            with self.lock:
                if not self.queue:
                    return
                suite = self.queue.popleft()
                print(f"run  {suite.name:<20} about {suite.minutes:g} min", flush=True)
            log = LOGS / f"{suite.name}.log"
            start = time.monotonic()
            status = self.execute(suite, log)
            self.report(suite, time.monotonic() - start, status, log)

    def run(self):
        lanes = [threading.Thread(target=self.lane, daemon=True) for _ in range(LANES)]
        for lane in lanes:
            lane.start()
        try:
            for lane in lanes:
                lane.join()
        except KeyboardInterrupt:
            with self.lock:
                self.queue.clear()
                for child in self.children:
                    os.killpg(child.pid, signal.SIGKILL)
            sys.exit("interrupted")
        return self.total


def main():
    suites = read_suites((ROOT / "tests" / "suites.txt").read_text())
    wanted = sys.argv[1:]
    if "--all" in wanted:
        wanted.remove("--all")
        suites += read_suites((ROOT / "tests" / "suites-all.txt").read_text())
    unknown = [name for name in wanted if name not in {s.name for s in suites}]
    if unknown:
        sys.exit(f"no suite called {shlex.join(unknown)}; there are: {' '.join(s.name for s in suites)}")
    chosen = [s for s in suites if not wanted or s.name in wanted]
    LOGS.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    passed, failed, skipped = Runner(chosen).run()
    print(f"{len(chosen)} suites in {time.monotonic() - start:.0f} s; logs in build/test/")
    if not chosen:
        failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
