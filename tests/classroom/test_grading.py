"""A class is graded in one command, and each gets the marks that are due."""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from edutorch.classroom.grading import grade, grade_class
from edutorch.classroom.grading.sandbox import LIBRARY, Sandbox
from edutorch.classroom.grading.submission import Cell, HandedIn, handed_in, signs
from tests.classroom.school import ALL, CHAPTER, STRIDES, TASKS, Student, students, types

CLASS = {student.name: student for student in students(LIBRARY)}
TOTAL = sum(task.points for task in TASKS)


@pytest.fixture(scope="module")
def sandbox():
    return Sandbox()


def test_a_class_is_graded_in_one_command(tmp_path):
    """One test, so that the class is graded once, also when several processes share the tests."""
    assert len(CLASS) >= 30
    for student in CLASS.values():
        student.hand_in(tmp_path / "submissions")
    (tmp_path / "submissions" / ".DS_Store").write_bytes(b"\0")
    command = [sys.executable, "-m", "edutorch.classroom.grading", tmp_path / "submissions"]
    arguments = ["--into", tmp_path / "grades", "--timeout", "15", "--jobs", "2"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
    with (tmp_path / "grades" / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"].removeprefix("'"): row for row in csv.DictReader(file)}
    assert sorted(rows) == sorted(CLASS)
    assert [fault for student in CLASS.values() for fault in faults(student, rows[student.name])] == []

    first, *_, last, where = done.stdout.splitlines()
    assert first.startswith("In force: each submission runs in a folder of its own")
    assert re.fullmatch(rf"{len(CLASS)} submissions in [\d.]+ s, [\d.]+ s for each; \d+ need a human eye\.", last)
    assert where.endswith("index.html")
    print(last)

    pages = list((tmp_path / "grades" / "feedback").glob("*.html"))
    assert len(pages) == len(CLASS)
    overview = (tmp_path / "grades" / "index.html").read_text(encoding="utf-8")
    assert all(page.name in overview for page in pages)
    misled = next(page for page in pages if "misled" in page.name).read_text(encoding="utf-8")
    assert "column-major" in misled  # her mistake has a name


def faults(student, row):
    """Say where a student's row of the table is not as it should be."""
    given = {task.name for task in TASKS if row[f"{CHAPTER}/{task.name}"] == str(task.points)}
    if given != student.points:
        yield f"{student.name}: points for {given}, not for {student.points}: {row}"
    if row["points"] != str(sum(task.points for task in TASKS if task.name in student.points)):
        yield f"{student.name}: the sum is wrong: {row}"
    if row["of"] != (str(TOTAL) if row["chapter"] else "0"):
        yield f"{student.name}: not of all points: {row}"
    eye = row["needs a human eye"]
    if student.eye is not None and (student.eye not in eye or bool(student.eye) != bool(eye)):
        yield f"{student.name}: needs a human eye: {eye!r}, not {student.eye!r}"


def test_what_a_learner_wrote_is_escaped(tmp_path, sandbox):
    from edutorch.classroom.grading import feedback

    student = Student("<script>alert(1)</script>", set(), change=types("print('<img src=x>')"))
    student.path = "x/ch01_tensors.ipynb"
    student.hand_in(tmp_path / "in")
    graded = grade(HandedIn(student.name, tmp_path / "in" / "x" / "ch01_tensors.ipynb", CHAPTER), sandbox)
    feedback.write([graded], tmp_path)
    text = "".join(page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html"))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img" in text


def test_graded_twice_the_marks_are_the_same(tmp_path, sandbox):
    for name in ("misled", "all_but_the_first"):
        CLASS[name].hand_in(tmp_path)
    once, again = ([g.points for g in grade_class(tmp_path, sandbox)] for _ in range(2))
    assert once == again


def test_two_files_for_one_chapter_are_both_graded_and_shown(tmp_path, sandbox):
    Student("ann", set(), path="ann/ch01.ipynb").hand_in(tmp_path)
    Student("ann", set(), answers={}, path="ann/ch01 (2).ipynb").hand_in(tmp_path)
    results = grade_class(tmp_path, sandbox)
    assert sorted(graded.points for graded in results) == [0, TOTAL]
    assert all("2 files for one chapter" in graded.reasons[0] for graded in results)


def test_folders_of_programs_are_not_students(tmp_path):
    for name in (".git", "__MACOSX", "ann/.ipynb_checkpoints"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "ch01.ipynb").write_text("{}")
    (tmp_path / "ann" / "ch01.ipynb").write_text("{}")
    assert [(h.student, h.path.name, h.chapter) for h in handed_in(tmp_path)] == [("ann", "ch01.ipynb", CHAPTER)]


def test_no_link_is_followed(tmp_path, sandbox):
    (tmp_path / "in" / "ann").mkdir(parents=True)
    Student("real", set(), path="ch01.ipynb").hand_in(tmp_path)
    (tmp_path / "in" / "ann" / "ch01.ipynb").symlink_to(tmp_path / "ch01.ipynb")
    (graded,) = grade_class(tmp_path / "in", sandbox)
    assert (graded.points, graded.reasons) == (0, ["no notebook was handed in"])


def test_whatever_lies_among_the_submissions_is_named(tmp_path, sandbox):
    Student("real", set()).hand_in(tmp_path / "elsewhere")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.zip").write_bytes(b"PK")
    (tmp_path / "in" / "bob").symlink_to(tmp_path / "elsewhere" / "real")
    results = grade_class(tmp_path / "in", sandbox)
    assert [(g.student, g.points, g.reasons) for g in results] == [
        ("ann", 0, ["the file is not a notebook (JSONDecodeError)"]),
        ("bob", 0, ["no notebook was handed in"]),
    ]


def test_what_is_no_text_costs_nobody_the_marks(tmp_path):
    half = "half \ud800"
    Student("ann", set(), answers={}, change=types(f"print({half!r})")).hand_in(tmp_path / "in")
    source = tmp_path / "in" / "ann" / "ch01_tensors.ipynb"
    source.write_text(source.read_text("utf-8").replace("\\\\ud800", "\\ud800"), "utf-8")
    shutil.copy(source, os.fsencode(tmp_path / "in") + b"/b\xff_ch01.ipynb")
    command = [sys.executable, "-m", "edutorch.classroom.grading", tmp_path / "in", "--into", tmp_path / "grades"]
    old = tmp_path / "grades" / "feedback" / "009-gone-ch01_tensors.html"
    old.parent.mkdir(parents=True)
    old.write_text("of an earlier grading")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "b\\udcff" in done.stdout
    assert len((tmp_path / "grades" / "marks.csv").read_text("utf-8").splitlines()) == 3
    pages = sorted(old.parent.iterdir())
    assert [page.name for page in pages] == ["001-ann-ch01_tensors.html", "002-b_-ch01_tensors.html"]
    assert "half \\ud800" in pages[0].read_text("utf-8")


@pytest.mark.parametrize("said", ["b'x\\n' * 100", "b'x' * 100"], ids=["lines", "one_line"])
def test_who_floods_the_channel_of_the_grader_is_stopped(tmp_path, said):
    flood = f"""\
import os
channels = [fd for fd in range(3, 64) if os.path.exists(f"/dev/fd/{{fd}}")]
while True:
    for fd in channels:
        try:
            os.write(fd, {said})
        except OSError:
            pass"""
    Student("ann", ALL, change=types(flood)).hand_in(tmp_path)
    (graded,) = grade_class(tmp_path, Sandbox(timeout=2))
    assert graded.points == TOTAL
    assert any(reason.startswith(("over the time limit (cell", "ended the process (cell")) for reason in graded.reasons)


def test_a_folder_that_is_not_there(tmp_path):
    command = [sys.executable, "-m", "edutorch.classroom.grading"]
    done = subprocess.run([*command, tmp_path / "nowhere"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no folder" in done.stderr
    done = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There are no submissions" in done.stderr


# ---- the sandbox itself

# Past Python, where no witness sees it: what the system itself refuses.
ATTEMPT = """\
import ctypes, os
libc = ctypes.CDLL(None)
print("file", libc.open(b"{master}", os.O_RDONLY))
print("write", libc.open(b"{root}/marks.txt", os.O_CREAT | os.O_WRONLY, 0o644))
print("network", libc.connect(libc.socket(2, 1, 0), b"\\x02\\x00\\x00\\x09" + bytes([127, 0, 0, 1]) + bytes(8), 16))
print("user", os.getuid())
print("variables", sorted(set(os.environ) & {{"TEACHERS_SECRET"}}))"""


def attempt(sandbox, tmp_path, monkeypatch):
    """What a submission prints that goes past Python with `ctypes`, if nobody in Python stopped it."""
    monkeypatch.setenv("TEACHERS_SECRET", "x")
    monkeypatch.setattr("edutorch.classroom.grading.sandbox.RUNNER", [sys.executable, "-P", "-c", WITHOUT_WITNESS])
    source = ATTEMPT.format(master=LIBRARY / "tests" / "classroom" / "school.py", root=LIBRARY)
    Student("spy", set(), change=types(source)).hand_in(tmp_path)
    graded = grade(next(iter(handed_in(tmp_path))), sandbox)
    printed = next(printed for _, cell, printed, _ in graded.cells if cell == source)
    return dict(line.split(" ", 1) for line in printed.splitlines())


WITHOUT_WITNESS = """\
from edutorch.classroom.grading import runner, witness
witness.Witness.install = lambda self: None
runner.main()"""


def test_what_the_report_says_is_in_force_is_in_force(tmp_path, monkeypatch, sandbox):
    in_force = sandbox.report()[0]
    seen = attempt(sandbox, tmp_path, monkeypatch)
    assert not (LIBRARY / "marks.txt").exists() or (LIBRARY / "marks.txt").unlink()
    assert seen["variables"] == "[]"
    if "no sight of the solutions" in in_force:
        assert (seen["file"], seen["network"]) == ("-1", "-1")
    if "disks that cannot be written on" in in_force or "a user without rights" in in_force:
        assert seen["write"] == "-1"
    if "a user without rights" in in_force:
        assert seen["user"] == "65534"


def test_where_the_system_allows_nothing_it_is_said_and_the_witness_refuses(tmp_path):
    sandbox = Sandbox()
    sandbox.nobody = sandbox.namespaces = False
    assert "NOT in force here: no network, no sight of the solutions" in sandbox.report()[1]
    source = f"print(open({str(LIBRARY / 'tests' / 'conftest.py')!r}).read())"
    Student("reader", set(), change=types(source)).hand_in(tmp_path)
    graded = grade(next(iter(handed_in(tmp_path))), sandbox)
    assert graded.points == TOTAL
    assert any(reason.startswith("looks for the solutions") for reason in graded.reasons)
    assert any("this is refused" in error for *_, error in graded.cells)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    Student("ann", set(), change=types("open('notes.txt', 'w').write('x')")).hand_in(tmp_path)
    with tempfile.TemporaryDirectory() as temporary:
        os.chmod(temporary, 0o755)
        monkeypatch.setattr("tempfile.tempdir", temporary)
        (graded,) = grade_class(tmp_path, Sandbox())
        assert (graded.points, graded.reasons) == (TOTAL, [])
        assert os.listdir(temporary) == []


def test_a_process_that_does_not_start_costs_the_marks_and_is_named(tmp_path, monkeypatch, sandbox):
    monkeypatch.setattr("edutorch.classroom.grading.sandbox.RUNNER", [sys.executable, "-c", "raise SystemExit('no')"])
    Student("ann", set()).hand_in(tmp_path)
    (graded,) = grade_class(tmp_path, sandbox)
    assert graded.points == 0
    assert graded.reasons == ["did not run: no"]


def test_a_fault_of_the_graders_own_is_told_and_stops_nobody(tmp_path, monkeypatch, sandbox):
    def fail(chapter, cells):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("edutorch.classroom.grading.submission.program", fail)
    for name in ("ann", "bob"):
        Student(name, set()).hand_in(tmp_path)
    results = grade_class(tmp_path, sandbox)
    assert [graded.reasons for graded in results] == [["the grader itself failed: ZeroDivisionError: ours"]] * 2


def test_the_reason_names_the_answer_that_fails(tmp_path, sandbox):
    CLASS["misled"].hand_in(tmp_path)
    (graded,) = grade_class(tmp_path, sandbox)
    mark = next(mark for mark in graded.marks if mark.task == STRIDES.name)
    assert mark.state == "not right"
    assert STRIDES.mistakes[0].message in " ".join(mark.words.split())  # the text is folded


def test_the_kernels_cuda_is_no_sign_and_the_rest_of_their_simulator_is():
    line = "from edutorch.classroom.simulator import "
    assert list(signs(Cell("kernels", line + "cuda"))) == []
    assert list(signs(Cell("kernels", line + "cuda, launch"))) == [
        "reaches into edutorch.classroom or the solutions (kernels)"
    ]
