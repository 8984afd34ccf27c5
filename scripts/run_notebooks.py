"""Run the lessons' notebooks, and write them so that a second run gives the same bytes.

    python scripts/run_notebooks.py [NOTEBOOK ...]             run and write in place
    python scripts/run_notebooks.py --check [NOTEBOOK ...]     run a copy and show where the file differs
    python scripts/run_notebooks.py --on torch [NOTEBOOK ...]  run on real PyTorch, compare what is printed

Without names, all notebooks of `lessons/`. A cell tagged `nbval-ignore-output` (it shows a time) keeps the
output that it has; clear that output to have it written anew. So does, on another Python than the one that
wrote the outputs, a cell tagged `python-text`: it reads a text that ships with Python and changes with it.
"""

import argparse
import contextlib
import copy
import difflib
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

ROOT = Path(__file__).resolve().parent.parent
SANITIZER = ROOT / "tests" / "notebooks" / "sanitize.cfg"
# What a lesson may take on a learner's machine, and what stops one that hangs. Only the second is enforced: a machine
# that others use as well can be many times slower, and that is no fault of the lesson.
BUDGET_S = 60
LIMIT_S = float(os.environ.get("LESSON_LIMIT_S", "600"))
# The outputs show texts of this Python.
WRITTEN_ON = (3, 11)
JOBS = 2

# What makes a kernel print the same on every run. OPENBLAS_CORETYPE, if set, is inherited with the rest.
KERNEL_ENV = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns on stderr
    "JUPYTER_PLATFORM_DIRS": "1",  # or jupyter_core warns on stderr
}

# The engine is exchanged for PyTorch; the pictures draw the tensors of either.
ENGINE_IMPORT = re.compile(r"^(import|from) edutorch\b(?! import viz\b|\.viz\b)", flags=re.MULTILINE)

# A cell's id as nbformat or JupyterLab invents it; an id that somebody chose is kept.
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f-]+)?")

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# Drawn by matplotlib and IPython: other versions of these may write other bytes, so they are not compared.
NOT_COMPARED = {"image/png", "image/jpeg", "traceback"}


class OverLimit(Exception):
    """The notebook did not end in time."""


class Client(NotebookClient):
    """Runs notebooks, and does not overlook a reply.

    A widget that captures output makes nbclient send on the shell socket behind asyncio's back, and that may swallow
    the socket's only sign that a reply has come: nbclient then waits for ever. So look for one every second.
    """

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        channel = client.shell_channel
        wait = channel.get_msg

        async def get_msg(timeout=None):
            end = None if timeout is None else time.monotonic() + timeout
            while end is None or time.monotonic() < end - 1:
                with contextlib.suppress(Empty):
                    return await wait(timeout=1)
            return await wait(timeout=max(0, end - time.monotonic()))

        channel.get_msg = get_msg
        return client


def lessons() -> list[Path]:
    return sorted((ROOT / "lessons").glob("*.ipynb"))


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def is_compared(cell) -> bool:
    """Whether the cell's output must be the committed one."""
    if "python-text" in tags(cell) and sys.version_info[:2] != WRITTEN_ON:
        return False
    return "nbval-ignore-output" not in tags(cell)


def execute(notebook, folder: Path) -> None:
    """Run all cells in a fresh kernel whose working directory is `folder`; outputs go into `notebook`."""
    deadline = time.monotonic() + LIMIT_S
    client = Client(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],  # errors only: a kernel warns about every plain local socket
        timeout_func=lambda cell: max(1, round(deadline - time.monotonic())),
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    # A profile of its own: kernels that share one wait for each other's lock on the history, up to a minute on a busy
    # machine, and what a learner keeps in hers (startup files) must not show in the outputs.
    with tempfile.TemporaryDirectory(prefix="ipython-") as profile:
        try:
            client.execute(env={**os.environ, **KERNEL_ENV, "IPYTHONDIR": profile})
        except CellTimeoutError as error:
            raise OverLimit(f"over its limit of {LIMIT_S:g} s: {error}") from error
    if time.monotonic() > deadline:
        raise OverLimit(f"over its limit of {LIMIT_S:g} s")


# -- a canonical form ----------------------------------------------------------------------------------------


def sanitizer_rules() -> list[tuple[str, str]]:
    """The (regex, replacement) pairs of nbval's sanitizer file, so that both use the same."""
    text = SANITIZER.read_text(encoding="utf-8")
    return re.findall(r"^regex: (.*)\nreplace: (.*)$", text, flags=re.MULTILINE)


def sanitized(node):
    """Replace memory addresses and the like in every string of a JSON tree."""
    text = json.dumps(node)
    for regex, replacement in sanitizer_rules():
        text = re.sub(regex, replacement, text)
    return nbformat.from_dict(json.loads(text))


def without_library_frames(traceback: list[str]) -> list[str]:
    """Keep the heading, the frames of the learner's cells and the message.

    A frame inside a library carries paths and line numbers that change with every edit of that library.
    """
    colour = re.compile(r"\x1b\[[\d;]*m")
    return [part for part in traceback if not colour.sub("", part).startswith("File ")]


