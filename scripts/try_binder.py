"""Try what Binder would do with this repository, without Docker: `make binder`.

    python scripts/try_binder.py [PYTHON]

1. repo2docker, which makes Binder's images, is asked what it sees in `binder/`.
2. A fresh environment gets the packages of Binder's own image, then what repo2docker would run here for us.
   The repository is the last commit, as Binder clones it.
3. The server starts as in the image. Chromium opens the address of the README's badge, runs the lesson, answers an
   exercise, and takes the work home.
4. The server starts again without a memory, as Binder does, and the work is brought back.

Not tried: the image's operating system and its conda packages. Their versions are taken from repo2docker, and
installed with pip. PYTHON is any Python; without it, the one that Binder would take, or else the one that runs this.
"""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import chdir, contextmanager
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("EDUTORCH_BROWSER_LIMIT_S", "40")

from playwright.sync_api import sync_playwright  # noqa: E402
from repo2docker.app import Repo2Docker  # noqa: E402

from tests.browser import lab, server  # noqa: E402

# What of Binder's own image matters to us: Jupyter, as conda names it. Its other packages come along.
IMAGE = "ipykernel ipython ipywidgets jupyter-offlinenotebook jupyter-resource-usage jupyter_client jupyter_server"
IMAGE += " jupyterhub-base jupyterlab notebook tornado traitlets"
ON_PYPI = {"jupyterhub-base": "jupyterhub"}
MOST_MB = 600  # what we add to the image is what a first start has to fetch
EXERCISE, TASK = "exercises/ch01_tensors/ch01_tensors.ipynb", "strides_of"
ANSWER = """def strides_of(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return tuple(strides)"""


def say(text):
    print(text, flush=True)


def expect(holds, what):
    """`assert`, which stays where Python is told to leave assertions out."""
    if not holds:
        raise SystemExit(f"Not as it should be: {what}")


@contextmanager
def timed(figures, name):
    start = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - start


# ---- what repo2docker says


def described(repository):
    """Return repo2docker's plan for the repository, and the versions in Binder's own image."""
    with chdir(repository):
        app = Repo2Docker()
        packs = (pack(base_image=app.base_image) for pack in app.buildpacks)
        plan = next(pack for pack in packs if pack.detect())
        plan.platform = "linux/amd64"
        dockerfile = plan.render({"NB_USER": "jovyan", "NB_UID": "1000"})
        scripts = [*plan.get_preassemble_scripts(), *plan.get_assemble_scripts()]
        say(f"repo2docker {app.version}: {type(plan).__name__}, Python {plan.python_version}, {plan.binder_dir}/")
        expect(type(plan).__name__ == "PythonBuildPack", "the kind of repository")
        expect((plan.binder_dir, plan.python_version) == ("binder", "3.12"), "binder/ with Python 3.12")
        expect(plan.get_post_build_scripts() == ["binder/postBuild"], "postBuild is used")
        expect(plan.get_start_script() == "${REPO_DIR}/binder/start", f"start is used, not {plan.get_start_script()}")
        for line in (
            "RUN ./binder/postBuild",
            'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
            "binder/requirements.txt",
        ):
            expect(line in dockerfile, f"the Dockerfile has {line!r}")
    lock = files("repo2docker") / "buildpacks" / "conda" / f"environment.py-{plan.python_version}-linux-64.lock"
    found = dict(re.findall(r"/([\w.-]+)-([\w.]+)-\w+\.(?:conda|tar\.bz2)", lock.read_text()))
    image = [f"{ON_PYPI.get(name, name)}=={found[name]}" for name in IMAGE.split()]
    return SimpleNamespace(python=plan.python_version, scripts=scripts, image=image)


# ---- the environment


def chosen_python(version):
    """Find the Python that Binder would take, or else take this one, and say so."""
    wanted = shutil.which(f"python{version}")
    works = wanted and subprocess.run([wanted, "-c", "import venv, ensurepip"], capture_output=True, check=False)
    if works and works.returncode == 0:
        return wanted
    say(f"No python{version} on this machine: Python {sys.version.split()[0]} stands in for it.")
    return sys.executable


