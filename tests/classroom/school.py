"""A class: what each student hands in, the tasks that should give points, and why a person should look at it."""

import codecs
import json
from dataclasses import dataclass

from edutorch.classroom import notebooks
from edutorch.classroom.task import find
from tests.classroom import handing_in as hand_in

CHAPTER = "ch01_tensors"
TASKS = hand_in.tasks_of(CHAPTER)
ALL = {task.name for task in TASKS}
ANSWERS = {task.name: hand_in.right(task) for task in TASKS}
STRIDES = find("strides_of")
OTHERS = ALL - {STRIDES.name}

# What a learner's cell may try before the answers come.
CATCHES_ALL = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
PATCHES_NUMPY = "import numpy as np\nnp.isclose = np.allclose = lambda *a, **k: np.array(True)"
PATCHES_CHECK = """\
import edutorch.classroom as c
c.checking._fault.__code__ = (lambda task, answer, wanted, given: None).__code__"""
PATCHES_REQUIRE = "from edutorch.classroom import check\ntype(check(1, 'strides_of')).require = lambda self: self"
NEW_CHECK = "class check:\n    def __init__(self, *a, **k): pass\n    def require(self): pass"
FALSE_TASK = """\
import sys
for name, module in list(sys.modules.items()):
    if name.endswith(".strides_of"):
        module.task.cases = lambda draw: ()"""
READS_MASTER = "print(open('{root}/solutions/ch01_tensors/ch01_tensors.ipynb').read())"
LOOKS_FOR_FILES = "import glob\nprint(glob.glob('{root}/sol*/*'))"
IMPORTS_TASK = "from edutorch.classroom.tasks.ch01_tensors.strides_of import strides_of"
CALLS_PROGRAM = "import subprocess\nsubprocess.run(['ls', '/'])"
ASKS_NETWORK = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/')"
WRITES_AWAY = "open('{root}/marks.txt', 'w').write('all points')"
LIAR = """\
def strides_of(shape):
    class Always(tuple):
        __eq__ = __ge__ = __le__ = lambda self, other: True
        __hash__ = tuple.__hash__
        __len__ = lambda self: len(shape)
    return Always()"""


@dataclass
class Student:
    """`points` are the tasks that give points; `eye` is a part of the reason, "" for none, None if either will do."""

    name: str
    points: set
    eye: str | None = ""
    answers: dict | None = None
    change: object = None  # what else is done to the notebook
    file: object = None  # writes the file itself
    path: str = "{name}/ch01_tensors.ipynb"
    encoding: str = "utf-8"

    def hand_in(self, folder):
        path = folder / self.path.format(name=self.name)
        made = hand_in.notebook(CHAPTER, ANSWERS if self.answers is None else self.answers)
        if self.change:
            self.change(made)
        hand_in.save(made, path, self.encoding)
        if self.file:
            self.file(path)


def types(source, **where):
    """All answers right, and before them a cell that says `source`."""
    return lambda made: hand_in.add(made, source, **where)


def tests_edited(made):
    for task in TASKS:
        hand_in.cell(made, f"{task.name}-graded")["source"] = "assert True"


def copied(made):
    made.clear()
    made.update(notebooks.master(CHAPTER))


def tests_deleted(made):
    made["cells"] = [cell for cell in made["cells"] if not cell["id"].endswith("-graded")]


def metadata_lost(made):
    for cell in made["cells"]:
        cell["metadata"].clear()
        del cell["id"]
    made["nbformat_minor"] = 4


def answer_as_text(made):
    cell = hand_in.cell(made, f"{STRIDES.name}-solution")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


def answer_twice(made):
    first = hand_in.cell(made, f"{STRIDES.name}-solution")
    made["cells"].insert(made["cells"].index(first) + 1, json.loads(json.dumps(first)))
    first["source"] = "def strides_of(shape):\n    return 'my first idea'"


def many_pictures(made):
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 5_000_000}, "metadata": {}}
    hand_in.cell(made, f"{STRIDES.name}-check")["outputs"] = [picture]


def too_large(made):
    many_pictures(made)
    hand_in.cell(made, f"{STRIDES.name}-check")["outputs"] *= 5