def widget_order(notebook, state: dict) -> list[str]:
    """The models that the outputs show, each before those it refers to."""
    order: list[str] = []

    def visit(model_id: str) -> None:
        if model_id in order or model_id not in state:
            return
        order.append(model_id)
        for child in re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state[model_id], sort_keys=True)):
            visit(child)

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if WIDGET_VIEW in output.get("data", {}):
                visit(output["data"][WIDGET_VIEW]["model_id"])
    return order


def canonical(notebook) -> str:
    """The text of an executed notebook without anything that changes from run to run."""
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {
        "name": "python",
        "file_extension": ".py",
        "mimetype": "text/x-python",
    }
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        if RANDOM_ID.fullmatch(cell.id):
            # An id made of the cell's text: inserting a cell leaves the ids of the others alone.
            digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
            seen[digest] = seen.get(digest, 0) + 1
            cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output["traceback"] = without_library_frames(output["traceback"])
        if "outputs" in cell:
            cell["outputs"] = sanitized(cell["outputs"])
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATE)
    order = widget_order(notebook, widgets["state"]) if widgets else []
    if widgets:
        widgets["state"] = sanitized({model_id: widgets["state"][model_id] for model_id in order})
    text = json.dumps(notebook)
    for number, model_id in enumerate(order):
        text = text.replace(model_id, f"{number:032x}")
    return nbformat.writes(nbformat.from_dict(json.loads(text))).rstrip("\n") + "\n"


def run(path: Path) -> str:
    """Run a notebook and return its canonical text; the file stays as it is."""
    notebook = nbformat.read(path, as_version=4)
    kept = {
        index: cell.outputs
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and not is_compared(cell)
        and cell.outputs
        and not any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs)
    }
    notebook.metadata.pop("widgets", None)
    execute(notebook, path.parent)
    for index, outputs in kept.items():
        notebook.cells[index]["outputs"] = outputs
    return canonical(notebook)


# -- the three modes -----------------------------------------------------------------------------------------


def write(path: Path) -> list[str]:
    text = run(path)
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8", newline="\n")
    return []


def compared(text: str) -> list[str]:
    def masked(node):
        if isinstance(node, dict):
            return {key: "not compared" if key in NOT_COMPARED else masked(value) for key, value in node.items()}
        return [masked(item) for item in node] if isinstance(node, list) else node

    return json.dumps(masked(json.loads(text)), indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def check(path: Path) -> list[str]:
    """Lines of the difference between the file and a fresh run of it."""
    committed = path.read_text(encoding="utf-8")
    return list(difflib.unified_diff(compared(committed), compared(run(path)), "committed", "run again", lineterm=""))


def first_sentence(message: str) -> str:
    return re.split(r"(?<=[.:!?])\s|\n", message.strip(), maxsplit=1)[0].rstrip(".")


def printed(cell) -> list[tuple[str, str]]:
    """What a cell says in words: streams, values, and of an error its type and first sentence."""
    said = []
    for output in sanitized(cell.outputs):
        if output.output_type == "stream":
            said.append((output.name, output.text))
        elif output.output_type == "error":
            said.append((output.ename, first_sentence(output.evalue)))
        elif "text/plain" in output.data:
            said.append(("value", output.data["text/plain"]))
    return said


def on_torch(path: Path) -> list[str]:
    """Run the cells that are not `edutorch-only` on PyTorch; return where they print something else."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code" and "edutorch-only" not in tags(c)]
    committed = copy.deepcopy(notebook.cells)
    for cell in notebook.cells:
        cell["source"] = ENGINE_IMPORT.sub(r"\1 torch", cell.source)
    guard = "assert torch.__name__ == 'torch', 'not on PyTorch'"
    notebook.cells.append(nbformat.v4.new_code_cell(guard))
    try:
        execute(notebook, path.parent)
    except CellExecutionError as error:
        return str(error).splitlines()
    differences = []
    for ours, theirs in zip(committed, notebook.cells, strict=False):
        if not is_compared(ours) or printed(ours) == printed(theirs):
            continue
        differences += ["", *("    " + line for line in ours.source.splitlines())]
        for name, cell in ("committed", ours), ("PyTorch", theirs):
            differences += [f"{name}:", *(f"  {kind}: {text}" for kind, text in printed(cell))]
    return differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", dest="mode", action="store_const", const=check, default=write)
    mode.add_argument("--on", choices=["torch"])
    arguments = parser.parse_args()
    work = on_torch if arguments.on else arguments.mode
    notebooks = [path.resolve() for path in arguments.notebooks] or lessons()

    def attempt(path: Path) -> tuple[list[str], float]:
        start = time.monotonic()
        try:
            lines = work(path)
        except (OverLimit, CellExecutionError) as error:
            lines = str(error).splitlines()
        return lines, time.monotonic() - start

    failed = 0
    with ThreadPoolExecutor(JOBS) as pool:
        for path, (lines, seconds) in zip(notebooks, pool.map(attempt, notebooks), strict=True):
            slow = f", over a lesson's budget of {BUDGET_S} s" if seconds > BUDGET_S else ""
            print(f"{'FAILED' if lines else 'ok'}  {path.name}  {seconds:.0f} s{slow}", *lines[:200], sep="\n")
            failed += bool(lines)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