def cloned(to, *paths):
    """Put into a folder what Binder would clone: the last commit, or these paths of it."""
    packed = subprocess.run(["git", "archive", "HEAD", *paths], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(to, filter="data")


def run(*command, **options):
    """Run a command whose words matter only if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    expect(done.returncode == 0, f"{command}\n{done.stdout[-4000:]}")


def megabytes(folder):
    """The space that the files under a folder take."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def installed(plan, python, here):
    """Make the environment with the commands of the image; return its variables, and figures."""
    env, repo, figures = here / "env", here / "course", {}
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")}
    variables |= {"PATH": f"{env / 'bin'}:{os.environ['PATH']}"}
    variables |= {"KERNEL_PYTHON_PREFIX": str(env), "NB_PYTHON_PREFIX": str(env), "NB_USER": "jovyan"}
    run(python, "-m", "venv", env)
    run(env / "bin" / "python", "-m", "pip", "install", "--quiet", *plan.image, env=variables)
    before = megabytes(env)
    with timed(figures, "pip"):
        for user, script in plan.scripts:
            expect(user == "${NB_USER}", f"a command of the image for {user}: {script}")
            run("bash", "-c", script, cwd=repo, env=variables)
    run(env / "bin" / "python", "-m", "pip", "check", env=variables)
    # From here on the home is fresh: what postBuild leaves there, the reader's server finds.
    for name in ("home", "runtime"):
        (here / name).mkdir()
    variables |= {"HOME": str(here / "home"), "JUPYTER_RUNTIME_DIR": str(here / "runtime")}
    variables = {k: v for k, v in variables.items() if not k.startswith(("XDG_", "IPYTHON", "MPL"))}
    with timed(figures, "postBuild"):
        run("./binder/postBuild", cwd=repo, env=variables)
    figures["MB"] = megabytes(env) + megabytes(here / "home") - before
    return variables, figures


# ---- the reader's server, and the reader


@contextmanager
def serving(here, variables):
    """Start the server as the image does; yield where it is."""
    command = ["./binder/start", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--ServerApp.port=0"]
    command += ["--LabApp.expose_app_in_browser=True", *(["--allow-root"] if os.getuid() == 0 else [])]
    with server.serving(command, here, cwd=here / "course", env=variables) as (address, token):
        yield SimpleNamespace(address=address, token=token)


def badge_path():
    """Return what the README's badge opens, from the address behind it."""
    address = re.search(r"^\[binder\]: (\S+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    if "/OWNER/" in address:
        say("The README's badge still says OWNER: put there who publishes the repository (docs/binder.md).")
    return parse_qs(urlsplit(address).query)["urlpath"][0].removeprefix("lab/tree/")


def run_cell(notebook, index):
    """Run one cell and return its text output."""
    notebook.page.evaluate(
        """async index => {
            window.edutorch.panel.content.activeCellIndex = index;
            await window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )
    outputs = notebook.cells()[index]["outputs"]
    expect(not any(o["output_type"] == "error" for o in outputs), f"a cell runs: {json.dumps(outputs)[-2000:]}")
    return "".join(str(o.get("data", {}).get("text/plain", o.get("text", ""))) for o in outputs)


def write_cell(notebook, index, source):
    give = "([at, text]) => window.edutorch.panel.content.widgets[at].model.sharedModel.setSource(text)"
    notebook.page.evaluate(give, [index, source])


def add_and_run(notebook, source):
    """Add a cell at the end, as a reader does, run it, and return its number and its text output."""
    notebook.page.evaluate(
        """source => {
            const shared = window.edutorch.panel.content.model.sharedModel;
            shared.addCell({cell_type: 'code', source});
        }""",
        source,
    )
    index = len(notebook.cells()) - 1
    return index, run_cell(notebook, index)


def numbers(notebook):
    """Where each cell is, by its name."""
    return {cell["id"]: number for number, cell in enumerate(notebook.cells())}


def first_visit(browser, place, lesson, keep, figures):
    """The lesson runs, an answer is right, and the work goes home."""
    with timed(figures, "shown"):
        notebook = lab.Notebook(place, browser.new_page(), lesson)
    with notebook, timed(figures, "run"):
        expect("Tensors" in notebook.page.inner_text(".jp-NotebookPanel h1"), "the badge opens the first lesson")
        notebook.run_all()
        expect(not notebook.errors(), notebook.errors())
        expect(not notebook.foreign_requests, f"no other host is asked: {notebook.foreign_requests}")
    with lab.Notebook(place, browser.new_page(), EXERCISE) as notebook:
        at = numbers(notebook)
        run_cell(notebook, at["imports"])
        write_cell(notebook, at[f"{TASK}-solution"], ANSWER)
        run_cell(notebook, at[f"{TASK}-solution"])
        verdict = run_cell(notebook, at[f"{TASK}-check"])
        expect(verdict.startswith(f"{TASK}: right."), f"a right answer is right: {verdict}")
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        _, told = add_and_run(notebook, "progress(keep=True)")
        expect("ch01_tensors.ipynb, saved just now" in told, f"the notebook is packed: {told}")
        with notebook.page.expect_download() as download:
            notebook.page.get_by_role("link", name="Download edutorch-work.zip").click()
        download.value.save_as(keep)
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def second_visit(browser, place, keep):
    """Nothing is known; the work is uploaded with the file browser, and brought back."""
    with lab.Notebook(place, browser.new_page(), EXERCISE) as notebook:
        at = numbers(notebook)
        expect("YOUR CODE HERE" in notebook.cells()[at[f"{TASK}-solution"]]["source"], "Binder forgets")
        with notebook.page.expect_file_chooser() as chooser:
            notebook.page.get_by_role("button", name="Upload Files").click()
        chooser.value.set_files(keep)
        notebook.page.wait_for_selector(f".jp-DirListing-item >> text={keep.name}")
        run_cell(notebook, at["imports"])
        _, told = add_and_run(notebook, f'progress("{keep.name}")')
        expect(f"✓ {TASK}" in told and "ch01_tensors.ipynb is back" in told, f"the work is back: {told}")
        notebook.execute("docmanager:reload")
        notebook.page.click(".jp-Dialog button.jp-mod-accept")  # what is open has changed, too: reload all the same
        notebook.page.wait_for_function(
            "([at, text]) => window.edutorch.panel.content.widgets[at].model.sharedModel.source === text",
            arg=[at[f"{TASK}-solution"], ANSWER],
        )


def visited(here, variables, figures):
    keep = here / "at-home" / "edutorch-work.zip"
    lesson = badge_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.find_chromium(), args=lab.FLAGS)
        context = browser.new_context(viewport=lab.WINDOW)
        context.set_default_timeout(lab.LIMIT_S * 1000)
        start = time.perf_counter()
        with serving(here, variables) as place:
            figures["server"] = time.perf_counter() - start
            first_visit(context, place, lesson, keep, figures)
        shutil.rmtree(here / "course" / "exercises")
        cloned(here / "course", "exercises")
        with serving(here, variables) as place:
            second_visit(context, place, keep)
        browser.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what was started ends, and folders go
    with tempfile.TemporaryDirectory(prefix="edutorch-binder-", ignore_cleanup_errors=True) as folder:
        here = Path(folder)
        cloned(here / "course")
        plan = described(here / "course")
        python = sys.argv[1] if len(sys.argv) > 1 else chosen_python(plan.python)
        variables, figures = installed(plan, python, here)
        say(f"Installed over Binder's image: {figures['MB']:.0f} MB, {figures['pip']:.0f} s for the pinned packages")
        say(f"and {figures['postBuild']:.0f} s for binder/postBuild, with {python}.")
        expect(figures["MB"] <= MOST_MB, f"the image grows by at most {MOST_MB} MB")
        visited(here, variables, figures)
    say(f"The server answers after {figures['server']:.1f} s, and the badge's page shows lesson 1 after another")
    say(f"{figures['shown']:.1f} s, with its kernel ready; the whole lesson runs in {figures['run']:.1f} s.")
    say("An answer was right, went home in edutorch-work.zip, and came back on a server that knew nothing.")


if __name__ == "__main__":
    main()
