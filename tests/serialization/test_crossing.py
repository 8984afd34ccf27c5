"""Files cross between edutorch and PyTorch, in both directions, in both formats."""

import collections
import gzip
import io
import pathlib

import numpy as np
import pytest

import edutorch
from edutorch.serialization.archive import Reader
from tests.serialization.helpers import loaded, program_of, saved, zipped

DTYPES = [
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "bool",
]


@pytest.fixture(params=["PyTorch to edutorch", "edutorch to PyTorch", "edutorch to edutorch"])
def crossing(request, torch):
    """(who saves, who loads)"""
    return {"P": (torch, edutorch), "t": (edutorch, torch), "e": (edutorch, edutorch)}[
        "P" if request.param.startswith("P") else "t" if request.param.endswith("PyTorch") else "e"
    ]


def plain(value):
    """Turn what was saved or loaded into something both frameworks can share."""
    if hasattr(value, "detach"):
        kind = "Parameter" if "Parameter" in type(value).__name__ else "Tensor"
        return (
            (kind, str(value.dtype), tuple(value.shape), value.requires_grad),
            (value.stride(), value.storage_offset(), value.tolist()),
        )
    if isinstance(value, dict):
        own = {name: plain(v) for name, v in getattr(value, "__dict__", {}).items()}
        return type(value).__name__, [(plain(k), plain(v)) for k, v in value.items()], own
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    if type(value).__name__ in ("dtype", "device"):
        return repr(value)
    return type(value), value


def crosses(crossing, make, **options):
    giver, taker = crossing
    made = make(giver)
    got = loaded(taker, saved(giver, made, **options), weights_only=True)
    assert plain(got) == plain(made)
    return got


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 3), (3, 0)])
def test_every_dtype(crossing, name, shape):
    numbers = np.arange(int(np.prod(shape))).reshape(shape) % 2
    crosses(crossing, lambda t: t.tensor(numbers.tolist()).reshape(shape).to(getattr(t, name)))


@pytest.mark.parametrize("name", [d for d in DTYPES if d not in ("uint16", "uint32", "uint64")])
def test_every_dtype_in_the_old_format(crossing, name):
    crosses(crossing, lambda t: [t.ones(2, 3).to(getattr(t, name)), t.zeros(4)], _use_new_zipfile_serialization=False)


VIEWS = {
    "transposed": lambda x: x.t(),
    "row": lambda x: x[1],
    "column": lambda x: x[:, 2],
    "steps": lambda x: x[::2, 1::2],
    "expanded": lambda x: x[:, :1].expand(3, 5),
    "diagonal": lambda x: x.diagonal(),
    "element": lambda x: x[2, 3],
    "empty": lambda x: x[3:],
    "unsqueezed": lambda x: x[1:].unsqueeze(1),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_stay_views(crossing, name):
    def make(t):
        x = t.arange(12.0).reshape(3, 4)
        return [x, VIEWS[name](x)]

    giver, taker = crossing
    x, view = loaded(taker, saved(giver, make(giver)))
    expected = make(giver)[1]
    assert (view.tolist(), tuple(view.shape)) == (expected.tolist(), tuple(expected.shape))
    if view.numel():
        assert view.stride() == expected.stride()
        x += 100.0
        assert view.tolist() == (expected + 100.0).tolist()  # still the same memory


def test_a_view_takes_its_whole_memory_along(torch):
    for framework in (torch, edutorch):
        data = saved(framework, framework.arange(1000.0)[5])
        assert Reader(io.BytesIO(data)).entries["data/0"].size == 4000


def test_shared_memory_is_written_once():
    x = edutorch.ones(1000)
    data = saved(edutorch, {"a": x, "b": x, "c": x.detach(), "d": x[:10]})
    assert [name for name in Reader(io.BytesIO(data)).entries if name.startswith("data/")] == ["data/0"]
    got = loaded(edutorch, data)
    assert got["a"] is got["b"]
    got["c"][0] = 7.0
    assert got["a"][0] == got["d"][0] == 7.0


CONTENTS = {
    "numbers": lambda t: [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**70, -(2**70), 1.5, float("inf"), 2 + 3j],
    "texts": lambda t: ["", "ä€😀", b"\x00\xff", bytearray(b"ab"), None, True, False],
    "containers": lambda t: {"l": [1, [2, [3]]], "t": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "s": {1, "a"}},
    "keys": lambda t: {1: 2, (1, "a"): 3, None: 4, 1.5: 5, False: 6},
    "ordered": lambda t: collections.OrderedDict([("b", t.ones(2)), ("a", t.zeros(1))]),
    "counter": lambda t: collections.Counter("abracadabra"),
    "torch's own": lambda t: [t.Size([2, 3]), t.float32, t.bfloat16, t.device("cpu"), t.device("cuda", 1)],
    "tensors": lambda t: {"x": t.ones(2, requires_grad=True), "y": (t.arange(3), [t.tensor(True)])},
    "parameter": lambda t: [t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(2), requires_grad=False)],
    "state_dict": lambda t: t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU(), t.nn.Linear(3, 1)).state_dict(),
    "random state": lambda t: t.get_rng_state(),
    "many": lambda t: [t.full((2,), i) for i in range(300)],
    "nothing": lambda t: None,
    "history": lambda t: {"loss": [0.1 * i for i in range(2000)], "names": [f"epoch {i}" for i in range(1500)]},
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "old format"])
@pytest.mark.parametrize("name", CONTENTS)
def test_contents(crossing, name, old):
    crosses(crossing, CONTENTS[name], _use_new_zipfile_serialization=not old)


