"""`check`: run an answer on all cases of its task, and say how it stands."""

from __future__ import annotations

import copy
import inspect
import secrets

from . import diagnose, guard
from .compare import difference
from .draw import Draw
from .guard import Outcome, TimeUp
from .progress import note_check, read
from .task import Task, chapter, find
from .verdict import Case, Verdict, arguments, clipped, raised, shown

TRIED: set[str] = set()  # the tasks checked since Python was started


def check(answer, task=None, *, seed=None):
    """Check an answer: a function or a class that bears the name of its task.

    Args:
        task: the task's name, where the answer has another one.
        seed: draw the cases of an earlier check again, one that named this seed.

    Returns:
        A Verdict: shown as it is, `.passed` for programs, `.require()` raises unless the answer is right.

    Raises:
        LookupError: if there is no such task.
    """
    task = find(answer if task is None else task)
    verdict = examine(task, answer, seed)
    if verdict.status != "not attempted":
        TRIED.add(task.name)
        note_check(task.name, verdict.passed)
    if verdict.passed:
        done = read()
        order = chapter(task.chapter).ORDER
        finished = sum(bool(done.get(name, {}).get("passed")) for name in order)
        if finished:
            verdict.notes.append(f"Done in this chapter: {finished} of {len(order)} tasks.")
    return verdict


@guard.usual_settings()
def examine(task: Task, answer, seed=None):
    """Return the Verdict on an answer, and leave nothing behind."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    if not callable(answer):
        text = f"What you gave is {diagnose.kind_of(answer)}, not a function: write `check({task.name})`, no brackets."
        return Verdict(task.name, "not yet", text, seed=seed)
    cases = [tuple(case) for case in task.cases(Draw(seed))]
    wanted = [_wanted(task, case, seed + i) for i, case in enumerate(cases)]
    given = _run(task, answer, cases, seed)
    if diagnose.not_attempted(answer, given[0]):
        text = f"Write the body of `{task.name}` and check again; `hint({task.name})` helps you to begin."
        return Verdict(task.name, "not attempted", text, cases=len(cases), seed=seed)
    faults = [_fault(task, answer, w, g) for w, g in zip(wanted, given, strict=False)]
    right = sum(not fault for fault in faults)
    first = next((i for i, fault in enumerate(faults) if fault), None)
    if first is None:
        return _by_rules(task, answer, cases, wanted, seed)
    verdict = Verdict(task.name, "not yet", faults[first] or "", len(cases), right, seed=seed)
    smallest = first
    if not given[first].stopped:
        first = _name_the_mistake(verdict, task, cases, wanted, given, faults, seed) or first
    verdict.case = _case(task, cases[first], wanted[first], given[first])
    if first != smallest:
        verdict.case.title = "The smallest case that shows it"
    again = task.name if getattr(answer, "__name__", "") == task.name else f"your_answer, {task.name!r}"
    verdict.notes.append(f"The same cases again: `check({again}, seed={seed})`. A nudge: `hint({task.name})`.")
    return verdict


def _used(task, answer):
    """Return the function of a case's arguments that uses the answer as the task says."""
    if task.probe is None:
        return answer
    return lambda *case: task.probe(answer, *case)


def _run(task, answer, cases, seed):
    """Return the Outcome of each case, up to one that was stopped."""
    outcomes, left = [], task.time_limit
    for i, case in enumerate(cases):
        outcome = guard.call(_used(task, answer), case, left, seed + i)
        outcomes.append(outcome)
        left -= outcome.seconds
        if outcome.stopped:
            break
        left = max(left, 0.05)
    return outcomes


def _wanted(task, case, seed):
    """Return the Outcome that a case should have."""
    if task.expected is None:
        return guard.call(_used(task, task.reference), case, 60.0, seed)
    before = tuple(copy.deepcopy(a) for a in case)
    outcome = guard.call(task.expected, case, 60.0, seed)
    if outcome.error is not None or outcome.stopped:
        raise outcome.error or TimeUp
    return Outcome(before, outcome.value)


def _fault(task, answer, wanted, given):
    """Say what is wrong with one case; empty if nothing is. Whatever the result is, looking at it does no harm."""
    if given.stopped:
        return (
            f"Your code was stopped: all cases together may take {task.time_limit:g} seconds. Is there a loop that"
            " never ends, or work in a Python loop that tensors could do at once?"
        )
    try:
        return guard.within(max(task.time_limit, 1.0), lambda: _compared(task, answer, wanted, given))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        what = given.value if given.error is None else given.error
        done = "returned" if given.error is None else "raised"
        return f"What your code {done}, a `{type(what).__name__}`, cannot be looked at: `{raised(error)}`."


