"""README's moving picture is what its script draws from the figures of the lessons, small, and it plays by itself."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "make_pictures.py"
PICTURE = (ROOT / "docs" / "images" / "stepper.svg").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_pictures", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_picture_is_as_the_script_draws_it(tmp_path):
    file = tmp_path / "stepper.svg"
    subprocess.run([sys.executable, SCRIPT, file], check=True, capture_output=True)
    assert file.read_text(encoding="utf-8") == PICTURE
    assert file.stat().st_size < 100_000


def test_every_frame_is_a_figure_of_the_stepper(script):
    trace = script.example()
    for step in range(len(trace)):
        shapes = trace.figure(step).svg.partition("</desc>\n")[2].removesuffix("\n</svg>")
        assert PICTURE.count(shapes) == 1
        assert trace.text(step).splitlines()[1] in PICTURE


def shown(rules, count, share):
    """Return which frames the rules show at a share of a round: each keyframe holds until the next one."""
    found = []
    for i in range(count):
        keys = re.search(rf"@keyframes f{i}{{(.*?)}}}}", rules)[1] + "}"
        states = re.findall(r"([\d.]+)%{visibility:(\w+)}", keys)
        if [state for at, state in states if float(at) <= 100 * share][-1] == "visible":
            found.append(i)
    return found


def test_one_frame_shows_at_a_time(script):
    count = len(script.example())
    rules = re.search(r"<style>(.*)</style>", PICTURE)[1]
    assert [shown(rules, count, (i + 0.5) / count) for i in range(count)] == [[i] for i in range(count)]


def test_without_animation_the_last_frame_shows(script):
    groups = re.findall(r'<g class="f(\d)"( visibility="hidden")?>', PICTURE)
    assert [i for i, hidden in groups if not hidden] == [str(len(script.example()) - 1)]
    assert "@media(prefers-reduced-motion:reduce){g{animation:none!important}}" in PICTURE


def test_frames_of_different_size_are_refused(script):
    trace = script.example()
    unlike = script.BackwardTrace(trace.tape.nodes[-1].tensor * 2)
    with pytest.raises(ValueError, match="frames differ in size"):
        script.play([trace.figure(0), unlike.figure(0)])
