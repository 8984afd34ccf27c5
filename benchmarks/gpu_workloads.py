"""The training steps that `benchmarks.gpu` measures, and how one of them is measured on a device.

Both frameworks begin with the same weights and data, which their CPUs' random streams make alike, and take turns on
the device. PyTorch runs eagerly, with its fused optimizers and cuDNN's own search for the quickest algorithm.
"""

import contextlib
import gc
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from benchmarks.attention import gpt as gpt_of
from benchmarks.sequences import classifier
from benchmarks.training import small_cnn

FIRST = 5  # steps whose losses are compared
ROUND_S = 0.1  # one round lasts about this long
ROUNDS = 5, 41  # at least, if there is time, and at most
SLACK = {"fp32": 1e-3, "tf32": 1e-2, "bf16": 5e-2}  # how far the losses may be apart, as a share
PRECISIONS = tuple(SLACK)


@dataclass(frozen=True)
class Workload:
    """A training step.

    Attributes:
        what: in words. goal: the ratio to reach, edutorch's time over PyTorch's; None for none.
        prepare: takes a framework and whether it shall be tiny (for the tests); returns the model, the optimizer's
            maker, the inputs and the targets, all on the CPU.
    """

    what: str
    goal: float | None
    prepare: Callable[[Any, bool], tuple]


def resnet18(torch, small_pictures, width=64):
    """Return a ResNet-18, with the first layer for pictures of 32 x 32, or of 224 x 224."""
    nn = torch.nn

    def convolution(into, out, size, stride=1):
        return nn.Conv2d(into, out, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(out)

    class Block(nn.Module):
        def __init__(self, into, out, stride):
            super().__init__()
            self.way = nn.Sequential(*convolution(into, out, 3, stride), nn.ReLU(), *convolution(out, out, 3))
            self.short = nn.Sequential(*convolution(into, out, 1, stride)) if stride > 1 else nn.Identity()
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(self.way(x) + self.short(x))

    stem = convolution(3, width, 3) if small_pictures else convolution(3, width, 7, stride=2)
    pool = () if small_pictures else (nn.MaxPool2d(3, 2, padding=1),)
    blocks, into = [], width
    for level in range(4):
        out = width * 2**level
        blocks += [Block(into, out, 2 if level else 1), Block(out, out, 1)]
        into = out
    return nn.Sequential(*stem, nn.ReLU(), *pool, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(into, 10))


def _gpt(torch, tiny):
    batch, length, size, heads, layers = (2, 8, 16, 2, 2) if tiny else (64, 256, 384, 6, 6)
    model = gpt_of(torch, length=length, size=size, heads=heads, layers=layers)
    text = torch.randint(0, 65, (batch, length + 1))
    x, y = text[:, :-1].contiguous(), text[:, 1:].reshape(-1)
    return model, lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, fused=True), x, y


