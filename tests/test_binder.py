"""What Binder reads fits what the repository says elsewhere. `make binder` tries the whole of it."""

import os
import re
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / "binder"
LINES = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
PINS = dict(line.split("==") for line in LINES)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_each_line_is_a_version_and_nothing_else():
    assert [line for line in LINES if not re.fullmatch(r"[a-z][a-z0-9-]*==[0-9]+(\.[0-9]+)+", line)] == []
    assert list(PINS) == sorted(PINS)
    assert len(PINS) == len(LINES)


@pytest.mark.parametrize("needed", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lessons"]])
def test_the_pins_satisfy_what_the_lessons_need(needed):
    name, least = re.fullmatch(r"([\w-]+)>=([0-9.]+)", needed).groups()
    assert numbers(PINS[name.replace("_", "-")]) >= numbers(least)


def test_python_is_one_that_we_support():
    named, version = (BINDER / "runtime.txt").read_text().strip().split("-")
    least = PROJECT["requires-python"].removeprefix(">=")
    assert (named, numbers(version) >= numbers(least)) == ("python", True)


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_are_executable(name):
    script = BINDER / name
    assert script.read_bytes().startswith(b"#!/bin/bash\n")
    if os.name == "posix":
        assert os.access(script, os.X_OK)


def test_start_hands_over_to_the_server():
    assert (BINDER / "start").read_text().endswith('exec "$@"\n')


def test_the_badge_opens_a_lesson():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/images/binder.svg)][binder]" in readme
    (address,) = re.findall(r"^\[binder\]: (https://mybinder\.org/v2/gh/\S+)$", readme, re.MULTILINE)
    where = parse_qs(urlsplit(address).query)["urlpath"][0]
    assert where.startswith("lab/tree/lessons/01")
    assert (ROOT / where.removeprefix("lab/tree/")).is_file()