@pytest.mark.parametrize("name", CONTENTS)
def test_the_pickle_is_pytorchs_to_the_byte(torch, name):
    mine, theirs = (saved(t, CONTENTS[name](t)) for t in (edutorch, torch))
    assert program_of(mine) == program_of(theirs)
    assert len(mine) == len(theirs)
    assert Reader(io.BytesIO(mine)).entries.keys() == Reader(io.BytesIO(theirs)).entries.keys()


def test_a_tensor_with_history_loses_it(crossing):
    giver, taker = crossing
    got = loaded(taker, saved(giver, giver.ones(2, requires_grad=True) * 2))
    assert (got.requires_grad, got.grad_fn, got.tolist()) == (True, None, [2.0, 2.0])


def test_attributes_of_tensors(crossing):
    giver, taker = crossing
    x, p = giver.ones(2), giver.nn.Parameter(giver.ones(2))
    x.note, p.note = "of x", ["of p"]
    x, p = loaded(taker, saved(giver, [x, p]))
    assert (x.note, p.note, type(p)) == ("of x", ["of p"], taker.nn.Parameter)


def test_buffers(crossing):
    giver, taker = crossing
    got = loaded(taker, saved(giver, giver.nn.Buffer(giver.ones(2), persistent=False)))
    assert isinstance(got, taker.nn.Buffer)
    assert got.persistent is False


def test_state_dict_keeps_its_metadata(crossing):
    giver, taker = crossing
    got = loaded(taker, saved(giver, giver.nn.Linear(2, 3).state_dict()))
    assert got._metadata == collections.OrderedDict([("", {"version": 1})])
    assert str(taker.nn.Linear(2, 3).load_state_dict(got)) == "<All keys matched successfully>"


def test_training_goes_on_from_the_others_checkpoint(crossing):
    """A checkpoint with model, optimizer and random state: the next steps are the same."""
    giver, taker = crossing

    def steps(t, model, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            loss = ((model(t.randn(4, 2)) - 1) ** 2).mean()
            loss.backward()
            optimizer.step()
        return [loss.item(), *(p.tolist() for p in model.parameters())]

    def parts(t):
        t.manual_seed(0)
        model = t.nn.Linear(2, 1)
        return model, t.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    model, optimizer = parts(giver)
    steps(giver, model, optimizer, 3)
    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": giver.get_rng_state(),
        "epoch": 3,
    }
    data = saved(giver, checkpoint)
    expected = steps(giver, model, optimizer, 3)

    model, optimizer = parts(taker)
    checkpoint = loaded(taker, data)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    taker.set_rng_state(checkpoint["random"])
    got = steps(taker, model, optimizer, 3)
    np.testing.assert_allclose(np.hstack([np.ravel(v) for v in got]), np.hstack([np.ravel(v) for v in expected]), 1e-5)


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_paths(crossing, tmp_path, kind):
    giver, taker = crossing
    for name in ("weights.pt", "no ending", "größe.v2.pth"):
        path = kind(tmp_path / name)
        giver.save({"x": giver.ones(2)}, path)
        assert taker.load(path)["x"].tolist() == [1.0, 1.0]
        assert giver.load(path, mmap=True)["x"].tolist() == [1.0, 1.0]