def _resnet(side):
    def prepare(torch, tiny):
        model = resnet18(torch, side == 32, width=4 if tiny else 64)
        batch, pixels = (
            (8, min(side // 2, 64)) if tiny else (128, side)
        )  # fewer, and batch norm has too little to go by
        x, y = torch.randn(batch, 3, pixels, pixels), torch.randint(0, 10, (batch,))
        return model, lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, fused=True), x, y

    return prepare


def _lstm(torch, tiny):
    length, batch = (5, 3) if tiny else (100, 64)
    model = classifier(torch, *(20, 8) if tiny else ())
    x, y = torch.randint(0, 20 if tiny else 10_000, (length, batch)), torch.randint(0, 2, (batch,))
    return model, lambda parameters: torch.optim.Adam(parameters, fused=True), x, y


def _cnn(torch, tiny):
    batch = 4 if tiny else 64
    x, y = torch.randn(batch, 3, 24, 24), torch.randint(0, 10, (batch,))
    return small_cnn(torch), lambda parameters: torch.optim.SGD(parameters, lr=0.01, fused=True), x, y


WORKLOADS = {
    "gpt": Workload("GPT, 6 layers, 384 wide, 64 texts of 256 tokens, AdamW", 1.0, _gpt),
    "resnet18-32": Workload("ResNet-18, 128 pictures of 32 x 32, SGD with momentum", 1.0, _resnet(32)),
    "lstm": Workload("two-layer bidirectional LSTM, 256 wide, 64 texts of 100 words, Adam", 1.0, _lstm),
    "resnet18-224": Workload("ResNet-18, 128 pictures of 224 x 224, SGD with momentum", 1.2, _resnet(224)),
    "cnn": Workload("two convolutions, 64 pictures of 24 x 24, SGD", None, _cnn),
}


class Side:
    """A framework on a CUDA device."""

    device = "cuda"

    def __init__(self, name, framework):
        self.name, self.framework = name, framework

    def wait(self):
        """Wait until the device has done what it was asked for."""
        self.framework.cuda.synchronize()

    def watch_memory(self):
        """Let `peak_bytes` begin anew."""
        gc.collect()
        self.framework.cuda.empty_cache()
        self.framework.cuda.reset_peak_memory_stats()

    def peak_bytes(self):
        """Return the most bytes that tensors took."""
        return self.framework.cuda.max_memory_allocated()

    def launches(self, step):
        """Return how many kernels a step starts. PyTorch's profiler sees those of the whole process, CuPy's too."""
        from torch.autograd import DeviceType
        from torch.profiler import ProfilerActivity, profile

        self.wait()
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            step()
            self.wait()
        kernels = [e for e in profiler.events() if e.device_type == DeviceType.CUDA]
        return sum(not event.name.startswith(("Memcpy", "Memset")) for event in kernels)


def sides():
    """Return edutorch and PyTorch on the GPU."""
    import torch

    import edutorch

    return [Side("edutorch", edutorch), Side("pytorch", torch)]


@contextlib.contextmanager
def precision(frameworks, name):
    """Let both multiply float32 as it is, or as TF32."""
    before = [(f.get_float32_matmul_precision(), f.backends.cudnn.allow_tf32) for f in frameworks]
    try:
        for f in frameworks:
            f.set_float32_matmul_precision("high" if name == "tf32" else "highest")
            f.backends.cudnn.allow_tf32 = name == "tf32"
            f.backends.cudnn.benchmark = True
        yield
    finally:
        for f, (word, convolutions) in zip(frameworks, before, strict=True):
            f.set_float32_matmul_precision(word)
            f.backends.cudnn.allow_tf32 = convolutions


def step_of(side, workload, name, tiny):
    """Return a framework's training step, on its device."""
    torch = side.framework
    torch.manual_seed(0)
    model, optimizer_for, x, y = workload.prepare(torch, tiny)
    model, x, y = model.to(side.device), x.to(side.device), y.to(side.device)
    optimizer, kind = optimizer_for(model.parameters()), torch.device(side.device).type

    def step():
        optimizer.zero_grad()
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=name == "bf16"):
            loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def seconds(side, step, calls):
    """Return the seconds of a step, from an idle device to an idle device."""
    side.wait()
    start = perf_counter()
    for _ in range(calls):
        step()
    side.wait()
    return (perf_counter() - start) / calls


def measure(name, precision_name, both, limit, tiny=False):
    """Compare the two sides on one workload; return a record.

    Args:
        both: edutorch's Side and PyTorch's. limit: seconds that the rounds may go on from now.
        tiny: for tests.
    """
    end, workload = perf_counter() + limit, WORKLOADS[name]
    record: dict[str, Any] = {"workload": name, "precision": precision_name, "goal": workload.goal}
    with precision([side.framework for side in both], precision_name):
        steps, losses = [], []
        for side in both:
            side.watch_memory()  # also gives back to the device what the last precision took
        for side in both:
            steps.append(step_of(side, workload, precision_name, tiny))
            losses.append(side.framework.stack([steps[-1]() for _ in range(FIRST)]).tolist())
        for side, step in zip(both, steps, strict=True):
            record[f"{side.name}_launches"] = side.launches(step)
        calls = [max(1, round(ROUND_S / seconds(side, step, 2))) for side, step in zip(both, steps, strict=True)]
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS[1]):
            for which in (0, 1) if number % 2 else (1, 0):
                times[which].append(seconds(both[which], steps[which], calls[which]))
            if number >= ROUNDS[0] - 1 and perf_counter() > end:
                break
    ratios = [ours / theirs for ours, theirs in zip(*times, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    for side, side_losses, side_times in zip(both, losses, times, strict=True):
        record[f"{side.name}_ms"] = statistics.median(side_times) * 1e3
        record[f"{side.name}_bytes"] = side.peak_bytes()
        record[f"{side.name}_losses"] = side_losses
    slack = SLACK[precision_name]
    same = all(abs(a - b) <= slack * max(abs(b), 1e-3) for a, b in zip(*losses, strict=True))
    return record | {"ratio": ratio, "low": low, "high": high, "rounds": len(ratios), "same_losses": same}


def each_precision(name, both, limit, tiny=False) -> Iterator[dict]:
    """Yield a record for each precision; one that fails is a record with an `error`, and the next one goes on."""
    end = perf_counter() + limit
    for number, precision_name in enumerate(PRECISIONS):
        share = max(end - perf_counter(), 0.0) / (len(PRECISIONS) - number)
        try:
            yield measure(name, precision_name, both, share, tiny)
        except Exception as error:  # whatever it is: it is reported, and must not take the others along
            text = f"{type(error).__name__}: {error}"
            yield {"workload": name, "precision": precision_name, "error": " ".join(text.split())[:500]}
