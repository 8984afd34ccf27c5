"""What a check says: of mistakes, of whatever else an answer does, in text and in JupyterLab."""

import json
import math
import re
import sys
import threading

import numpy as np
import pytest

import edutorch as torch
from edutorch.classroom import NotYet, Task, check, examine, never_calls, no_loops
from edutorch.classroom.verdict import MOST_LINES, Verdict, shown


def centred(x, dim=0):
    """Return x minus its mean."""
    return x - x.mean(dim, keepdim=True)


def cases(draw):
    yield draw.randn(3, 2), 0
    yield draw.randn(4, 5), 1
    yield draw.randn(4, 5), 0


task = Task(centred, cases=cases, minutes=5, points=1, hints=("a", "b", "c"), time_limit=1.0)


@task.wrong("The mean of everything was taken: `dim` was forgotten.")
def of_everything(x, dim=0):
    return x - x.mean()


@task.wrong("The mean of the other dimension was taken.")
def other_dimension(x, dim=0):
    return x - x.mean(1 - dim, keepdim=True)


@task.wrong("It was added instead of subtracted.")
def added(x, dim=0):
    return x + x.mean(dim, keepdim=True)


def test_of_two_mistakes_the_one_that_shows_more_often_is_named():
    def answer(x, dim):
        return x - x.mean() if dim == 0 else x * 0

    verdict = examine(task, answer, seed=3)
    assert verdict.mistake == "of_everything"
    assert verdict.message.startswith("This is so in 2 of the 3 cases that fail: The mean of everything was taken")
    assert examine(task, lambda x, dim: x * 0).mistake is None


def test_of_two_mistakes_a_case_is_shown_that_has_the_named_one():
    verdict = examine(task, lambda x, dim: x - x.mean() if len(x) == 4 else x * 0, seed=3)
    assert verdict.mistake == "of_everything"
    assert "The smallest case that shows it:" in str(verdict)
    assert "shape (4, 5), float32" in str(verdict)


def test_right():
    verdict = examine(task, lambda x, dim: x - x.mean(dim).unsqueeze(dim))
    assert verdict.passed
    assert str(verdict) == "centred: right. It holds in all 3 cases."
    assert verdict.require() is verdict


def test_a_mistake_is_named():
    verdict = examine(task, lambda x, dim: x - x.sum() / x.numel(), seed=3)
    assert (verdict.mistake, verdict.right, verdict.cases) == ("of_everything", 0, 3)
    text = str(verdict)
    assert "The mean of everything was taken" in text
    assert "centred(x, dim)" in text
    assert "shape (3, 2), float32" in text
    assert "seed=3" in text
    with pytest.raises(NotYet, match="The mean of everything"):
        verdict.require()


def test_the_same_seed_gives_the_same_cases():
    first, again, other = (str(examine(task, added, seed)) for seed in (5, 5, 6))
    assert first == again != other


def test_without_a_seed_the_cases_are_fresh():
    assert len({str(examine(task, added).case) for _ in range(3)}) == 3


def test_some_cases_are_right():
    verdict = examine(task, lambda x, dim: x - x.mean(0, keepdim=True))
    assert (verdict.right, verdict.cases, verdict.mistake) == (2, 3, None)
    assert "2 of 3 cases are right" in verdict.headline


def test_names_that_are_missing_or_too_many_are_named():
    named = Task(
        lambda x: ["weight", "bias"], cases=lambda draw: iter([(1,)]), minutes=5, points=1, hints=("a", "b", "c")
    )
    assert "missing: ['bias']." in str(examine(named, lambda x: ["weight"]))
    assert "not expected: ['scale']." in str(examine(named, lambda x: ["weight", "bias", "scale"]))
    single = Task(lambda x: [1], cases=lambda draw: iter([(1,)]), minutes=5, points=1, hints=("a", "b", "c"))
    assert "there should be 1 value, and you gave 2." in str(examine(single, lambda x: [1, 2])).lower()


def test_the_headline_counts_in_plain_words():
    def headline(right):
        return Verdict("f", "not yet", cases=3, right=right).headline

    assert headline(0) == "f: not yet."
    assert headline(1) == "f: not yet, but 1 of 3 cases is right."
    assert headline(2) == "f: not yet, but 2 of 3 cases are right."
    assert headline(3) == "f: not yet, but all 3 cases are right."


def test_a_mistake_that_shows_wherever_the_answer_fails_but_fails_elsewhere_too():
    verdict = examine(task, lambda x, dim: x - x.mean() if len(x) == 4 else centred(x, dim), seed=3)
    assert verdict.mistake == "of_everything"
    assert verdict.message.startswith("This is so in all the cases that fail: ")


def forgotten(x, dim=0):
    x - x.mean(dim, keepdim=True)


def in_place(x, dim=0):
    x -= x.mean(dim, keepdim=True)
    return x


def with_help(x, dim=0):
    def help(x):
        return x.nonsense

    return help(x)


