"""The kernels' tests, and those of devices, on the real device alone: run by `benchmarks.gpu`, a line for each test."""

import json
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent / "tests"
FIXTURES = "cuda", "device"
TAKES_A_DEVICE = re.compile(rf"def test_\w+\([^)]*\b({'|'.join(FIXTURES)})\b")


class OneDevice:
    """A plugin of pytest: it leaves only the tests of one device, and writes down what becomes of each.

    Args:
        device: what the tests' fixtures call it. lines: the file to write to.
        part: (k, n): run every n-th test from the k-th on.
    """

    def __init__(self, device, lines, part):
        self.device, self.lines, self.part = device, lines, part

    def write(self, **record):
        """Write a line, at once: what is there counts, if the rest is cut off."""
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def pytest_collection_modifyitems(self, items):
        first, step = self.part
        items[:] = [item for item in items if self.is_on_the_device(getattr(item, "callspec", None))][first::step]
        self.write(tests=len(items))

    def is_on_the_device(self, call):
        """Whether a test's fixture gives it the device."""
        return call is not None and any(call.params.get(fixture) == self.device for fixture in FIXTURES)

    def pytest_collectreport(self, report):
        if report.failed:
            self.write(test=report.nodeid, outcome="failed", why=_last_line(report))

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            why = {"why": _last_line(report)} if report.failed else {}
            self.write(test=report.nodeid, outcome=report.outcome, **why)


def _last_line(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return " ".join(text.split())[:300]


def paths():
    """Return the files of tests that take a device, those of the kernels first."""
    found = [path for path in sorted(TESTS.rglob("test_*.py")) if TAKES_A_DEVICE.search(path.read_text("utf-8"))]
    return sorted(found, key=lambda path: "kernels" not in path.parts)


def run(lines, part=(0, 1), device="cuda", where=None):
    """Run the tests of a device, or a part of them; what became of them stands in the file, whatever pytest says."""
    where = paths() if where is None else where
    pytest.main(["-q", "-p", "no:cacheprovider", *map(str, where)], plugins=[OneDevice(device, lines, part)])


def summary(records):
    """Return how many tests there are, how many passed and failed, and which failed and why."""
    outcomes = [r["outcome"] for r in records if "outcome" in r]
    return {
        "tests": sum(r.get("tests", 0) for r in records),
        **{kind: outcomes.count(kind) for kind in ("passed", "failed", "skipped")},
        "failures": [r for r in records if r.get("outcome") == "failed"],
    }