def students(root):
    """The class; `root` is the repository, which some of them look for."""

    def answers(source):
        return ANSWERS | {STRIDES.name: source}

    def tries(source, **where):
        return types(source.format(root=root) if "{root}" in source else source, **where)

    def accent(made):
        hand_in.add(made, "# Bien sûr, c'est l'élève qui l'a fait.")

    yield Student("complete", ALL)
    yield Student("empty", set(), answers={})
    yield Student("only_the_first", {STRIDES.name}, answers={STRIDES.name: STRIDES.source})
    yield Student("all_but_the_first", OTHERS, answers={name: ANSWERS[name] for name in OTHERS})
    yield Student("misled", set(), answers={task.name: hand_in.wrong(task, task.mistakes[0]) for task in TASKS})
    yield Student("hard_coded", OTHERS, answers=answers(hand_in.hard_coded(STRIDES)))
    yield Student("does_not_compile", OTHERS, answers=answers("def strides_of(shape)\n    return shape"))
    yield Student("liar", OTHERS, answers=answers(LIAR))
    yield Student("renamed", OTHERS, answers=answers("def strides(shape):\n    return shape"))
    # What a teacher should see, though it does not change the marks.
    yield Student("tests_edited", ALL, "an edited test cell", change=tests_edited)
    yield Student("tests_edited_no_answers", set(), "an edited test cell", answers={}, change=tests_edited)
    yield Student("copied_the_master", ALL, "holds the hidden tests", change=copied)
    yield Student("tests_deleted", ALL, "a deleted test cell", change=tests_deleted)
    yield Student("metadata_lost", ALL, "a deleted test cell", change=metadata_lost)
    yield Student("answer_as_text", ALL, "turned into text", change=answer_as_text)
    yield Student("answer_twice", ALL, change=answer_twice)
    # Code that does not end, or ends too much.
    yield Student("endless_answer", OTHERS, None, answers=answers("def strides_of(shape):\n    while True: pass"))
    yield Student("endless_cell", ALL, "over the time limit (cell", change=types(CATCHES_ALL))
    yield Student("exits", ALL, "calls sys.exit", change=types("import sys\nsys.exit()"))
    yield Student("exits_at_once", ALL, "ended the process", change=types("import os\nos._exit(0)"))
    suicide = "def strides_of(shape):\n    import os\n    os._exit(0)"
    yield Student("exits_in_its_answer", OTHERS, "ended the process", answers=answers(suicide))
    yield Student("crashes", ALL, "ended the process", change=types("import ctypes\nctypes.string_at(0)"))
    yield Student("prints_without_end", ALL, "prints more than", change=types("while True:\n    print('x' * 1000)"))
    yield Student("takes_all_memory", ALL, change=types("numbers = bytearray(10**11)"))
    # Helping oneself.
    yield Student("reads_the_master", ALL, "looks for the solutions", change=tries(READS_MASTER))
    yield Student("looks_for_files", ALL, None, change=tries(LOOKS_FOR_FILES))
    yield Student("imports_the_task", ALL, "reaches into", answers=answers(IMPORTS_TASK))
    yield Student(
        "patches_numpy", OTHERS, "replaces numpy.", answers=answers("strides_of = len"), change=types(PATCHES_NUMPY)
    )
    wrong = answers("def strides_of(shape):\n    return shape")
    yield Student("patches_check", OTHERS, "replaces edutorch.classroom", answers=wrong, change=types(PATCHES_CHECK))
    after = {"after": "imports"}
    yield Student("patches_require", OTHERS, "replaces edutorch", answers=wrong, change=types(PATCHES_REQUIRE, **after))
    yield Student("own_check", OTHERS, "another `check`", answers=wrong, change=types(NEW_CHECK, **after))
    patch = types(FALSE_TASK, after="strides_of-solution")
    yield Student("empties_the_task", OTHERS, "replaces", answers=wrong, change=patch)
    yield Student("starts_a_program", ALL, "starts a program", change=types(CALLS_PROGRAM))
    yield Student("asks_the_network", ALL, "reaches for the network", change=types(ASKS_NETWORK))
    yield Student("writes_elsewhere", ALL, "changes files outside", change=tries(WRITES_AWAY))
    # Files.
    yield Student("not_a_notebook", set(), "not a notebook", file=lambda p: p.write_text("My answer is 12.\n"))
    yield Student("json_of_something", set(), "not a notebook", file=lambda p: p.write_text('{"cells": 3}'))
    yield Student("no_bytes", set(), "not a notebook", file=lambda p: p.write_bytes(b""))
    yield Student("noise", set(), "not a notebook", file=lambda p: p.write_bytes(bytes(range(256)) * 9))
    yield Student("deep", set(), "not a notebook", file=lambda p: p.write_text("[" * 100_000))
    yield Student("utf_16", ALL, "utf-16", encoding="utf-16")
    yield Student("latin_1", ALL, "latin-1", change=accent, encoding="latin-1")
    yield Student("bom", ALL, "utf-8-sig", file=lambda p: p.write_bytes(codecs.BOM_UTF8 + p.read_bytes()))
    yield Student("pictures", ALL, change=many_pictures)
    yield Student("huge", set(), "larger than", change=too_large)
    yield Student("no_file", set(), "no notebook", file=lambda p: p.unlink())
    # Ways to hand in.
    yield Student("nbgrader_layout", ALL, path="{name}/ch01_tensors/ch01_tensors.ipynb")
    yield Student("flat", ALL, path="{name}_ch01.ipynb")
    yield Student("=1+1", ALL, path="{name}_ch01_tensors (1).ipynb")
    yield Student("no_chapter_in_the_name", ALL, path="{name}/homework.ipynb")
    yield Student(
        "magics", ALL, change=types("%matplotlib inline\n%timeit -n 1 -r 1 pass\nawait __import__('asyncio').sleep(0)")
    )