def _compared(task, answer, wanted, given):
    if given.error is not None:
        if wanted.error is not None and isinstance(given.error, type(wanted.error)):
            return ""
        return diagnose.exception(given.error, answer, wanted.error)
    if wanted.error is not None:
        return f"Here your code should raise {type(wanted.error).__name__}, and it returned a value."
    found = difference(wanted.value, given.value, task.rtol, task.atol)
    if found is not None:
        text = diagnose.general(found, wanted.value, given.value)
        return text[0].upper() + text[1:]
    changed = difference(diagnose.data_of(wanted.arguments), diagnose.data_of(given.arguments), task.rtol, task.atol)
    if changed is not None:
        return (
            "The result is right, but your code changed its argument in place: whoever called it finds other numbers in"
            " there afterwards. Work on a new tensor (`x = x - 1`, not `x -= 1`), or on a `clone()`."
        )
    return ""


def _name_the_mistake(verdict, task, cases, wanted, given, faults, seed):
    """Write into a verdict which misconception the answer has, if it can be told; return a case that shows it, or None.

    It is the first misconception that is right where the answer is, and gives the same where it is not. An answer with
    two mistakes is like none of them everywhere: then it is the one that gives the same in most of the failing cases.
    """

    def run(mistake, i):
        return guard.call(_used(task, mistake.answer), cases[i], task.time_limit, seed + i)

    failing = [i for i, fault in enumerate(faults) if fault]
    partly = None, []
    for mistake in task.mistakes:
        like = [i for i in failing if _alike(run(mistake, i), given[i], task)]
        right = (not _fault(task, mistake.answer, wanted[i], run(mistake, i)) for i, f in enumerate(faults) if not f)
        if len(like) == len(failing) and all(right):
            verdict.mistake, verdict.message = mistake.name, mistake.message
            return failing[0]
        if len(like) > len(partly[1]):
            partly = mistake, like
    mistake, like = partly
    if mistake is None or len(like) < 2 or 2 * len(like) < len(failing):
        return None
    verdict.mistake = mistake.name
    share = "all the" if len(like) == len(failing) else f"{len(like)} of the {len(failing)}"
    verdict.message = f"This is so in {share} cases that fail: {mistake.message}"
    return like[0]


def _alike(theirs, outcome, task):
    try:
        return guard.within(max(task.time_limit, 1.0), lambda: diagnose.alike(theirs, outcome, task))
    except KeyboardInterrupt:
        raise
    except BaseException:  # a result that cannot be compared is like no other
        return False


def _by_rules(task, answer, cases, wanted, seed):
    """Return the verdict on an answer whose results are right: the task's further rules decide."""
    complaint = next((c for rule in task.also if (c := rule(answer))), None)
    if complaint is None:
        return Verdict(task.name, "right", cases=len(cases), right=len(cases), seed=seed)
    verdict = Verdict(task.name, "not yet", f"The results are right. {complaint}", len(cases), len(cases), seed=seed)
    for mistake in task.mistakes:
        if any(rule(mistake.answer) == complaint for rule in task.also) and _right(task, mistake, cases, wanted, seed):
            verdict.mistake, verdict.message = mistake.name, f"The results are right. {mistake.message}"
            break
    return verdict


def _right(task, mistake, cases, wanted, seed):
    outcomes = _run(task, mistake.answer, cases, seed)
    return not any(_fault(task, mistake.answer, w, g) for w, g in zip(wanted, outcomes, strict=False))


def _case(task, case, wanted, given):
    """Return the smallest failing case, ready to be shown."""
    rows = arguments(task.reference if task.probe is None else _rest_of(task.probe), case)
    short = all("\n" not in text and len(text) < 60 for _, text in rows)
    if task.probe is None and short:
        call, rows = f"{task.name}({', '.join(text for _, text in rows)})", []
    elif task.probe is None:
        call = f"{task.name}({', '.join(name for name, _ in rows)})"
    else:
        call = f"{task.name}, with"
    expected = f"raises {raised(wanted.error)}" if wanted.error is not None else shown(wanted.value)
    got = "nothing: it was stopped" if given.stopped else shown(given.value)
    if given.error is not None:
        got = f"raised {raised(given.error)}"
    rows = [*rows, ("expected", expected), ("got", got)]
    if given.printed.strip():
        rows.append(("printed", clipped("\n".join(given.printed.strip().splitlines()[-4:]))))
    return Case(call, rows)


def _rest_of(probe):
    """Return something with the signature of a probe without its first parameter, the answer."""

    def rest():
        """Stand for the probe."""

    signature = inspect.signature(probe)
    rest.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    return rest
