"""Writing a text with a GPT, token by token: with a cache of keys and values, and without one.

`text` is the same source on both sides: on PyTorch, its `import edutorch as torch` imports torch. Both write the same.
"""

import importlib
import re
import statistics
import sys
from pathlib import Path
from time import perf_counter
from types import ModuleType

from benchmarks.harness import benchmark

PARTS = ("sampling", "cache", "gpt", "generation")
LENGTH = 256  # of the text, which begins with one token that is given
GOAL = 5.0  # how many times faster the whole text is to be written with a cache


def on_pytorch() -> ModuleType:
    """Return a module with the public names of the part of edutorch.text that computes, run on PyTorch itself."""
    import edutorch.text

    package = ModuleType("text_on_pytorch")
    package.__path__ = []
    sys.modules[package.__name__] = package
    for name in PARTS:
        path = Path(edutorch.text.__file__).with_name(f"{name}.py")
        source = re.sub(r"^(import|from) edutorch\b", r"\1 torch", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        part = ModuleType(f"{package.__name__}.{name}")
        part.__package__ = package.__name__
        sys.modules[part.__name__] = part
        exec(compile(source, f"{name}.py on PyTorch", "exec"), vars(part))
        vars(package).update({public: vars(part)[public] for public in part.__all__})
    return package


def writing(torch, cached: bool):
    """A GPT of 4 layers and 128 features writes 255 tokens."""
    text = on_pytorch() if torch.__name__ == "torch" else importlib.import_module("edutorch.text")
    model = text.GPT(65, LENGTH, layers=4, heads=4, width=128)
    beginning, generator = torch.zeros(1, dtype=torch.int64), torch.Generator()

    def step():
        return text.generate(model, beginning, LENGTH - 1, cached=cached, generator=generator.manual_seed(0))

    return step


@benchmark()
def cached(torch):
    """Write a text of 256 tokens with a cache."""
    return writing(torch, cached=True)


def measure(rounds: int = 7) -> dict[str, float]:
    """Tokens per second of edutorch with and without a cache, and how many times faster the one is: medians."""
    import edutorch.text

    edutorch.manual_seed(0)
    steps = []
    for with_cache in True, False:
        steps.append(writing(edutorch, with_cache))
        steps[-1]()
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        moments = [perf_counter()]
        for step in steps:
            step()
            moments.append(perf_counter())
        times.append((moments[1] - moments[0], moments[2] - moments[1]))
    return {
        "cached_tokens_per_s": (LENGTH - 1) / statistics.median(cached for cached, _ in times),
        "whole_tokens_per_s": (LENGTH - 1) / statistics.median(whole for _, whole in times),
        "times_faster": statistics.median(whole / cached for cached, whole in times),
        "goal": GOAL,
    }


def line(result: dict[str, float]) -> str:
    verdict = "reached" if result["times_faster"] >= result["goal"] else "MISSED"
    return (
        f"generation: {result['cached_tokens_per_s']:.0f} tokens/s with a cache, {result['whole_tokens_per_s']:.0f} "
        f"without, {result['times_faster']:.1f} times faster, goal {result['goal']:.1f} times  {verdict}"
    )
