"""The machinery sees what it is there to see: notebooks, good and spoiled, through nbval and the script."""

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from scripts import run_notebooks as script
from tests.notebooks import harness, policy


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """Only the tests of the limit are about time; the others may run on a busy machine."""
    monkeypatch.setenv("LESSON_LIMIT_S", "600")


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of (source, output) or (source, output, tag) to a file, with these as committed."""

    def write(*cells):
        code = [
            new_code_cell(
                source,
                outputs=[new_output("stream", text=said)] if isinstance(said, str) else said or [],
                execution_count=number,
                metadata={"tags": list(tags)},
            )
            for number, (source, said, *tags) in enumerate(cells, start=1)
        ]
        path = tmp_path / "notebook.ipynb"
        nbformat.write(new_notebook(cells=code), path)
        return path

    return write


def value(text):
    return [new_output("execute_result", {"text/plain": text})]


def error(kind, message):
    return [new_output("error", ename=kind, evalue=message, traceback=[])]


def outputs(path):
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells]


# -- nbval ---------------------------------------------------------------------------------------------------


def test_nbval_passes_what_is_as_committed(notebook):
    path = notebook(
        ("print(1)", "1\n"),
        ("object()", value("<object at 0x7f0000000000>")),
        ("sorted([2, 1]);", None),  # a trailing semicolon hides the value, also in nbval
        ("import os; print(os.environ['PYTHONHASHSEED'], os.environ['OPENBLAS_CORETYPE'])", "0 Haswell\n"),
    )
    done = harness.nbval(path, OPENBLAS_CORETYPE="Haswell")
    assert "4 passed" in done.stdout, done.stdout
    assert done.returncode == 0


def test_nbval_catches_a_wrong_output(notebook):
    done = harness.nbval(notebook(("print(1)", "1\n"), ("print(2)", "3\n")))
    assert "1 failed, 1 passed" in done.stdout
    assert "Cell outputs differ" in done.stdout


def test_cells_of_a_notebook_stay_on_one_worker(notebook):
    path = notebook(("n = 0", None), *(("n += 1\nprint(n)", f"{n}\n") for n in range(1, 6)))
    done = harness.nbval(path, workers=2)
    assert done.returncode == 0, done.stdout


def test_policy_catches_missing_outputs_that_nbval_lets_pass(notebook):
    path = notebook(("print(1)", None))
    fresh = nbformat.read(path, as_version=4)
    fresh.cells[0].execution_count = None
    nbformat.write(fresh, path)
    assert harness.nbval(path).returncode == 0
    assert any(line.startswith("run_from_top_to_bottom") for line in policy.violations(fresh))


@pytest.mark.parametrize("cells", [["time.sleep(30)"], ["time.sleep(0.4)"] * 8], ids=["one cell", "many cells"])
def test_nbval_catches_a_notebook_over_its_limit(notebook, cells):
    path = notebook(("import time", None), *((cell, None) for cell in cells))
    done = harness.nbval(path, LESSON_LIMIT_S="2")
    assert done.returncode == 1
    assert "limit" in done.stdout or "Timeout" in done.stdout


def test_texts_of_another_python_are_not_compared(monkeypatch):
    told_apart = new_code_cell("text", metadata={"tags": ["python-text"]})
    plain = new_code_cell("1")
    monkeypatch.setattr(script, "WRITTEN_ON", sys.version_info[:2])
    assert script.is_compared(told_apart)
    monkeypatch.setattr(script, "WRITTEN_ON", (3, 10))
    assert not script.is_compared(told_apart)
    assert script.is_compared(plain)


def test_nbval_asks_whether_a_cell_is_compared(notebook):
    path = notebook(("print(1)", "another text\n", "python-text"))
    same_python = sys.version_info[:2] == script.WRITTEN_ON
    assert harness.nbval(path).returncode == int(same_python)


# -- run_notebooks.py ----------------------------------------------------------------------------------------

UNSTABLE = [
    ("import matplotlib.pyplot as plt\nfrom ipywidgets import interact", None),
    ("print(object())\nprint({'b', 'a'})", None),
    ("def f(k):\n    print(k)\n    plt.plot([k, 2])\n    plt.show()\ninteract(f, k=(0, 3));", None),
    ("f(2)", None),
    ("import numpy\nnumpy.zeros(2).reshape(3)", None, "raises-exception"),
    ("import time\nprint(time.time())", None, "nbval-ignore-output"),
]


def test_a_second_run_writes_the_same_bytes(notebook):
    path = notebook(*UNSTABLE)
    assert harness.run_notebooks(path).returncode == 0
    first = path.read_bytes()
    assert harness.run_notebooks(path).returncode == 0
    assert path.read_bytes() == first
    assert outputs(path)[1][0].text.startswith("<object object at 0xADDRESS>")
    assert "File " not in "".join(outputs(path)[4][0].traceback)
    assert harness.run_notebooks("--check", path).returncode == 0
    assert harness.nbval(path).returncode == 0  # what `interact` prints does not confuse it


def test_no_reply_is_overlooked_where_widgets_capture_output(notebook):
    """Each such cell gives nbclient a chance to miss a reply; in 100 of them it nearly always did."""
    widgets = [("interact(lambda k: print(k), k=(0, 3));", None)] * 100
    done = harness.run_notebooks(notebook(("from ipywidgets import interact", None), *widgets), LESSON_LIMIT_S="120")
    assert done.returncode == 0, done.stdout


def test_chosen_cell_ids_stay_and_random_ones_become_stable():
    def written():
        cells = [new_code_cell("1", id="stride-predict"), new_code_cell("2"), new_code_cell("2")]
        return script.canonical(new_notebook(cells=cells))

    ids = [cell.id for cell in nbformat.reads(written(), as_version=4).cells]
    assert written() == written()
    assert ids == ["stride-predict", ids[1], ids[1] + "-2"]


def test_check_shows_a_difference_and_writes_nothing(notebook):
    path = notebook(("print(1)", None))
    assert harness.run_notebooks(path).returncode == 0
    spoiled = path.read_text().replace('"1\\n"', '"one\\n"')
    path.write_text(spoiled)
    done = harness.run_notebooks("--check", path)
    assert done.returncode == 1
    assert '-      "one\\n"' in done.stdout
    assert path.read_text() == spoiled


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_a_failing_cell_fails_the_run(notebook, mode):
    done = harness.run_notebooks(*mode, notebook(("1 / 0", None)))
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout


def test_the_script_keeps_the_limit(notebook):
    done = harness.run_notebooks(notebook(("import time; time.sleep(30)", None)), LESSON_LIMIT_S="2")
    assert done.returncode == 1
    assert "over its limit of 2 s" in done.stdout


# -- run_notebooks.py --on torch -----------------------------------------------------------------------------

IMPORT = ("import edutorch as torch", None)
SENTENCE = "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0"


@pytest.mark.usefixtures("torch")
def test_torch_mode_compares_values_prints_and_errors(notebook):
    path = notebook(
        IMPORT,
        ("torch.arange(3)", value("tensor([0, 1, 2])")),
        ("print(torch.ones(2))", "tensor([1., 1.])\n"),
        ("torch.ones(2) + torch.ones(3)", error("RuntimeError", f"{SENTENCE}.\nShapes."), "raises-exception"),
        ("torch.relu.op.source()", None, "edutorch-only"),
        ("from edutorch import viz\nviz.__name__", value("'edutorch.viz'")),
        ("print(torch.__file__)", "elsewhere", "nbval-ignore-output"),
    )
    done = harness.run_notebooks("--on", "torch", path)
    assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("torch")
def test_torch_mode_catches_every_difference(notebook):
    path = notebook(
        IMPORT,
        ("torch.arange(3)", value("tensor([0, 1, 3])")),
        ("print(torch.ones(3))", "tensor([1, 1, 1])\n"),
        ("torch.ones(2) + torch.ones(3)", error("RuntimeError", "Bad shapes."), "raises-exception"),
        ("torch.ones(3) + torch.ones(2)", error("ValueError", SENTENCE), "raises-exception"),
        ("print('more')", None),
        ("print('as committed')", "as committed\n"),
    )
    done = harness.run_notebooks("--on", "torch", path)
    assert done.returncode == 1
    assert done.stdout.count("committed:") == 5
    assert "as committed" not in done.stdout


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("source", ["torch.no_such_name", "if True:\n    import edutorch as torch"])
def test_torch_mode_catches_what_only_edutorch_can_run(notebook, source):
    done = harness.run_notebooks("--on", "torch", notebook(IMPORT, (source, None)))
    assert done.returncode == 1
    assert "no_such_name" in done.stdout or "not on PyTorch" in done.stdout