class Cursed:
    """An object that refuses to be looked at."""

    def __getattribute__(self, name):
        raise RuntimeError("no")

    __repr__ = __eq__ = __len__ = __iter__ = lambda self, *rest: 1 / 0
    __hash__ = None


class Endless:
    """An object that never says what it is."""

    def __repr__(self):
        while True:
            pass


class Leaving(Exception):
    """An exception, and a result, that ends Python when it is to be shown."""

    def __str__(self):
        raise SystemExit

    __repr__ = __str__


class Guarded(type):
    """A class whose attributes nobody may ask for."""

    def __getattr__(cls, name):
        raise RuntimeError("no")


class Shy(metaclass=Guarded):
    """It takes no arguments either."""


def leaves(x, dim):
    raise Leaving


class Fake(torch.Tensor):
    """A Tensor without an array."""


STRANGE = {
    "nothing": (forgotten, "Is a `return` missing?"),
    "an array": (lambda x, dim: x.numpy(), "You gave a NumPy array; a Tensor is expected."),
    "a list": (lambda x, dim: x.tolist(), "`.tolist()` leave the tensors"),
    "a string": (lambda x, dim: "x", "You gave a `str`"),
    "itself": (lambda x, dim: centred, "You gave a `function`"),
    "NaN": (lambda x, dim: x / 0 - x / 0, "6 of 6 values are NaN"),
    "a shape": (lambda x, dim: torch.zeros(7), "The shape is (7,), and should be (3, 2)"),
    "a dtype": (lambda x, dim: centred(x, dim).double(), "values are right, but the dtype is float64"),
    "a cursed one": (lambda x, dim: Cursed(), "cannot be looked at"),
    "one that ends Python": (lambda x, dim: Leaving(), "cannot be shown (SystemExit)"),
    "one without an end": (lambda x, dim: Endless(), "cannot be shown (that takes more than 0.1 s)"),
    "an exception that ends Python": (leaves, "Your code raised an exception"),
    "a class of a class": (Shy, "TypeError"),
    "the screen closed": (lambda x, dim: sys.stdout.close(), "Is a `return` missing?"),
    "a fake tensor": (lambda x, dim: object.__new__(Fake), "cannot be looked at"),
    "in place": (in_place, "changed its argument in place"),
    "an exception": (lambda x, dim: x[17], "IndexError"),
    "in a helper": (with_help, "`return x.nonsense`"),
    "exit": (lambda x, dim: sys.exit(), "tried to leave Python"),
    "too many arguments": (lambda x: x, "TypeError"),
    "without end": (lambda x, dim: endless(x), "calls itself without end"),
    "a number": (3, "not a function: write `check(centred)`, no brackets"),
}


def endless(x):
    return endless(x)


@pytest.mark.parametrize("what", STRANGE)
def test_strange_answers(what, monkeypatch):
    monkeypatch.setattr("edutorch.classroom.verdict.LOOKING", 0.1)
    answer, words = STRANGE[what]
    verdict = examine(task, answer, seed=0)
    assert not verdict.passed
    assert words in str(verdict), str(verdict)
    assert "<div" in verdict._repr_html_()


def test_an_endless_answer(monkeypatch):
    monkeypatch.setattr(task, "time_limit", 0.2)

    def forever(x, dim):
        print("round and round")
        while True:
            pass

    text = str(examine(task, forever))
    assert "may take 0.2 seconds" in text
    assert "round and round" in text


def test_an_answer_that_is_endless_in_a_later_case(monkeypatch):
    monkeypatch.setattr(task, "time_limit", 0.2)

    def late(x, dim):
        while dim:
            pass
        return x - x.mean()

    verdict = examine(task, late)
    assert (verdict.right, verdict.cases) == (0, 3)
    assert "6 of 6 values" in str(verdict) or "same amount" in str(verdict)


@pytest.mark.parametrize("setting", [torch.no_grad, torch.inference_mode])
def test_what_a_notebook_left_switched_on_does_not_reach_the_check(setting):
    def slopes(x):
        x = x.clone().requires_grad_()
        (x * x).sum().backward()
        return x.grad

    asked = Task(slopes, cases=lambda draw: [(draw.randn(3),)], minutes=5, points=1, hints=("a", "b", "c"))
    with setting():
        assert examine(asked, slopes, seed=0).passed
        assert not torch.is_grad_enabled()


def test_from_another_thread(monkeypatch):
    monkeypatch.setattr(task, "time_limit", 0.2)
    verdicts = []

    def forever(x, dim):
        while True:
            pass

    thread = threading.Thread(target=lambda: verdicts.append(examine(task, forever)))
    thread.start()
    thread.join(20)
    assert "stopped" in str(verdicts[0])


def stub(x, dim=0):
    """Do nothing yet."""
    raise NotImplementedError


def empty(x, dim=0):
    """Do nothing yet."""


