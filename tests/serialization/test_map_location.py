"""Where tensors go when they are loaded."""

import pytest

import edutorch
from tests.serialization.helpers import loaded as load
from tests.serialization.helpers import program_of, saved, zipped
from tests.twins import same_on_both


def on_cuda(where="cuda:0"):
    """A file as a program on a CUDA device writes it."""
    data = saved(edutorch, {"x": edutorch.ones(2)})
    tag = b"X" + len(where).to_bytes(4, "little") + where.encode()
    return zipped(program_of(data).replace(b"X\x03\0\0\0cpu", tag), [edutorch.ones(2).numpy().tobytes()])


@pytest.mark.parametrize(
    "map_location",
    [
        "cpu",
        lambda torch: torch.device("cpu"),
        {"cuda:0": "cpu"},
        lambda torch: lambda storage, location: storage,
        lambda torch: lambda storage, location: storage if location == "cuda:0" else None,
        lambda torch: lambda storage, location: storage.cpu(),
    ],
)
def test_a_file_from_cuda_on_the_cpu(torch, map_location):
    for t in (torch, edutorch):
        where = map_location(t) if getattr(map_location, "__name__", "") == "<lambda>" else map_location
        got = load(t, on_cuda(), map_location=where)["x"]
        assert (got.tolist(), str(got.device)) == ([1.0, 1.0], "cpu")


@pytest.mark.parametrize("map_location", [None, "cuda", "cuda:0", {"cpu": "cuda"}, lambda s, l: None])  # noqa: E741
@pytest.mark.skipif(edutorch.cuda.is_available(), reason="for machines without CUDA")
def test_without_cuda_pytorchs_sentence(map_location):
    same_on_both(lambda torch: load(torch, on_cuda(), map_location=map_location))


def test_unknown_places():
    for where in ("fpga:0", "nowhere", "cudax"):
        same_on_both(lambda torch, where=where: load(torch, on_cuda(), map_location={"cuda:0": where}))
        same_on_both(lambda torch, where=where: load(torch, on_cuda(where)))


def test_functions_see_each_storage_once():
    data = saved(edutorch, [x := edutorch.arange(6.0), x[2:], edutorch.ones(1, dtype=edutorch.int8)])

    def program(torch):
        seen = []
        load(torch, data, map_location=lambda storage, location: seen.append((storage.nbytes(), location)))
        return seen

    same_on_both(program)


def test_errors_of_the_users_function_are_the_users():
    def program(torch):
        return load(torch, on_cuda(), map_location=lambda storage, location: {}["mine"])

    same_on_both(program)


def test_senseless_map_locations():
    with pytest.raises(TypeError, match=r"map_location must be a device"):
        load(edutorch, on_cuda(), map_location=3)
    with pytest.raises(TypeError, match=r"map_location must return the storage"):
        load(edutorch, on_cuda(), map_location=lambda storage, location: "cpu")


def test_the_old_format():
    data = saved(edutorch, [edutorch.ones(2)], _use_new_zipfile_serialization=False)
    data = data.replace(b"X\x03\0\0\0cpu", b"X\x04\0\0\0cuda")
    same_on_both(lambda torch: load(torch, data, map_location="cpu"))
    if not edutorch.cuda.is_available():
        same_on_both(lambda torch: load(torch, data))
