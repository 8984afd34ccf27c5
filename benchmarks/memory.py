"""How much memory a training step takes at its peak, beyond the model and its data: a fresh process for each side."""

import statistics
import subprocess
import sys
from pathlib import Path

WORKLOADS = ("training.mlp", "training.cnn", "training.resblock", "attention.transformer", "sequences.lstm")
STEPS = 3


def peak_bytes(framework: str, workload: str) -> int:
    """Run some steps in a process of their own, and return by how much its resident memory rose at most."""
    command = [sys.executable, "-m", "benchmarks.memory", framework, workload]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


def measure(rounds: int = 3) -> list[dict]:
    """The median peak of each workload on both sides, in bytes, and their ratio."""
    if not Path("/proc/self/clear_refs").exists():  # only Linux lets a process reset its own high-water mark
        return []
    records = []
    for workload in WORKLOADS:
        ours, theirs = (
            statistics.median(peak_bytes(framework, workload) for _ in range(rounds))
            for framework in ("edutorch", "torch")
        )
        records.append({"name": workload, "edutorch_bytes": ours, "pytorch_bytes": theirs, "ratio": ours / theirs})
    return records


def lines(records: list[dict]) -> str:
    return "\n".join(
        f"memory of a step, {r['name']:22}{r['edutorch_bytes'] / 2**20:>9.1f} MB{r['pytorch_bytes'] / 2**20:>10.1f} MB"
        f"{r['ratio']:>8.2f}    1.00  {'reached' if r['ratio'] <= 1 else 'MISSED'}"
        for r in records
    )


def status(field: str) -> int:
    """A field of /proc/self/status, in bytes."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition(field + ":")[2].split()[0]) * 1024


def run(framework: str, workload: str) -> None:
    import ctypes
    import gc
    import importlib

    torch = importlib.import_module(framework)
    torch.manual_seed(0)
    if framework == "torch":
        torch.set_num_threads(1)
    module, name = workload.split(".")
    importlib.import_module("benchmarks.training").FIRST = 1  # no more than needed to compile what is compiled once
    step = getattr(importlib.import_module(f"benchmarks.{module}"), name)(torch)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what that one step freed goes back to the system
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew from what is in use
    before = status("VmRSS")
    for _ in range(STEPS):
        step()
    print(status("VmHWM") - before)


if __name__ == "__main__":
    run(*sys.argv[1:])
