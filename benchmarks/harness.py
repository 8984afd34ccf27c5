"""A benchmark is a function that prepares a workload for one framework and returns the step to be timed:

    @benchmark(goal=0.45)
    def chain(torch):
        x = torch.randn(32, 32)
        def step():
            return (x * x).sum()
        return step

It is called once with edutorch and once with PyTorch, after `manual_seed(0)`. The two must compute the same:
what the first step returns (a tensor, several, or None) is compared. Then rounds of the one and the other
alternate, so that whatever else the machine does meets both. The ratio is edutorch's time over PyTorch's;
below 1 is faster.
"""

import gc
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np

ROUND_S = 0.02  # one round lasts about this long: many calls of a small step, one of a large one


@dataclass(frozen=True)
class Benchmark:
    name: str
    prepare: Callable[[Any], Callable[[], Any]]
    goal: float | None


@dataclass(frozen=True)
class Result:
    name: str
    edutorch_us: float
    pytorch_us: float
    ratio: float  # the median over all rounds
    low: float  # a quarter of the rounds lies below,
    high: float  # and a quarter above
    goal: float | None

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "reached" if self.ratio <= self.goal else "MISSED"


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(goal: float | None = None):
    """Register a workload under the name module.function; `goal` is the ratio to reach."""

    def register(prepare):
        name = f"{prepare.__module__.rpartition('.')[2]}.{prepare.__name__}"
        BENCHMARKS[name] = Benchmark(name, prepare, goal)
        return prepare

    return register


def arrays(returned) -> list[np.ndarray]:
    if returned is None:
        return []
    tensors = returned if isinstance(returned, tuple | list) else [returned]
    return [tensor.detach().numpy() for tensor in tensors]


def seconds(step: Callable[[], Any], calls: int) -> float:
    start = perf_counter()
    for _ in range(calls):
        step()
    return (perf_counter() - start) / calls


def measure(bench: Benchmark, edutorch, pytorch, rounds: int = 41) -> Result:
    """Compare one workload on both; raises AssertionError when they do not compute the same."""
    steps = []
    for framework in edutorch, pytorch:
        framework.manual_seed(0)
        steps.append(bench.prepare(framework))
    ours, theirs = (arrays(step()) for step in steps)
    assert len(ours) == len(theirs), f"{bench.name}: {len(ours)} results against PyTorch's {len(theirs)}"
    for mine, reference in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-4, atol=1e-6, err_msg=bench.name)

    calls = [max(1, round(ROUND_S / min(seconds(step, 1) for _ in range(5)))) for step in steps]
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                times[which].append(seconds(steps[which], calls[which]))
    finally:
        gc.enable()
    ratios = [ours / theirs for ours, theirs in zip(*times, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    ours_us, theirs_us = (statistics.median(side) * 1e6 for side in times)
    return Result(bench.name, ours_us, theirs_us, ratio, low, high, bench.goal)


def table(results: list[Result]) -> str:
    lines = [f"{'benchmark':32}{'edutorch':>12}{'PyTorch':>12}{'ratio':>8}{'quartiles':>16}{'goal':>8}"]
    for r in results:
        goal = f"{r.goal:8.2f}  {r.verdict}" if r.goal is not None else ""
        times = f"{r.edutorch_us:>9.1f} µs{r.pytorch_us:>9.1f} µs"
        lines.append(f"{r.name:32}{times}{r.ratio:>8.2f}{f'{r.low:.2f} to {r.high:.2f}':>16}{goal}")
    return "\n".join(lines)


def as_records(results: list[Result]) -> list[dict]:
    return [asdict(result) for result in results]