def test_what_only_edutorch_takes(torch, tmp_path):
    """PyTorch cannot write to a hidden file, and does not read the empty bytes it wrote."""
    edutorch.save(b"", tmp_path / ".hidden")
    assert edutorch.load(tmp_path / ".hidden") == loaded(edutorch, saved(torch, b"")) == b""


def test_open_files(crossing, tmp_path):
    giver, taker = crossing
    with open(tmp_path / "x.pt", "wb") as file:
        giver.save([1, giver.ones(2)], file)
    with open(tmp_path / "x.pt", "rb") as file:
        assert taker.load(file)[1].tolist() == [1.0, 1.0]


def test_a_file_inside_a_file(crossing):
    giver, taker = crossing
    buffer = io.BytesIO(b"before" + saved(giver, giver.ones(2)))
    buffer.seek(6)
    assert taker.load(buffer).tolist() == [1.0, 1.0]


def test_only_read_and_write():
    class Plain:
        """The least that PyTorch asks of a file."""

        def __init__(self):
            self.inner = io.BytesIO()
            self.write, self.read, self.seek, self.tell = (
                getattr(self.inner, n) for n in ("write", "read", "seek", "tell")
            )

    file = Plain()
    edutorch.save({"x": edutorch.ones(3)}, file)
    file.seek(0)
    assert edutorch.load(file)["x"].tolist() == [1.0, 1.0, 1.0]


def test_mapped_memory_is_private(crossing, tmp_path):
    giver, taker = crossing
    giver.save({"x": giver.arange(5.0), "y": giver.arange(7)[2:], "e": giver.empty(0)}, tmp_path / "x.pt")
    before = (tmp_path / "x.pt").read_bytes()
    got = taker.load(str(tmp_path / "x.pt"), mmap=True)
    got["x"] += 1.0
    assert (got["x"].tolist(), got["y"].tolist()) == ([1.0, 2.0, 3.0, 4.0, 5.0], [2, 3, 4, 5, 6])
    assert (tmp_path / "x.pt").read_bytes() == before


def test_pytorch_finds_the_memory_by_computing(torch, tmp_path):
    """PyTorch can compute where entries lie; its own check compares that with where they are."""
    edutorch.save([edutorch.ones(n) for n in (3, 0, 100, 1000)], tmp_path / "x.pt")
    torch.utils.serialization.config.load.calculate_storage_offsets = True
    try:
        got = torch.load(tmp_path / "x.pt", mmap=True)
    finally:
        torch.utils.serialization.config.load.calculate_storage_offsets = False
    assert [t.sum().item() for t in got] == [3.0, 0.0, 100.0, 1000.0]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_protocols(torch, protocol):
    def contents(t):
        return {"x": t.ones(2), "b": b"ab", "a": bytearray(b"c"), "s": {1, 2}, "n": [2**40, 1.5, None], "d": t.float32}

    for giver in (torch, edutorch):
        data = saved(giver, contents(giver), pickle_protocol=protocol)
        assert plain(loaded(edutorch, data)) == plain(contents(edutorch))
    assert plain(loaded(torch, data, weights_only=False)) == plain(contents(torch))


def test_numpys_numbers_with_weights_only_false(crossing):
    giver, taker = crossing
    contents = {
        "best": np.float64(0.9),
        "n": np.int32(3),
        "ok": np.bool_(True),
        "a": np.arange(6.0).reshape(2, 3)[:, 1:],
    }
    got = loaded(taker, saved(giver, contents), weights_only=False)
    assert {k: (v.dtype, v.tolist()) for k, v in got.items()} == {k: (v.dtype, v.tolist()) for k, v in contents.items()}


