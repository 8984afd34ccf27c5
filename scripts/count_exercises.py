"""Say how many exercises there are, and how many of their misconceptions the checker refuses and names.

python scripts/count_exercises.py
"""

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from edutorch.classroom import examine
from edutorch.classroom.task import chapter, chapters, find

SEEDS = range(5)


def counts(task):
    """Return how many misconceptions a task has, and how many are refused, and named, with every seed."""
    found = Counter(tasks=1, misconceptions=len(task.mistakes), minutes=task.minutes, points=task.points)
    for mistake in task.mistakes:
        verdicts = [examine(task, mistake.answer, seed) for seed in SEEDS]
        found["refused"] += not any(verdict.passed for verdict in verdicts)
        found["named"] += all(verdict.mistake == mistake.name for verdict in verdicts)
    return found


def main():
    """Print a line a chapter, and their sum; fail if a misconception passes or too few are named."""
    columns = ("tasks", "minutes", "points", "misconceptions", "refused", "named")
    print(f"{'chapter':<24}" + "".join(f"{column:>16}" for column in columns))
    total = Counter()
    for name in chapters():
        found = sum((counts(find(task)) for task in chapter(name).ORDER), Counter())
        total += found
        print(f"{name:<24}" + "".join(f"{found[column]:>16}" for column in columns), flush=True)
    print(f"{'all':<24}" + "".join(f"{total[column]:>16}" for column in columns))
    share = total["named"] / max(total["misconceptions"], 1)
    print(f"{share:.1%} of the misconceptions are named rightly, with each of {len(SEEDS)} seeds.")
    return total["refused"] != total["misconceptions"] or share < 0.9


if __name__ == "__main__":
    sys.exit(main())
