"""edutorch against PyTorch on a CUDA GPU: every kernel checked, five training steps timed, in under ten minutes.

python -m benchmarks.gpu [--minutes M] [--no-checks] [--into FOLDER] [WORKLOAD ...]

It needs a GPU, CuPy and a PyTorch that was built for CUDA; where one of them is missing it says so, and ends with
status 2. Each workload runs in a process of its own: what goes wrong in one is reported, and the others go on. What was
measured is in the file at once. The status is 1 if a test failed, a workload failed, or losses differ.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from time import monotonic

from benchmarks import gpu_checks
from benchmarks.gpu_workloads import PRECISIONS, WORKLOADS, each_precision, sides

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
MINUTES = 9.5
CHECKS_SHARE = 0.35  # of the time
PROCESSES = max(1, min(8, (os.cpu_count() or 1) // 2))  # that share the tests
PACKAGES = ("edutorch-lessons", "torch", "numpy", "cupy-cuda13x", "cupy-cuda12x", "nvidia-cudnn-frontend")


def missing():
    """Return what is not here of what this needs, as a sentence; None if all is."""
    import edutorch

    if not edutorch.cuda.is_available():
        return "CuPy is not installed, or finds no CUDA device"
    try:
        import torch
    except ModuleNotFoundError:
        return "PyTorch is not installed"
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__} finds no CUDA device"
    return None


def _output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0] or None


def machine():
    """Return what the device is, and the versions of what runs on it."""
    import torch

    import edutorch

    known = edutorch.cuda.get_device_properties()
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "device": {
            "name": known.name,
            "capability": f"{known.major}.{known.minor}",
            "bytes": known.total_memory,
            "driver": _output_of("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
        },
        "versions": versions | {"cuda of torch": torch.version.cuda, "cudnn of torch": torch.backends.cudnn.version()},
    }


# ---- the processes


def child(*arguments):
    """Return the command of a process of ours."""
    return [sys.executable, "-m", "benchmarks.gpu", *map(str, arguments)]


def lines_of(command, limit):
    """Run a command that writes JSON lines to a file; it is stopped after `limit` seconds.

    Args:
        command: a list; the file's path is put behind it.

    Returns:
        (what it wrote, what went wrong with the process itself: None, or a sentence)
    """
    with tempfile.TemporaryDirectory() as folder:
        lines, log = Path(folder) / "lines.json", Path(folder) / "log.txt"
        problem = None
        with log.open("w", encoding="utf-8") as screen:
            process = subprocess.Popen([*command, str(lines)], stdout=screen, stderr=subprocess.STDOUT, cwd=ROOT)
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                problem = f"stopped after {limit:.0f} seconds"
            else:
                said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                if status:
                    problem = f"ended with status {status}: {said[-1] if said else 'it said nothing'}"
        text = lines.read_text(encoding="utf-8") if lines.exists() else ""
    records = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    return records, problem


def checks_within(limit):
    """Run the tests of the device in several processes; return what became of them."""
    with ThreadPoolExecutor(PROCESSES) as threads:
        parts = [threads.submit(lines_of, child("--checks", f"{k}/{PROCESSES}"), limit) for k in range(PROCESSES)]
    done = [part.result() for part in parts]
    problems = dict.fromkeys(problem for _, problem in done if problem)
    return gpu_checks.summary([r for records, _ in done for r in records]) | {"problem": "; ".join(problems) or None}


# ---- what is printed


def verdict(record):
    """Say how a record stands to its goal."""
    if not record["same_losses"]:
        return "THE LOSSES DIFFER"
    if record["goal"] is None:
        return ""
    return f"goal {record['goal']:.2f} {'reached' if record['ratio'] <= record['goal'] else 'MISSED'}"


HEAD = (
    f"{'workload':14}{'':6}{'edutorch':>12}{'PyTorch':>12}{'ratio':>8}{'quartiles':>16}"
    f"{'launches':>14}{'memory, MB':>16}"
)


def line(record):
    """Return a record as a line of the table."""
    start = f"{record['workload']:14}{record['precision']:6}"
    if "error" in record:
        return f"{start}  FAILED: {record['error']}"
    launches = f"{record['edutorch_launches']} / {record['pytorch_launches']}"
    memory = f"{record['edutorch_bytes'] / 2**20:.0f} / {record['pytorch_bytes'] / 2**20:.0f}"
    quartiles = f"{record['low']:.2f} to {record['high']:.2f}"
    return (
        f"{start}{record['edutorch_ms']:>9.2f} ms{record['pytorch_ms']:>9.2f} ms{record['ratio']:>8.2f}"
        f"{quartiles:>16}{launches:>14}{memory:>16}  {verdict(record)}"
    ).rstrip()


def checks_line(checks):
    """Return what the tests said, in lines."""
    said = f"{checks['passed']} of {checks['tests']} tests on the device pass, {checks['skipped']} are skipped"
    left = checks["tests"] - sum(checks[outcome] for outcome in ("passed", "failed", "skipped"))
    said += f", {left} were NOT RUN" if left > 0 else ""
    lines = [f"{said}, {checks['failed']} FAIL." if checks["failed"] else f"{said}."]
    lines += [f"  FAILED {f['test']}: {f['why']}" for f in checks["failures"]]
    if checks["problem"]:
        lines.append(f"  The tests' processes: {checks['problem']}.")
    return "\n".join(lines)


def goals_line(records):
    """Return how many goals were reached, of those that were measured."""
    aimed = [r for r in records if r.get("goal") is not None]
    reached = sum(verdict(r).endswith("reached") for r in aimed)
    wanted = sum(workload.goal is not None for workload in WORKLOADS.values()) * len(PRECISIONS)
    return f"{reached} of {wanted} goals reached, {len(aimed) - reached} missed, {wanted - len(aimed)} not measured."


# ---- all of it


def benchmark(names, minutes, checking, into):
    """Check and measure, print and write; return whether something failed."""
    end = monotonic() + 60 * minutes
    date = datetime.datetime.now(datetime.UTC)
    record = {"date": date.isoformat(timespec="seconds"), **machine(), "checks": None, "workloads": []}
    slug = re.sub(r"[^a-z0-9]+", "-", record["device"]["name"].lower()).strip("-")
    path = into / f"{slug}-{date:%Y-%m-%d}.json"

    def write():
        into.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    print(f"{record['device']['name']}, driver {record['device']['driver']}, {versions}", flush=True)
    if checking:
        record["checks"] = checks_within(60 * minutes * CHECKS_SHARE)
        write()
        print(checks_line(record["checks"]), flush=True)
    print(HEAD, flush=True)
    for number, name in enumerate(names):
        share = (end - monotonic()) / (len(names) - number)
        # What comes before the first round, imports and compiling, is not in the child's own limit.
        found, problem = lines_of(child("--workload", name, "--seconds", f"{0.6 * share:.0f}"), max(share, 1.0))
        if problem:
            measured = {r["precision"] for r in found}
            found += [{"workload": name, "precision": p, "error": problem} for p in PRECISIONS if p not in measured]
        record["workloads"] += found
        write()
        print(*map(line, found), sep="\n", flush=True)
    print(goals_line(record["workloads"]))
    print(f"Written to {path}.")
    bad = [r for r in record["workloads"] if "error" in r or not r["same_losses"]]
    checks = record["checks"]
    return bool(bad) or bool(checks and (checks["failed"] or checks["problem"] or not checks["tests"]))


def measure_to(lines, name, limit):
    """Measure one workload, and write each record as a line, at once."""
    for record in each_precision(name, sides(), limit):
        with lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; default: all")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all together, default: %(default)s")
    parser.add_argument("--no-checks", action="store_true", help="leave the tests out")
    parser.add_argument("--into", type=Path, default=RESULTS, help="the folder for the results, default: %(default)s")
    parser.add_argument("--checks", metavar="K/N", help=argparse.SUPPRESS)
    parser.add_argument("--workload", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if lacking := missing():
        print(f"Nothing was measured: {lacking}. This needs a CUDA GPU, CuPy and PyTorch for CUDA.", file=sys.stderr)
        return 2
    if given.checks:
        first, step = map(int, given.checks.split("/"))
        return gpu_checks.run(Path(given.workloads[0]), (first, step))
    if given.workload:
        return measure_to(Path(given.workloads[0]), given.workload, given.seconds)
    unknown = [name for name in given.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"there is no workload {unknown[0]!r}, only {', '.join(WORKLOADS)}")
    return int(benchmark(given.workloads or [*WORKLOADS], given.minutes, not given.no_checks, given.into))


if __name__ == "__main__":
    sys.exit(main())