def test_harmless_kinds_with_weights_only_false(crossing):
    giver, taker = crossing
    contents = collections.defaultdict(list, a=[1]), frozenset("ab")
    assert loaded(taker, saved(giver, contents), weights_only=False) == contents


def test_bytes_in_the_other_order():
    x = edutorch.tensor([1.0, -2.5])
    data = saved(edutorch, [x, edutorch.tensor([True]), edutorch.tensor([258], dtype=edutorch.int16)])
    other = [x.array.byteswap().tobytes(), b"\1", b"\1\2"]
    turned = zipped(program_of(data), other, byteorder=b"big")
    assert plain(loaded(edutorch, turned)) == plain(loaded(edutorch, data))


def test_memory_of_numpy_in_unusual_layouts(torch):
    whole = np.arange(24, dtype=np.float32)
    layouts = [
        whole.reshape(2, 3, 4).transpose(2, 0, 1),
        np.asfortranarray(whole.reshape(4, 6)),
        whole.view(np.int8)[4:12].view(np.float32),
        np.frombuffer(whole.tobytes(), np.float32)[3:7].copy(),
    ]
    for array in layouts:
        got = loaded(torch, saved(edutorch, edutorch.from_numpy(array)))
        np.testing.assert_array_equal(got.numpy(), array)


def test_one_memory_as_two_dtypes_is_refused_as_by_pytorch(torch):
    for t in (torch, edutorch):
        x = t.ones(4)
        with pytest.raises(RuntimeError, match=r"^Cannot save multiple tensors or storages that view the same data as"):
            saved(t, [x, x.view(t.int32)])


def test_a_seekable_file_is_needed():
    with pytest.raises(AttributeError, match=r"You can only torch.load from a file that is seekable"):
        edutorch.load(object())
    with pytest.raises(AttributeError, match=r"expected 'f' to be string, path, or a file-like object"):
        edutorch.save(1, object())


def test_a_gzipped_file_says_what_to_do(tmp_path):
    (tmp_path / "x.pt").write_bytes(gzip.compress(saved(edutorch, 1)))
    with pytest.raises(Exception, match=r"looks like a gzip archive. Unpack it first"):
        edutorch.load(tmp_path / "x.pt")


SCHEDULERS = {
    "MultiStepLR": dict(milestones=[2, 4]),  # its state has a Counter
    "OneCycleLR": dict(max_lr=0.1, total_steps=20),
    "ReduceLROnPlateau": dict(patience=1),
    "CosineAnnealingLR": dict(T_max=10),
}


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_schedulers_and_optimizers_go_on(crossing, name, rule):
    giver, taker = crossing

    def parts(t):
        parameter = t.nn.Parameter(t.ones(3))
        optimizer = getattr(t.optim, rule)([parameter], lr=0.01)
        return parameter, optimizer, getattr(t.optim.lr_scheduler, name)(optimizer, **SCHEDULERS[name])

    def steps(parameter, optimizer, scheduler):
        rates = []
        for _ in range(3):
            optimizer.zero_grad()
            (parameter**2).sum().backward()
            optimizer.step()
            scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
            rates.append(optimizer.param_groups[0]["lr"])
        return rates + parameter.tolist()

    parameter, optimizer, scheduler = parts(giver)
    steps(parameter, optimizer, scheduler)
    data = saved(giver, [parameter.detach(), optimizer.state_dict(), scheduler.state_dict()])
    expected = steps(parameter, optimizer, scheduler)

    values, optimizer_state, scheduler_state = loaded(taker, data)
    parameter, optimizer, scheduler = parts(taker)
    parameter.data.copy_(values)
    optimizer.load_state_dict(optimizer_state)
    scheduler.load_state_dict(scheduler_state)
    np.testing.assert_allclose(steps(parameter, optimizer, scheduler), expected, 1e-5)
