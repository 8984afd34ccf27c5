"""What a profile is shown as: schedules, tables and traces. The judge is PyTorch."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import warnings

import pytest

import edutorch
from edutorch.profiler import ProfilerAction, profile, record_function, schedule, tensorboard_trace_handler
from edutorch.profiler.events import EventList
from edutorch.profiler.table import format_memory, format_time
from tests.twins import said

# ---------------------------------------------------------------- schedules

PLANS = [
    dict(wait=w, warmup=u, active=a, repeat=r, skip_first=s, skip_first_wait=f)
    for w, u, a, r, s, f in itertools.product((0, 1, 3), (0, 1, 2), (1, 2), (0, 1, 2), (0, 2), (0, 1))
]


@pytest.mark.filterwarnings("ignore:Profiler won't be using warmup")
def test_schedules_are_pytorchs(torch):
    for plan in PLANS:
        ours, theirs = schedule(**plan), torch.profiler.schedule(**plan)
        assert [ours(step).name for step in range(30)] == [theirs(step).name for step in range(30)], plan


def test_schedule_without_warmup_warns():
    with pytest.warns(UserWarning, match="Profiler won't be using warmup, this can skew profiler results"):
        schedule(wait=0, warmup=0, active=1)


def course(torch, plan, count):
    """Return, for each time that results were ready, the step and the names of blocks; and what is there at the end."""
    ready = []

    def blocks(prof):
        return [e.name for e in prof.events() if e.name[0] == "b"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        P = torch.profiler
        actions = plan if callable(plan) else P.schedule(**plan)
        with P.profile(schedule=actions, on_trace_ready=lambda p: ready.append((p.step_num, blocks(p)))) as prof:
            for i in range(count):
                with P.record_function(f"b{i}"):
                    torch.ones(2)
                prof.step()
        return ready, said(lambda: blocks(prof))


@pytest.mark.parametrize("count", [1, 4, 9])
@pytest.mark.parametrize(
    "plan",
    [
        dict(wait=1, warmup=1, active=2),
        dict(wait=0, warmup=1, active=1, repeat=2),
        dict(wait=2, warmup=1, active=3, skip_first=1),
        dict(wait=0, warmup=0, active=2),
    ],
    ids=str,
)
def test_results_are_ready_when_pytorchs_are(torch, plan, count):
    assert course(edutorch, plan, count) == course(torch, plan, count)


@pytest.mark.parametrize("turns", ["WARMUP NONE", "WARMUP RECORD NONE", "RECORD WARMUP RECORD_AND_SAVE"])
def test_schedules_that_break_off_warn(turns):
    """PyTorch warns too, and some of them end its process."""
    actions = [ProfilerAction[turn] for turn in turns.split()]
    ready = []
    prof = profile(schedule=lambda step: [*actions, ProfilerAction.NONE][step], on_trace_ready=ready.append)
    prof.start()
    for before, after in itertools.pairwise([*actions, ProfilerAction.NONE]):
        broken = before.name in ("WARMUP", "RECORD") and after.name in ("NONE", "WARMUP")
        warns = pytest.warns(UserWarning, match=f"Incorrect schedule: {before.name} followed by {after.name}")
        with warns if broken else contextlib.nullcontext():
            prof.step()
    prof.stop()
    assert len(ready) == turns.count("SAVE")
    with profile() as after:
        edutorch.ones(1)
    assert len(after.events()) == 1


def test_steps_are_blocks_and_averaged_together():
    with profile(schedule=schedule(wait=0, warmup=1, active=3), on_trace_ready=lambda p: None) as prof:
        for _ in range(3):
            edutorch.ones(2)
            prof.step()
        averages = {e.key: e.count for e in prof.key_averages()}
    assert averages == {}  # the third step is not over
    assert {e.trace_name for e in prof.events() if e.name == "ProfilerStep*"} == {
        "ProfilerStep#1",
        "ProfilerStep#2",
        "ProfilerStep#3",
    }
    assert {e.key: e.count for e in prof.key_averages()} == {"ProfilerStep*": 3, "aten::ones": 2}


# ---------------------------------------------------------------- tables


@pytest.fixture(scope="module", params=["with_flops", "with_stack"])
def recorded(request):
    # Asked for both, PyTorch puts the places under the title of the other column.
    model = edutorch.nn.Linear(6, 5)
    block = record_function("a block with a name that is quite long, longer than a column may be by default")
    with profile(record_shapes=True, profile_memory=True, **{request.param: True}) as prof, block:
        loss = (model(edutorch.ones(40, 6)) @ edutorch.ones(5, 300)).mul(2).sum()
        loss.backward()
    return prof


def of_pytorch(torch, events):
    """Return PyTorch's list with the same events."""
    util = torch.autograd.profiler_util
    made = util.EventList(
        [], use_device=events._use_device, profile_memory=events._profile_memory, with_flops=events._with_flops
    )
    for event in events:
        average = util.FunctionEventAvg()
        vars(average).update(
            {name: getattr(event, name) for name in (*vars(event), "count", "is_legacy", "overload_name")}
        )
        average.key, average.node_id = event.key, -1
        average.stack, average.input_shapes = list(event.stack), event.input_shapes
        average.device_type = torch.autograd.DeviceType.CPU
        average.cpu_parent = event.cpu_parent
        average.is_user_annotation = event.is_user_annotation
        made.append(average)
    return made


