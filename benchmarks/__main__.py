"""python -m benchmarks [--list] [--json FILE] [PART OF A NAME ...]"""

import argparse
import datetime
import importlib
import importlib.metadata
import json
import os
import pkgutil
import platform
from pathlib import Path

import benchmarks
from benchmarks import generation, harness, import_time, memory

RESULTS = Path(__file__).parent / "results"
IMPORT_TIME, MEMORY = "import_time", "memory"  # these need processes of their own
CACHE = "generation.cache"  # this compares edutorch with itself


def processor() -> str:
    """The processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="PART", help="run only benchmarks with this in their name")
    parser.add_argument("--list", action="store_true", help="print the names, and run nothing")
    parser.add_argument("--json", type=Path, default=RESULTS / "latest.json", help="default: %(default)s")
    arguments = parser.parse_args()

    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name != "__main__":
            importlib.import_module(f"benchmarks.{module.name}")
    names = [*harness.BENCHMARKS, CACHE, MEMORY, IMPORT_TIME]
    names = [name for name in names if not arguments.parts or any(part in name for part in arguments.parts)]
    if not names:
        parser.error(f"no benchmark has one of {arguments.parts} in its name; --list shows the names")
    if arguments.list:
        print(*names, sep="\n")
        return

    import numpy
    import torch

    import edutorch

    torch.set_num_threads(1)
    record = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
            "threads": 1,
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "torch": torch.__version__,
            "edutorch": importlib.metadata.version("edutorch-lessons"),
        },
    }
    print(f"{record['machine']['processor']}, one thread,", ", ".join(map(" ".join, record["versions"].items())))
    results = [
        harness.measure(harness.BENCHMARKS[name], edutorch, torch) for name in names if name in harness.BENCHMARKS
    ]
    if results:
        print(harness.table(results))
    record["benchmarks"] = harness.as_records(results)
    if CACHE in names:
        record[CACHE] = generation.measure()
        print(generation.line(record[CACHE]))
    if MEMORY in names:
        record[MEMORY] = memory.measure()
        print(memory.lines(record[MEMORY]))
    if IMPORT_TIME in names:
        record[IMPORT_TIME] = import_time.measure()
        print(import_time.line(record[IMPORT_TIME]))
    arguments.json.parent.mkdir(exist_ok=True)
    arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
