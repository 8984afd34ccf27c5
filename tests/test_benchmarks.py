"""The harness compares fairly, and refuses to time two things that differ."""

import pytest

from benchmarks import harness, ops


def bench(prepare, goal=None):
    return harness.Benchmark("a.b", prepare, goal)


def test_a_framework_against_itself_is_even(torch):
    result = harness.measure(bench(ops.forward_and_backward, goal=0.1), torch, torch, rounds=9)
    assert 0.5 < result.ratio < 2
    assert result.low <= result.ratio <= result.high
    assert result.verdict == "MISSED"
    assert "MISSED" in harness.table([result])


def test_a_fast_wrong_answer_does_not_count(torch):
    answers = iter([torch.zeros(2), torch.ones(2)])

    def prepare(framework):
        answer = next(answers)
        return lambda: answer

    with pytest.raises(AssertionError, match=r"a\.b"):
        harness.measure(bench(prepare), torch, torch, rounds=2)


def test_both_sides_get_the_same_random_numbers(torch):
    def prepare(framework):
        x = framework.randn(3)
        return lambda: x

    harness.measure(bench(prepare), torch, torch, rounds=2)