FORMS = [
    {},
    dict(sort_by="cpu_time_total", row_limit=3),
    dict(sort_by="self_cpu_time_total", row_limit=-1),
    dict(sort_by="count", max_name_column_width=20),
    dict(sort_by="cpu_memory_usage", max_name_column_width=None),
    dict(sort_by="self_cpu_memory_usage", header="A header", row_limit=2),
    dict(time_unit="ms", row_limit=4),
    dict(time_unit="s", max_shapes_column_width=20),
    dict(time_unit="us", max_src_column_width=30),
    dict(top_level_events_only=True),
    dict(row_limit=0),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("group", [{}, dict(group_by_input_shape=True), dict(group_by_stack_n=3)], ids=str)
def test_tables_of_averages_are_pytorchs(torch, recorded, group, form):
    averages = recorded.key_averages(**group)
    assert averages.table(**form) == of_pytorch(torch, averages).table(**form)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_tables_of_events_are_pytorchs(torch, recorded, form):
    assert recorded.events().table(**form) == of_pytorch(torch, recorded.events()).table(**form)


def test_columns_are_pytorchs(torch):
    def columns(framework):
        with framework.profiler.profile(record_shapes=True, profile_memory=True, with_flops=True) as prof:
            framework.mm(framework.ones(30, 40), framework.ones(40, 50))
        *head, footer, _ = prof.key_averages(group_by_input_shape=True).table().split("\n")
        return head[1].split("  ")[-1:], [t for t in head[1].split("  ") if t.strip()], footer.split(":")[0]

    assert columns(edutorch) == columns(torch)


def test_table_with_a_device(torch, recorded):
    averages = recorded.key_averages()
    averages._use_device = "cuda"
    for i, event in enumerate(averages):
        event.use_device, event.self_device_time_total, event.device_time_total = "cuda", 10.0 * i, 1500.0 * i
        event.self_device_memory_usage, event.device_memory_usage = 7 * i, 9000 * i
    for sort_by in (None, "cuda_time_total", "self_cuda_time_total", "cuda_memory_usage"):
        assert averages.table(sort_by=sort_by) == of_pytorch(torch, averages).table(sort_by=sort_by)


def test_numbers_are_written_as_pytorchs(torch):
    util = torch.autograd.profiler_util
    for number in (0, 1, 999.9994, 999.9996, 1e3, 1023, 1024, 1e6, 123456789, 2**20, 5 * 2**30, -3, -4096):
        assert format_time(number) == util._format_time(number)
        assert format_memory(number) == util._format_memory(number)


def test_printed_forms_of_events_are_pytorchs(torch):
    def shown(framework):
        with framework.profiler.profile() as prof:
            framework.neg(framework.ones(2))
        event = next(e for e in prof.events() if e.name == "aten::neg")
        average = next(e for e in prof.key_averages() if e.key == "aten::neg")
        with pytest.warns(FutureWarning):
            old = average.cuda_time
        return [[part.split("=")[0] for part in repr(e).split()] for e in (event, average)], old

    assert shown(edutorch) == shown(torch)


def test_no_events_make_no_table():
    assert EventList().table() == ""
    assert EventList().self_cpu_time_total == 0


# ---------------------------------------------------------------- traces


def checked(path):
    """Return a trace's entries after a look at each: what the Trace Event Format asks for."""
    data = path.read_bytes()
    trace = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    assert trace["displayTimeUnit"] == "ms"
    entries = trace["traceEvents"]
    for entry in entries:
        assert {"ph", "pid", "tid", "ts", "name"} <= entry.keys()
        assert entry["ph"] in ("X", "M", "s", "f")
        if entry["ph"] == "X":
            assert entry["dur"] >= 0
            assert entry["ts"] >= 0
            assert entry["cat"] in ("cpu_op", "user_annotation", "python_function", "gpu_op")
        if entry["ph"] == "M":
            assert entry["args"]
    ends = {kind: {e["id"] for e in entries if e["ph"] == kind} for kind in "sf"}
    assert ends["s"] == ends["f"]
    # On one line, spans lie in each other or side by side.
    spans = sorted((e for e in entries if e["ph"] == "X"), key=lambda e: (str(e["tid"]), e["ts"], -e["dur"]))
    for line in (list(g) for _, g in itertools.groupby(spans, key=lambda e: (e["pid"], e["tid"]))):
        ends = []
        for span in line:
            while ends and ends[-1] <= span["ts"]:
                ends.pop()
            assert not ends or span["ts"] + span["dur"] <= ends[-1] + 1e-3
            ends.append(span["ts"] + span["dur"])
    return trace, entries


@pytest.mark.parametrize("name", ["trace.json", "trace.json.gz"])
def test_trace(recorded, tmp_path, name):
    recorded.add_metadata("who", "me")
    recorded.add_metadata_json("sizes", "[1, 2]")
    recorded.export_chrome_trace(tmp_path / name)
    trace, entries = checked(tmp_path / name)
    assert (trace["who"], trace["sizes"]) == ("me", [1, 2])
    spans = [e for e in entries if e["ph"] == "X"]
    assert [e["name"] for e in spans] == [e.name for e in recorded.events()]
    linear = next(e for e in spans if e["name"] == "aten::linear")
    assert linear["args"]["Input Dims"][0] == [40, 6]
    arrows = [e for e in entries if e["ph"] == "s"]
    gradients = [e for e in recorded.events() if e.scope == 1 and e.sequence_nr >= 0]
    assert len(arrows) == len(gradients) > 0
    assert all(arrow["cat"] == "fwdbwd" for arrow in arrows)


def test_trace_has_pytorchs_entries(torch, tmp_path):
    def kinds(framework):
        P = framework.profiler
        with P.profile(record_shapes=True) as prof, P.record_function("block"):
            framework.neg(framework.ones(2, 3))
        prof.export_chrome_trace(str(tmp_path / "trace.json"))
        trace = json.loads((tmp_path / "trace.json").read_text())
        spans = {e["name"]: e for e in trace["traceEvents"] if e["ph"] == "X"}
        names = {e["name"] for e in trace["traceEvents"] if e["ph"] == "M"}
        neg = spans["aten::neg"]
        return (
            {k: type(neg[k]) for k in ("cat", "pid", "tid")},
            neg["cat"],
            spans["block"]["cat"],
            neg["args"]["Input Dims"],
            names,
            trace["schemaVersion"],
        )

    ours, theirs = kinds(edutorch), kinds(torch)
    assert ours[:4] == theirs[:4]
    assert ours[4] <= theirs[4]
    assert ours[5] == theirs[5]


def test_old_profiler_writes_traces(tmp_path):
    with edutorch.autograd.profiler.profile() as prof:
        edutorch.ones(2)
    prof.export_chrome_trace(tmp_path / "trace.json")
    assert [e["name"] for e in checked(tmp_path / "trace.json")[1] if e["ph"] == "X"] == ["aten::ones"]


@pytest.mark.parametrize("compressed", [False, True])
def test_traces_for_tensorboard(tmp_path, compressed):
    handler = tensorboard_trace_handler(str(tmp_path / "logs"), worker_name="me", use_gzip=compressed)
    with profile(schedule=schedule(wait=0, warmup=1, active=1), on_trace_ready=handler) as prof:
        for _ in range(4):
            edutorch.ones(2)
            prof.step()
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == 2
    for file in files:
        assert file.name.startswith("me.")
        assert file.name.endswith(".pt.trace.json" + ".gz" * compressed)
        assert {e["name"] for e in checked(file)[1] if e["ph"] == "X"} >= {"aten::ones"}


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    prof = profile(on_trace_ready=tensorboard_trace_handler(str(tmp_path / "file" / "logs")))
    prof.start()
    with pytest.raises(RuntimeError, match="Can't create directory"):
        prof.stop()
    with contextlib.ExitStack() as stack:  # and the functions are their own again
        again = stack.enter_context(profile())
        edutorch.ones(1)
    assert [e.name for e in again.events()] == ["aten::ones"]
