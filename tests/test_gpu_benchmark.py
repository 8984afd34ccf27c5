"""The GPU's benchmark, as far as it can be tried without one: on the stand-in, with PyTorch on the processor."""

import json
import subprocess
import sys
from functools import partial

import pytest

import edutorch
from benchmarks import gpu, gpu_checks, gpu_workloads
from benchmarks.gpu_workloads import PRECISIONS, WORKLOADS, Side, each_precision
from tests.fake_cuda import counted, fake_cuda


class OnTheStandIn(Side):
    """edutorch on the stand-in, or PyTorch on the processor: neither can profile kernels, or watch memory."""

    def __init__(self, name, framework, device):
        super().__init__(name, framework)
        self.device = device

    def wait(self):
        pass

    def watch_memory(self):
        pass

    def peak_bytes(self):
        return 2**20

    def launches(self, step):
        with counted() as found:
            step()
        return found["launch"] + found["library"]


@pytest.fixture
def both(torch, monkeypatch):
    monkeypatch.setattr(gpu_workloads, "ROUND_S", 0.001)
    monkeypatch.setattr(gpu_workloads, "ROUNDS", (2, 3))
    with fake_cuda():
        yield [OnTheStandIn("edutorch", edutorch, "cuda"), OnTheStandIn("pytorch", torch, "cpu")]


def lines(folder):
    (path,) = folder.glob("*.json")
    return json.loads(path.read_text())


# ---- measuring


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_has_pytorchs_losses_in_each_precision(name, both):
    records = list(each_precision(name, both, limit=0.1, tiny=True))
    assert [r["precision"] for r in records] == [*PRECISIONS]
    for record in records:
        assert "error" not in record, record
        assert record["same_losses"], record
        assert len(record["edutorch_losses"]) == gpu_workloads.FIRST
        assert record["edutorch_launches"] > 0 == record["pytorch_launches"]
        assert record["low"] <= record["ratio"] <= record["high"]
        assert gpu.line(record).startswith(f"{name:14}{record['precision']}")


def test_precisions_are_set_on_both_and_put_back(both, torch):
    frameworks = [edutorch, torch]
    found = {}
    for name in PRECISIONS:
        with gpu_workloads.precision(frameworks, name):
            found[name] = [(f.get_float32_matmul_precision(), f.backends.cudnn.allow_tf32) for f in frameworks]
    assert found == {"fp32": [("highest", False)] * 2, "tf32": [("high", True)] * 2, "bf16": [("highest", False)] * 2}
    assert [f.get_float32_matmul_precision() for f in frameworks] == ["highest"] * 2
    assert [f.backends.cudnn.allow_tf32 for f in frameworks] == [True] * 2


def test_a_failure_is_reported_and_the_next_precision_goes_on(both, monkeypatch):
    launches = both[0].launches
    calls = iter(PRECISIONS)

    def failing(step):
        if next(calls) == "tf32":
            raise RuntimeError("CUDA error:\n an illegal memory access")
        return launches(step)

    monkeypatch.setattr(both[0], "launches", failing)
    records = list(each_precision("cnn", both, limit=0.1, tiny=True))
    assert ["error" in r for r in records] == [False, True, False]
    assert gpu.line(records[1]).endswith("FAILED: RuntimeError: CUDA error: an illegal memory access")


def test_other_losses_are_noticed(both, monkeypatch):
    prepare = WORKLOADS["cnn"].prepare

    def crooked(framework, tiny):
        model, optimizer, x, y = prepare(framework, tiny)
        return model, optimizer, x * 2 if framework is edutorch else x, y

    monkeypatch.setitem(WORKLOADS, "cnn", gpu_workloads.Workload("", 1.0, crooked))
    record = next(each_precision("cnn", both, limit=0.1, tiny=True))
    assert not record["same_losses"]
    assert gpu.line(record).endswith("THE LOSSES DIFFER")


def test_resnet_is_a_resnet18():
    model = gpu_workloads.resnet18(edutorch, small_pictures=False)
    assert sum(p.numel() for p in model.parameters()) == 11_689_512 - 513_000 + 5_130  # 10 classes instead of 1000
    assert model(edutorch.zeros(1, 3, 64, 64)).shape == (1, 10)


