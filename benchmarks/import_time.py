"""How much longer `import edutorch` takes than `import numpy`: fresh processes, in turns."""

import os
import statistics
import subprocess
import sys

GOAL_S = 0.06
TIMED = "from time import perf_counter as now; start = now(); import {module}; print(now() - start)"

KEEPS_BYTECODE = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # as Python does by itself


def import_seconds(module: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        env=KEEPS_BYTECODE,
    )
    return float(done.stdout)


def measure(rounds: int = 15) -> dict[str, float]:
    """Median seconds of each import, and of their difference within a round."""
    for module in "numpy", "edutorch":
        import_seconds(module)  # fills the file cache
    pairs = [(import_seconds("numpy"), import_seconds("edutorch")) for _ in range(rounds)]
    return {
        "numpy_s": statistics.median(numpy for numpy, _ in pairs),
        "edutorch_s": statistics.median(edutorch for _, edutorch in pairs),
        "difference_s": statistics.median(edutorch - numpy for numpy, edutorch in pairs),
        "goal_s": GOAL_S,
    }


def line(result: dict[str, float]) -> str:
    verdict = "reached" if result["difference_s"] <= result["goal_s"] else "MISSED"
    return (
        f"import: numpy {result['numpy_s']:.3f} s, edutorch {result['edutorch_s']:.3f} s, "
        f"difference {result['difference_s']:+.3f} s, goal +{result['goal_s']:.2f} s  {verdict}"
    )
