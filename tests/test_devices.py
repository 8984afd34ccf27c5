"""Tensors on CUDA devices, by the stand-in: what moves, what stays, what is refused, and in which words."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn, optim
from edutorch.utils.data import DataLoader, TensorDataset
from tests.fake_cuda import counted

MIXED = r"^Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!\n"


# ---------------------------------------------------------------- where a tensor lies


@pytest.mark.parametrize("where", ["cuda", "cuda:0", torch.device("cuda"), torch.device("cuda", 0), 0])
def test_to(cuda, where):
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    y = x.to(where, non_blocking=True)
    assert (str(y.device), y.is_cuda, y.get_device()) == ("cuda:0", True, 0)
    assert y.to(where) is y
    assert y.cuda() is y
    assert y.cpu().device == torch.device("cpu") == x.device
    (y * y).sum().backward()
    assert x.grad.tolist() == [[2.0, 4.0]]
    assert x.grad.device == x.device
    assert y.grad_fn.name() == "ToCopyBackward0"
    assert x.to(where, torch.float64).dtype == torch.float64
    assert x.cpu() is x
    assert x.get_device() == -1


def test_a_second_device(cuda):
    if torch.cuda.device_count() < 2:
        pytest.skip("there is one device")
    a, b = torch.ones(3, device="cuda:0"), torch.full((3,), 2.0, device="cuda:1")
    assert str((b * b).device) == "cuda:1"
    with pytest.raises(RuntimeError, match=r"found at least two devices, cuda:0 and cuda:1!"):
        a + b
    with torch.cuda.device(1):
        assert torch.cuda.current_device() == 1
        assert str(torch.zeros(1, device="cuda").device) == "cuda:1"
    assert torch.cuda.current_device() == 0
    w = torch.ones(3, device="cuda:1", requires_grad=True)
    (w * b).exp().sum().backward()
    assert str(w.grad.device) == "cuda:1"
    assert str(torch.zeros_like(b).device) == "cuda:1"
    layer = nn.Linear(3, 2).to("cuda:1")
    for optimizer in (optim.AdamW(layer.parameters()), optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)):
        layer(b).sum().backward()
        optimizer.step()
    assert str(layer.weight.device) == "cuda:1"
    assert str(torch.rand(4, 3, device="cuda:1").softmax(-1).max(-1).values.device) == "cuda:1"
    with pytest.raises(RuntimeError, match=r"^CUDA error: invalid device ordinal"):
        a.to("cuda:7")


def test_making_tensors_there(cuda):
    like = torch.ones(2, 3, device=cuda)
    for x in (
        torch.zeros(2, device=cuda), torch.full((2,), 3, device=cuda), torch.arange(5, device="cuda"),
        torch.tensor([1, 2], device=cuda), torch.as_tensor(np.ones(2), device=cuda), torch.eye(3, device=cuda),
        torch.randn(2, device=cuda), torch.randperm(4, device=cuda), torch.linspace(0, 1, 3, device=cuda),
        torch.zeros_like(like), torch.rand_like(like), like.new_zeros(2), like.new_tensor([1.0]),
        torch.empty(0, device=cuda), torch.tensor(5, device=cuda), torch.normal(like, like), torch.bernoulli(like),
        torch.tril_indices(3, 3, device=cuda), like.new_full((2,), 1),
    ):  # fmt: skip
        assert str(x.device) == "cuda:0"
    assert torch.zeros_like(like, device="cpu").device == torch.device("cpu")
    assert like.new_ones(2, device="cpu").device == torch.device("cpu")


def test_the_default_device(cuda):
    assert torch.get_default_device() == torch.device("cpu")
    with torch.device("cuda"):
        assert torch.zeros(2).is_cuda
        assert torch.tensor([1.0]).is_cuda
        assert nn.Linear(2, 3).weight.is_cuda
        assert not torch.from_numpy(np.ones(2)).is_cuda
        assert not torch.ones(2, device="cpu").is_cuda
        with torch.device("cpu"):
            assert not torch.zeros(2).is_cuda
        assert torch.get_default_device() == torch.device("cuda", 0)
    assert not torch.zeros(2).is_cuda
    torch.set_default_device("cuda")
    try:
        assert torch.arange(3).is_cuda
    finally:
        torch.set_default_device(None)
    assert not torch.arange(3).is_cuda


# ---------------------------------------------------------------- operands on two devices


@pytest.mark.parametrize(
    "program",
    [
        lambda here, there: here + there,
        lambda here, there: there * here,
        lambda here, there: there @ here.mT,
        lambda here, there: torch.cat([there, here]),
        lambda here, there: there.add_(here),
        lambda here, there: torch.where(there > 0, there, here),
        lambda here, there: nn.functional.mse_loss(there, here),
        lambda here, there: nn.functional.linear(there, here),
        lambda here, there: nn.Linear(3, 2)(there),
        lambda here, there: nn.functional.layer_norm(there, (3,), here[0]),
        lambda here, there: nn.functional.cross_entropy(there, torch.tensor([0, 1])),
        lambda here, there: torch.stack([here, there]),
        lambda here, there: there == here,
        lambda here, there: nn.LSTM(3, 2)(there),
    ],
)
def test_mixed_devices_are_refused(cuda, program):
    with pytest.raises(RuntimeError, match=MIXED):
        program(torch.ones(2, 3), torch.ones(2, 3, device=cuda))


def test_single_numbers_from_the_cpu_may_be_mixed_in(cuda):
    x = torch.arange(3.0, device=cuda)
    scale = torch.tensor(2.0, requires_grad=True)
    y = scale * x
    assert y.is_cuda
    y.sum().backward()
    assert scale.grad.item() == 3.0
    assert scale.grad.device == torch.device("cpu")
    assert (x / torch.tensor(2)).tolist() == [0.0, 0.5, 1.0]
    x *= torch.tensor(3.0)
    assert x.tolist() == [0.0, 3.0, 6.0]


def test_indices_may_come_from_the_cpu(cuda):
    x = torch.arange(6.0, device=cuda).reshape(2, 3)
    assert x[torch.tensor([1, 0])][:, 0].tolist() == [3.0, 0.0]
    assert x[x > 3].tolist() == [4.0, 5.0]
    assert x[[0, 1], [2, 0]].tolist() == [2.0, 3.0]
    with pytest.raises(
        RuntimeError, match=r"^indices should be either on cpu or on the same device as the indexed tensor"
    ):
        torch.ones(3)[torch.tensor([0], device=cuda)]
    x[0, torch.tensor([True, False, True])] = -1
    x[1] = torch.ones(3)
    x[:, 2] = 7
    assert x.tolist() == [[-1.0, 1.0, 7.0], [1.0, 1.0, 7.0]]
    x.copy_(torch.zeros(2, 3))
    assert not x.any().item()
    here = torch.zeros(3)
    here.copy_(x[0] + 1)
    assert here.tolist() == [1.0, 1.0, 1.0]


def test_numpy_is_refused_in_pytorchs_words(cuda):
    x = torch.ones(2, device=cuda)
    sentence = r"^can't convert cuda:0 device type tensor to numpy\. Use Tensor\.cpu\(\) to copy the tensor to host"
    for use in (lambda: x.numpy(), lambda: np.asarray(x), lambda: np.add(x, 1)):
        with pytest.raises(TypeError, match=sentence):
            use()
    assert x.numpy(force=True).tolist() == [1.0, 1.0]
    assert x.sum().item() == 2.0


def test_printing(cuda):
    with counted() as found:
        text = repr(torch.arange(3.0, device=cuda, requires_grad=True))
    assert text == "tensor([0., 1., 2.], device='cuda:0', requires_grad=True)"
    assert found["sync"] == 1
    assert f"{torch.tensor(2.5, device=cuda):.2f}" == "2.50"


# ---------------------------------------------------------------- views, copies, files


def test_views_share_memory(cuda):
    x = torch.zeros(2, 3, device=cuda)
    x.mT[1] += 5
    x.view(-1)[0] = 1
    assert x.tolist() == [[1.0, 5.0, 0.0], [0.0, 5.0, 0.0]]
    assert x[1].data_ptr() == x.data_ptr() + 12
    assert (x[1].storage_offset(), x.mT.stride(), x.mT.is_contiguous()) == (3, (1, 3), False)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        torch.ones(1, device=cuda).expand(3).add_(1)
    leaf = torch.ones(3, device=cuda, requires_grad=True)
    (leaf * 1)[:2].mul_(3).sum().backward()
    assert leaf.grad.tolist() == [3.0, 3.0, 0.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place"):
        leaf.add_(1)


def test_gradcheck(cuda):
    x = torch.randn(3, dtype=torch.float64, device=cuda, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: x.exp() * x, (x,))
    assert torch.autograd.gradgradcheck(lambda x: x.exp() * x, (x,))


def test_copies_and_pickles(cuda):
    x = torch.arange(4.0, device=cuda, requires_grad=True)
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.clone()):
        assert str(y.device) == "cuda:0"
        assert y.tolist() == x.tolist()
        assert y.requires_grad
        assert y.data_ptr() != x.data_ptr()


@pytest.mark.parametrize("zipped", [True, False])
def test_saving_and_loading(cuda, zipped):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to(cuda)
    file = io.BytesIO()
    torch.save(model.state_dict(), file, _use_new_zipfile_serialization=zipped)

    def load(where):
        file.seek(0)
        return torch.load(file, map_location=where)

    assert {str(t.device) for t in load(None).values()} == {"cuda:0"}
    for where in ("cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage):
        state = load(where)
        assert {str(t.device) for t in state.values()} == {"cpu"}
        twin = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to(cuda)
        twin.load_state_dict(state)
        assert twin[0].weight.tolist() == model[0].weight.tolist()
        assert twin[0].weight.is_cuda
    file = io.BytesIO()
    torch.save(torch.arange(3.0)[1:], file, _use_new_zipfile_serialization=zipped)
    assert load("cuda").tolist() == [1.0, 2.0]
    assert load("cuda").is_cuda


# ---------------------------------------------------------------- modules, optimizers, data


def test_modules_move_in_place(cuda):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    weight = model[0].weight
    model(torch.randn(5, 3)).sum().backward()
    assert model.to(cuda) is model
    assert model[0].weight is weight
    assert {str(t.device) for t in model.state_dict().values()} == {"cuda:0"}
    assert weight.grad.is_cuda
    assert not model.cpu()[0].weight.is_cuda
    assert model.cuda()[0].weight.is_cuda
    assert nn.Linear(2, 2, device=cuda).weight.is_cuda
    lazy = nn.LazyLinear(2).to(cuda)
    assert lazy(torch.ones(1, 3, device=cuda)).is_cuda


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam",
                                  "Rprop", "ASGD", "Adafactor", "LBFGS"])  # fmt: skip
def test_optimizers(cuda, name):
    def train(where):
        torch.manual_seed(0)
        model, x = nn.Linear(4, 3).double().to(where), torch.randn(6, 4, dtype=torch.float64).to(where)
        optimizer = getattr(optim, name)(model.parameters())

        def closure():
            optimizer.zero_grad()
            loss = model(x).pow(2).mean()
            loss.backward()
            return loss

        for _ in range(20):
            optimizer.step(closure)
        again = getattr(optim, name)(model.parameters())
        again.load_state_dict(optimizer.state_dict())
        remembered = [v for s in again.state.values() for v in s.values() if isinstance(v, torch.Tensor) and v.ndim]
        assert {str(v.device) for v in remembered} <= {where}
        return [p.detach().cpu().numpy() for p in model.parameters()]

    for a, b in zip(train("cpu"), train(cuda), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6, atol=1e-9)


def test_batches_go_to_the_device(cuda):
    data = TensorDataset(torch.arange(10.0).reshape(5, 2), torch.arange(5))
    seen = []
    for x, y in DataLoader(data, batch_size=2, pin_memory=True):
        x, y = x.to(cuda, non_blocking=True), y.to(cuda, non_blocking=True)
        assert x.is_cuda
        seen += y.tolist()
    assert seen == [0, 1, 2, 3, 4]
    there = TensorDataset(torch.arange(10.0, device=cuda).reshape(5, 2))
    assert [x.is_cuda for (x,) in DataLoader(there, batch_size=2, shuffle=True)] == [True] * 3


# ---------------------------------------------------------------- random numbers


def test_random_numbers_on_the_device(cuda):
    def draw():
        x = torch.ones(20, device=cuda)
        return [torch.rand(3, device=cuda).tolist(), torch.randn(20, device=cuda).tolist(),
                nn.functional.dropout(x, 0.5).tolist(), torch.empty(2, device=cuda).uniform_().tolist()]  # fmt: skip

    torch.manual_seed(3)
    first = draw()
    assert draw() != first
    torch.manual_seed(3)
    assert draw() == first
    torch.cuda.manual_seed(3)
    assert draw() == first
    state = torch.cuda.get_rng_state()
    later = draw()
    torch.cuda.set_rng_state(state)
    assert draw() == later
    g = torch.Generator(device=cuda).manual_seed(3)
    assert torch.rand(3, device=cuda, generator=g).tolist() == first[0]
    with pytest.raises(RuntimeError, match=r"^Expected a 'cuda' device type for generator but found 'cpu'"):
        torch.rand(3, device=cuda, generator=torch.Generator())
    here = torch.get_rng_state()
    draw()
    assert torch.equal(torch.get_rng_state(), here)
    with torch.random.fork_rng():
        draw()
    assert torch.cuda.initial_seed() == 3


# ---------------------------------------------------------------- torch.cuda


def test_torch_cuda(cuda):
    assert torch.cuda.is_available()
    assert torch.cuda.is_initialized()
    assert torch.cuda.device_count() >= 1
    assert torch.accelerator.current_accelerator() == torch.device("cuda")
    assert torch.backends.cuda.is_built()
    assert isinstance(torch.cuda.get_device_name(0), str)
    assert torch.cuda.get_device_properties("cuda").total_memory > 0
    assert torch.cuda.get_device_capability() >= (3, 0)
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    assert torch.cuda.max_memory_allocated() >= 0 <= torch.cuda.memory_allocated(0)
    assert torch.cuda.mem_get_info()[1] >= torch.cuda.mem_get_info()[0]


def test_streams_and_events(cuda):
    stream = torch.cuda.Stream()
    before = torch.cuda.current_stream()
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    with torch.cuda.stream(stream):
        assert torch.cuda.current_stream() == stream
        start.record()
        x = torch.ones(3, device=cuda) * 2
        end.record()
    assert torch.cuda.current_stream() == before == torch.cuda.default_stream()
    before.wait_stream(stream)
    end.synchronize()
    assert end.query()
    assert start.elapsed_time(end) >= 0
    assert x.sum().item() == 6


# ---------------------------------------------------------------- the stand-in is strict


@pytest.mark.parametrize(
    "program",
    [
        lambda cupy, a: a + np.ones(3),
        lambda cupy, a: np.ones(3) * a,
        lambda cupy, a: a + np.array(1.0),
        lambda cupy, a: np.asarray(a),
        lambda cupy, a: np.sum(a, where=a > 1),
        lambda cupy, a: cupy.vecdot(a, a),
        lambda cupy, a: a.max(initial=0),
        lambda cupy, a: a.flags.writeable,
        lambda cupy, a: cupy.concatenate([a, np.ones(3)]),
        lambda cupy, a: cupy.maximum.accumulate(a),
        lambda cupy, a: cupy.add(a, a, where=a > 0),
        lambda cupy, a: a[np.array([0])],
        lambda cupy, a: a.repeat(a),
        lambda cupy, a: range(a[0]),
    ],
)
def test_what_cupy_refuses_the_stand_in_refuses(program):
    from tests.fake_cuda import cupy

    with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError)):
        program(cupy, cupy.arange(3.0))


def test_what_the_stand_in_counts():
    from tests.fake_cuda import cupy

    with counted() as found:
        a = cupy.asarray(np.ones((2, 2), np.float32))
        b = (a @ a + np.float32(1)).T.reshape(-1)[1:]
        float(b.sum())
    assert found == {"copy": 1, "library": 1, "launch": 3, "sync": 1}  # `+`, the copy that `reshape` makes, `sum`
    assert type(a[0, 0]) is type(a)
    assert a.sum().shape == ()
    assert cupy.take(cupy.arange(3), cupy.asarray([4])).tolist() == [1]
