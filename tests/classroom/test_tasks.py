"""Every task keeps its word: the reference passes, right answers pass, and each mistake is refused and named."""

import re
import types

import numpy as np
import pytest

import edutorch as torch
from edutorch.classroom import Draw, compare, examine, guard
from edutorch.classroom.diagnose import data_of
from edutorch.classroom.task import chapter, chapters, find, names
from tests.classroom.books import each_task, known

SEEDS = (0, 1, 2, 3, 4)


def used(task, answer):
    return answer if task.probe is None else lambda *case: task.probe(answer, *case)


# ---- what a task must have


def test_chapters_list_their_files():
    files = names()
    listed = {name: where for where in chapters() for name in chapter(where).ORDER}
    assert listed == files
    assert len(listed) == sum(len(chapter(where).ORDER) for where in chapters())


@each_task
def test_parts(task):
    assert find(task.name) is task
    assert task.title
    assert len(task.statement) > 100
    assert task.reference.__doc__
    assert len(task.hints) == 3
    assert 5 <= task.minutes <= 60
    assert 1 <= task.points <= 10
    assert len(task.mistakes) >= 5
    assert len({m.name for m in task.mistakes}) == len(task.mistakes)
    assert len({m.message for m in task.mistakes}) == len(task.mistakes)
    for mistake in task.mistakes:
        assert len(mistake.message) >= 40, "the words name the mistake, and what is so instead"
    assert len(known("RIGHT", task)) >= 3, "three right answers, written differently"
    assert (task.finale is None) or task.finale_source


@each_task
def test_words_give_nothing_away(task):
    words = "\n".join([task.statement, *task.hints])
    assert not re.search(r"/(home|work|tmp|usr|Users)/|[A-Z]:\\", words)
    body = [line.strip() for line in task.source.splitlines() if len(line.strip()) > 24]
    code = [line for line in body if not line.startswith(("def ", "class ", '"', "#")) and line not in doc_of(task)]
    given = sum(line in words for line in code)
    assert given <= len(code) / 2, "statement and hints hold the solution"


def doc_of(task):
    things = [task.reference, *vars(task.reference).values()] if isinstance(task.reference, type) else [task.reference]
    return "\n".join(getattr(thing, "__doc__", None) or "" for thing in things)


@each_task
def test_the_reference_stands_alone(task):
    """What the notebook's cell holds is enough: the imports and the reference."""
    space = {"__name__": "cell"}
    exec("\n".join([*task.imports, task.source]), space)
    verdict = examine(task, space[task.name], seed=0)
    assert verdict.passed, str(verdict)


@each_task
def test_cases_are_fresh_and_repeatable(task):
    first, again, other = ([tuple(case) for case in task.cases(Draw(seed))] for seed in (7, 7, 8))
    assert len(first) >= 3
    assert compare.same(plain(first), plain(again))
    assert not compare.same(plain(first), plain(other))


def plain(cases):
    return [list(data_of(case)) for case in cases]


# ---- right and wrong


@each_task
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_passes(task, seed):
    verdict = examine(task, task.reference, seed)
    assert verdict.passed, str(verdict)


@each_task
def test_other_right_answers_pass(task):
    for answer in known("RIGHT", task):
        for seed in SEEDS:
            verdict = examine(task, answer, seed)
            assert verdict.passed, f"{answer.__name__}\n{verdict}"


@each_task
def test_mistakes_are_refused_and_named(task):
    for mistake in task.mistakes:
        for seed in SEEDS:
            verdict = examine(task, mistake.answer, seed)
            assert not verdict.passed, f"{mistake.name} passes with seed {seed}"
            assert verdict.mistake == mistake.name, f"{mistake.name} with seed {seed}:\n{verdict}"
            assert mistake.message in " ".join(str(verdict).split())  # its lines are wrapped


@each_task
def test_mistakes_in_other_words_are_named(task):
    for name, answers in dict(known("REWORDED", task)).items():
        for answer in answers:
            for seed in SEEDS:
                verdict = examine(task, answer, seed)
                assert verdict.mistake == name, f"{answer.__name__} with seed {seed}:\n{verdict}"


# ---- answers that no one foresaw


@each_task
def test_recorded_results_fail(task):
    """An answer that gives what it once saw, by equal arguments or else anything it saw, is refused on fresh cases."""
    recording, recited = (recorded_class if isinstance(task.reference, type) else recorded_function)(task.reference)
    for case in task.cases(Draw(99)):
        guard.call(used(task, recording), tuple(case), 60.0)
    assert not all(examine(task, recited, seed).passed for seed in SEEDS)


def recorded_function(reference):
    """Return a function that notes its results, and one that recites them."""
    seen = []

    def recording(*arguments, **named):
        result = reference(*arguments, **named)
        seen.append((arguments, result))
        return result

    def recited(*arguments, **named):
        equal = (result for known, result in seen if compare.same(plain([known]), plain([arguments])))
        return next(equal, seen[-1][1])

    return recording, recited


def recorded_class(reference):
    """Return a class whose methods note their results, and one whose methods recite the first of them."""
    methods = [n for n, m in vars(reference).items() if isinstance(m, types.FunctionType) and n != "__init__"]
    seen = {name: [] for name in methods}

    def noting(name):
        def method(self, *arguments, **named):
            seen[name].append(getattr(reference, name)(self, *arguments, **named))
            return seen[name][-1]

        return method

    def reciting(name):
        return lambda self, *arguments, **named: seen[name][0] if seen[name] else None

    recording = type(reference.__name__, (reference,), {name: noting(name) for name in methods})
    started = {"__init__": lambda self, *arguments, **named: None}
    return recording, type(reference.__name__, (), started | {name: reciting(name) for name in methods})


def nothing(*arguments, **named):
    return None


def not_a_number(*arguments, **named):
    return torch.full((2, 2), float("nan"))


def wrong_shape(*arguments, **named):
    return torch.zeros(7, 1, 5, 1)


def array(*arguments, **named):
    return np.zeros((3, 3), np.float32)


def raising(*arguments, **named):
    raise LookupError("my own")


def leaving(*arguments, **named):
    raise SystemExit


def text(*arguments, **named):
    return "42"


def endless(*arguments, **named):
    while True:
        try:
            nothing()
        except BaseException:
            continue


@each_task
@pytest.mark.parametrize("answer", [nothing, not_a_number, wrong_shape, array, raising, leaving, text])
def test_strange_answers_get_a_clear_verdict(task, answer):
    verdict = examine(task, answer, seed=0)
    assert not verdict.passed
    assert verdict.message
    assert "cannot be looked at" not in verdict.message
    assert verdict._repr_html_().startswith("<div")


@each_task
def test_an_endless_answer_is_stopped(task, monkeypatch):
    monkeypatch.setattr(task, "time_limit", 0.2)
    verdict = examine(task, endless, seed=0)
    assert verdict.status == "not yet"
    assert "stopped" in str(verdict)


@each_task
def test_the_stub_is_not_attempted(task):
    source = "def stub(*arguments, **named):\n    raise NotImplementedError()\n"
    if isinstance(task.reference, type):
        source = "class stub:\n    def __init__(self, *arguments, **named):\n        raise NotImplementedError()\n"
    space: dict = {}
    exec(source, space)
    verdict = examine(task, space["stub"], seed=0)
    assert verdict.status == "not attempted", str(verdict)
    if isinstance(space["stub"], types.FunctionType):
        assert examine(task, lambda *arguments, **named: ..., seed=0).status != "right"


@each_task
def test_the_finale_runs_with_the_reference(task):
    if task.finale is not None:
        torch.manual_seed(0)
        task.finale(task.reference)