# ---- the tests of the device


TESTS = """
import pytest

@pytest.mark.parametrize("cuda", ["emulator", "cuda"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_it(cuda, n):
    if n == 3:
        pytest.skip("there is no third")
    assert cuda == "cuda"
    assert n == 1, "too many"

def test_without_a_device():
    assert False
"""


def test_only_the_devices_tests_are_run_and_each_is_noted(tmp_path):
    (tmp_path / "test_kernels.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    found = tmp_path / "lines.json"
    code = (
        "from pathlib import Path; from benchmarks import gpu_checks;"
        f"gpu_checks.run(Path({str(found)!r}), where=[{str(tmp_path)!r}])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=gpu.ROOT, check=True, capture_output=True)
    checks = gpu_checks.summary([json.loads(line) for line in found.read_text().splitlines()])
    assert [checks[k] for k in ("tests", "passed", "failed", "skipped")] == [3, 1, 1, 1]
    said = gpu.checks_line(checks | {"problem": None})
    assert said.startswith("1 of 3 tests on the device pass, 1 are skipped, 1 FAIL.\n  FAILED ")
    assert "too many" in said


def test_there_are_tests_to_run():
    found = [path.relative_to(gpu_checks.TESTS).as_posix() for path in gpu_checks.paths()]
    assert {"kernels/cuda/test_softmax.py", "nn/test_layers_on_a_device.py", "test_ops_on_a_device.py"} <= {*found}
    assert "test_ops.py" not in found
    assert found == sorted(found, key=lambda path: not path.startswith("kernels"))


# ---- the whole


def script(text):
    """Return a command that does something with `lines`, the file to write to, in place of a measuring process."""
    return [sys.executable, "-c", f"import sys, time; lines = open(sys.argv[-1], 'a'); {text}"]


RECORD = {
    "goal": 1.0, "edutorch_ms": 2.0, "pytorch_ms": 4.0, "ratio": 0.5, "low": 0.4, "high": 0.6, "rounds": 5,
    "edutorch_launches": 300, "pytorch_launches": 200, "edutorch_bytes": 2**20, "pytorch_bytes": 2**21,
    "same_losses": True,
}  # fmt: skip


def wrote(*records, then="pass"):
    return script("".join(f"lines.write({json.dumps(r)!r} + chr(10));" for r in records) + "lines.flush();" + then)


@pytest.fixture
def pretend(monkeypatch):
    """Let processes do what is asked of them here; there is a device in name."""
    device = {"name": "NVIDIA Pretend 100", "capability": "9.0", "bytes": 2**30, "driver": "600.1"}
    monkeypatch.setattr(gpu, "machine", lambda: {"device": device, "versions": {"torch": "2.13.0"}})
    commands = {}
    monkeypatch.setattr(gpu, "PROCESSES", 2)
    monkeypatch.setattr(gpu, "child", lambda what, which, *more: commands[which])
    return commands


def records(name, ratio=0.5, **more):
    return [{"workload": name, "precision": p, **RECORD, "ratio": ratio, **more} for p in PRECISIONS]


def test_all_of_it(pretend, tmp_path, capsys):
    pretend["0/2"] = wrote({"tests": 2}, *[{"test": "t.py::test_it", "outcome": "passed"}] * 2)
    pretend["1/2"] = wrote({"tests": 1}, {"test": "t.py::test_other", "outcome": "skipped"})
    pretend["gpt"] = wrote(*records("gpt"))
    pretend["lstm"] = wrote(*records("lstm", ratio=1.3))
    assert gpu.benchmark(["gpt", "lstm"], 1.0, True, tmp_path) is False
    said = capsys.readouterr().out
    assert said.startswith(
        "NVIDIA Pretend 100, driver 600.1, torch 2.13.0\n2 of 3 tests on the device pass, 1 are skipped.\n"
    )
    assert said.count("goal 1.00 reached") == said.count("goal 1.00 MISSED") == 3
    assert "3 of 12 goals reached, 3 missed, 6 not measured." in said
    record = lines(tmp_path)
    assert record["checks"]["passed"] == 2
    assert [r["workload"] for r in record["workloads"]] == ["gpt"] * 3 + ["lstm"] * 3
    assert next(tmp_path.iterdir()).name == f"nvidia-pretend-100-{record['date'][:10]}.json"


def test_tests_that_were_cut_off_are_counted(pretend, tmp_path, capsys):
    pretend["0/2"] = wrote({"tests": 5}, {"test": "t.py::test_it", "outcome": "passed"}, then="time.sleep(60)")
    pretend["1/2"] = wrote({"tests": 4}, *[{"test": "t.py::test_it", "outcome": "passed"}] * 4)
    pretend["cnn"] = wrote(*records("cnn"))
    assert gpu.benchmark(["cnn"], 0.1, True, tmp_path) is True
    said = capsys.readouterr().out
    assert "5 of 9 tests on the device pass, 0 are skipped, 4 were NOT RUN.\n  The tests' processes: stopped" in said
    assert "goal 1.00 reached" in said


def test_a_process_that_dies_or_hangs_leaves_what_it_has_measured(pretend, tmp_path, capsys):
    pretend["gpt"] = wrote(records("gpt")[0], then="sys.exit('Segmentation fault')")
    pretend["cnn"] = wrote(*records("cnn")[:2], then="time.sleep(60)")
    assert gpu.benchmark(["cnn", "gpt"], 0.1, False, tmp_path) is True
    found = lines(tmp_path)["workloads"]
    assert ["error" in r for r in found] == [False, False, True, False, True, True]
    assert found[2]["error"].startswith("stopped after ")
    assert found[4]["error"] == "ended with status 1: Segmentation fault"
    assert "FAILED: ended with status 1" in capsys.readouterr().out


@pytest.mark.parametrize("bad", ["test", "no tests", "losses"])
def test_its_status_tells_that_something_is_wrong(bad, pretend, tmp_path, capsys):
    tests = [] if bad == "no tests" else [{"test": "t", "outcome": "failed" if bad == "test" else "passed", "why": "!"}]
    pretend["0/2"] = wrote({"tests": len(tests)}, *tests)
    pretend["1/2"] = wrote({"tests": 0})
    pretend["cnn"] = wrote(*records("cnn", same_losses=bad != "losses"))
    assert gpu.benchmark(["cnn"], 1.0, True, tmp_path) is True
    assert ("FAILED t: !" in capsys.readouterr().out) == (bad == "test")


def test_the_machine_is_described(both):
    found = gpu.machine()
    assert found["device"]["name"] == "Stand-in for a GPU"
    assert found["versions"]["torch"] == both[1].framework.__version__


@pytest.mark.skipif(edutorch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_in_one_line():
    done = subprocess.run([sys.executable, "-m", "benchmarks.gpu"], cwd=gpu.ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Nothing was measured: CuPy is not installed, or finds no CUDA device.")


def test_a_pytorch_without_cuda_is_named(both, monkeypatch, capsys):
    monkeypatch.setattr(both[1].framework.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 2
    assert "finds no CUDA device. This needs" in capsys.readouterr().err


def test_its_own_processes_are_understood(both, monkeypatch, tmp_path):
    """What `child` asks for, `main` does."""
    monkeypatch.setattr(both[1].framework.cuda, "is_available", lambda: True)
    monkeypatch.setattr(gpu, "sides", lambda: both)
    monkeypatch.setattr(gpu, "each_precision", partial(each_precision, tiny=True))
    asked = []
    monkeypatch.setattr(gpu_checks, "run", lambda *arguments: asked.append(arguments))
    found = tmp_path / "lines.json"
    assert not gpu.main([*gpu.child("--workload", "cnn", "--seconds", "1")[3:], str(found)])
    assert [json.loads(line)["precision"] for line in found.read_text().splitlines()] == [*PRECISIONS]
    assert not gpu.main([*gpu.child("--checks", "3/8")[3:], str(found)])
    assert asked == [(found, (3, 8))]


def test_an_unknown_workload_is_refused(both, monkeypatch, capsys):
    monkeypatch.setattr(both[1].framework.cuda, "is_available", lambda: True)
    with pytest.raises(SystemExit):
        gpu.main(["bert"])
    assert "there is no workload 'bert', only gpt, resnet18-32" in capsys.readouterr().err