@pytest.mark.parametrize("answer", [stub, empty])
def test_not_attempted(answer):
    verdict = examine(task, answer)
    assert (verdict.status, verdict.headline) == ("not attempted", "centred: not attempted yet.")


def test_a_not_implemented_error_from_elsewhere_is_an_attempt():
    verdict = examine(task, lambda x, dim: stub(x))
    assert verdict.status == "not yet"
    assert "NotImplementedError" in str(verdict)


def test_expected_exceptions():
    def checked(n):
        """Return n, or raise."""
        if n < 0:
            raise ValueError("negative")
        return n

    refusing = Task(
        checked,
        cases=lambda draw: iter([(1,), (-draw.randint(1, 9),)]),
        minutes=5,
        points=1,
        hints=(),
    )
    assert examine(refusing, checked).passed
    assert "should raise ValueError, and it returned a value" in str(examine(refusing, lambda n: n))

    def other(n):
        assert n >= 0
        return n

    assert "AssertionError" in str(examine(refusing, other))
    assert "Here it should raise ValueError" in str(examine(refusing, other))


class Counter:
    """Counts up."""

    def __init__(self, start):
        self.n = start

    def step(self):
        """Add one."""
        self.n += 1


class Stub:
    def __init__(self, start):
        raise NotImplementedError()

    def step(self):
        raise NotImplementedError()


class HalfWritten(Stub):
    def __init__(self, start):
        self.n = start

    def step(self):
        """Add one."""
        raise NotImplementedError()


class Misspelled(Counter):
    @torch.no_grad()
    def step(self):
        self.m += 1


def counted(counter, start, steps):
    made = counter(start)
    for _ in range(steps):
        made.step()
    return made.n


counters = Task(
    Counter,
    cases=lambda draw: iter([(draw.randint(0, 9), n) for n in (1, 3)]),
    probe=counted,
    expected=lambda start, steps: start + steps,
    minutes=5,
    points=1,
    hints=(),
)


@counters.wrong("It counts down.")
class Down(Counter):
    def step(self):
        self.n -= 1


def test_a_class():
    assert examine(counters, Counter).passed
    assert examine(counters, Stub).status == "not attempted"
    assert examine(counters, HalfWritten).status == "not yet"
    assert "`step` is still to be written" in str(examine(counters, HalfWritten))
    verdict = examine(counters, Down)
    assert verdict.mistake == "Down"
    assert "start" in str(verdict)
    assert "steps" in str(verdict)
    assert not examine(counters, lambda start: None).passed


def test_the_line_of_a_decorated_method_is_named():
    assert "`self.m += 1`" in str(examine(counters, Misspelled))


def looping(x):
    total = 0
    for row in x:
        total = total + row
    return total


def by_helper(x):
    return looping(x)


def summed(x):
    """Return the sum of the rows."""
    return x.sum(0)


rules = Task(
    summed,
    cases=lambda draw: iter([(draw.randn(3, 2),)]),
    also=(no_loops, never_calls("cumsum")),
    minutes=5,
    points=1,
    hints=(),
)


@rules.wrong("There is a loop over the rows; one call of `sum` does it.")
def loop(x):
    return looping(x)


def test_rules():
    assert examine(rules, summed).passed
    for answer in (looping, by_helper, lambda x: sum([row for row in x])):  # noqa: C416
        verdict = examine(rules, answer)
        assert (verdict.mistake, verdict.right) == ("loop", 1)
        assert verdict.message.startswith("The results are right. There is a loop")
    verdict = examine(rules, lambda x: x.cumsum(0)[-1])
    assert verdict.mistake is None
    assert "it uses `cumsum`" in verdict.message


# ---- check itself, and its display


def strides_of(shape):
    return shape[::-1]


def test_check_finds_the_task_and_notes_it(own_progress):
    verdict = check(strides_of)
    assert not verdict.passed
    assert "it uses `stride`" in str(check(lambda shape: torch.empty(shape).stride(), "strides_of"))
    verdict = check(lambda shape: tuple(math.prod(shape[i + 1 :]) for i in range(len(shape))), "strides_of")
    assert verdict.passed
    assert "Done in this chapter: 1 of 7 tasks." in str(verdict)
    noted = json.loads(own_progress.read_text())["strides_of"]
    assert noted["tries"] == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", noted["passed"])


def test_an_unknown_task():
    def stride_of(shape):
        return shape

    with pytest.raises(LookupError, match="Did you mean strides_of"):
        check(stride_of)
    with pytest.raises(LookupError, match="by the name of your function"):
        check(np.zeros(2))


def test_html_is_escaped():
    html = examine(task, lambda x, dim: "<script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<code>str</code>" in html


def test_long_values_are_cut():
    assert shown(torch.zeros(100, 3)).count("\n") == MOST_LINES
    assert len(shown("x" * 10_000)) < 200
    assert shown(Cursed()).startswith("a Cursed that cannot be shown")
