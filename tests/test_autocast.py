"""Automatic mixed precision: every sample in PyTorch's dtype and to its precision; blocks, cache, gradients, errors."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings

import numpy as np
import pytest

import edutorch as torch
from tests import samples
from tests.test_ops import run
from tests.twins import Programs, same_on_both

oracle = pytest.importorskip("torch")
FRAMEWORKS = (oracle, torch)

# PyTorch composes these of other operators than we do, so some of their samples come out in another dtype.
COMPOSED_OTHERWISE = {
    "linalg.pinv",
    "pinverse",
    "linalg.cond",
    "linalg.det",
    "nn.functional.local_response_norm",
    "pdist",
    "svd",
    "tensordot",
}


def outcome(framework, call, dtype, lower):
    """Return the results of a call inside a block, or None where it fails there."""
    with framework.autocast("cpu", dtype=getattr(framework, lower)):
        try:
            result, _ = run(framework, call, dtype)
        except (RuntimeError, ValueError, TypeError, IndexError):
            return None
    results = result if isinstance(result, (list, tuple)) else [result]
    return [r for r in results if hasattr(r, "dtype")]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("call", samples.all_samples(), ids=repr)
def test_operators_choose_pytorchs_dtype(call, dtype):
    expected = outcome(oracle, call, dtype, "bfloat16")
    projected = call.name == "lstm" and len(call.args[1]) == 2 and call.args[1][0].shape != call.args[1][1].shape
    if expected is None or call.name in COMPOSED_OTHERWISE or projected:
        return
    got = outcome(torch, call, dtype, "bfloat16")
    assert got is not None
    assert [str(r.dtype) for r in got] == [str(r.dtype) for r in expected]


# ---- blocks


program = PROGRAMS = Programs()


@program
def block_nests_and_ends(torch):
    x, w = torch.ones(2, 3), torch.ones(3, 2)
    seen = [torch.is_autocast_enabled("cpu"), (x @ w).dtype]
    with torch.autocast("cpu"):
        seen += [torch.is_autocast_enabled("cpu"), (x @ w).dtype]
        with torch.autocast("cpu", enabled=False):
            seen += [torch.is_autocast_enabled("cpu"), (x @ w).dtype]
            with torch.autocast("cpu", dtype=torch.float16):
                seen += [torch.get_autocast_dtype("cpu"), (x @ w).dtype]
        seen += [(x @ w).dtype, torch.get_autocast_dtype("cpu")]
    return [str(s) for s in (*seen, (x @ w).dtype)]


@program
def decorated_function(torch):
    @torch.autocast("cpu")
    def square(x):
        return x @ x

    return str(square(torch.eye(2)).dtype), str((torch.eye(2) @ torch.eye(2)).dtype)


@program
def exception_ends_the_block(torch):
    try:
        with torch.autocast("cpu"):
            raise ValueError
    except ValueError:
        return torch.is_autocast_enabled("cpu")


@program
def out_is_left_alone(torch):
    out = torch.empty(2, 2)
    with torch.autocast("cpu"):
        torch.mm(torch.eye(2), torch.eye(2), out=out)
    return out


@program
def weights_are_turned_once(torch):
    w = torch.nn.Parameter(torch.full((2, 2), 1.001))
    with torch.autocast("cpu"):
        loss = (torch.ones(1, 2) @ w).sum() * 1.01 + (torch.ones(1, 2) @ w).sum()
    loss.backward()
    return w.grad


@program
def cache_forgets_where_it_is_told(torch):
    w = torch.nn.Parameter(torch.ones(2, 2))
    with torch.autocast("cpu"):
        before = torch.ones(1, 2) @ w
        with torch.no_grad():
            w.mul_(2)
        stale = torch.ones(1, 2) @ w
        torch.clear_autocast_cache()
        return before, stale, torch.ones(1, 2) @ w


@program
def without_cache_writes_are_seen(torch):
    w = torch.nn.Parameter(torch.ones(2, 2))
    with torch.autocast("cpu", cache_enabled=False):
        seen = [torch.is_autocast_cache_enabled(), torch.ones(1, 2) @ w]
        with torch.no_grad():
            w.mul_(2)
        return [*seen, torch.ones(1, 2) @ w]


@program
def second_gradients_pass(torch):
    w = torch.nn.Parameter(torch.ones(2, 2))
    with torch.autocast("cpu"):
        y = (torch.ones(1, 2) @ w).float().pow(3).sum()
    (g,) = torch.autograd.grad(y, w, create_graph=True)
    g.sum().backward()
    return g, w.grad


@program
def unknown_device_type(torch):
    torch.autocast("nope")


@program
def dtype_is_no_half(torch):
    with torch.autocast("cpu", dtype=torch.float32):
        return torch.eye(2) @ torch.eye(2)


@program
def default_of_unknown_device(torch):
    torch.get_autocast_dtype("meta")


@program
def what_is_available(torch):
    return [torch.amp.is_autocast_available(kind) for kind in ("cpu", "cuda", "meta")]


# ---- functions of one's own


def function_of_ones_own(torch, cast_inputs):
    seen = []

    class Double(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=cast_inputs and getattr(torch, cast_inputs))
        def forward(ctx, x, more):
            seen.append((str(x.dtype), str(more["k"].dtype), torch.is_autocast_enabled("cpu")))
            return x * 2

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, g):
            seen.append((str(g.dtype), torch.is_autocast_enabled("cpu")))
            return g * 2, None

    x = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu"):
        y = Double.apply(x, {"k": x})
    y.sum().backward()
    Double.apply(x, {"k": [x, 1]["k" == "x"]}).sum().backward()
    return seen, x.grad


@program
def own_function_with_inputs_cast(torch):
    return function_of_ones_own(torch, "float32")


@program
def own_function_inside_autocast(torch):
    return function_of_ones_own(torch, None)


@program
def custom_fwd_needs_the_device_type(torch):
    torch.amp.custom_fwd(lambda x: x)


@program
def custom_bwd_with_wrong_device_type(torch):
    torch.amp.custom_bwd(lambda x: x, device_type=3)


# ---- the scaler


def scaled_step(torch, scaler, weight, optimizer, slope):
    scaler.scale((weight * slope).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
    return weight.detach().tolist(), scaler.get_scale(), scaler.state_dict()["_growth_tracker"]


def weight_and_optimizer(torch, **options):
    weight = torch.nn.Parameter(torch.ones(3))
    return weight, torch.optim.SGD([weight], lr=0.1), torch.amp.GradScaler("cpu", **options)


@program
def scale_falls_and_rises(torch):
    weight, optimizer, scaler = weight_and_optimizer(torch, init_scale=4.0, growth_interval=2, growth_factor=3.0)
    slopes = (1.0, float("inf"), 1.0, float("nan"), 0.5, 0.5, 0.5, 0.5, 1e-3)
    return [scaled_step(torch, scaler, weight, optimizer, slope) for slope in slopes]


@program
def scale_never_grows_beyond_float32(torch):
    weight, optimizer, scaler = weight_and_optimizer(torch, init_scale=2.0**126, growth_interval=1)
    return [scaled_step(torch, scaler, weight, optimizer, 1e-38) for _ in range(4)]


@program
def clipping_between_unscale_and_step(torch):
    weight, optimizer, scaler = weight_and_optimizer(torch)
    scaler.scale((weight * 7).sum()).backward()
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_([weight], 1.0)
    scaler.step(optimizer)
    scaler.update()
    return norm, weight, scaler.get_scale()


@program
def several_outputs(torch):
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    return scaler.scale([torch.ones(()), (torch.ones(2, dtype=torch.bfloat16),)])


@program
def no_tensor_to_scale(torch):
    torch.amp.GradScaler("cpu").scale(3)


@program
def disabled_scaler(torch):
    weight, optimizer, scaler = weight_and_optimizer(torch, enabled=False)
    scaler.scale((weight * 2).sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    scaler.load_state_dict({})
    return weight, scaler.is_enabled(), scaler.get_scale(), scaler.state_dict()


@program
def state_crosses(torch):
    *_, scaler = weight_and_optimizer(torch)
    scaler.load_state_dict(
        {"scale": 2.0, "growth_factor": 3.0, "backoff_factor": 0.25, "growth_interval": 5, "_growth_tracker": 1}
    )
    scaler.set_growth_factor(4.0)
    scaler.set_backoff_factor(0.1)
    scaler.set_growth_interval(6)
    again = pickle.loads(pickle.dumps(scaler))
    return again.state_dict(), again.scale(torch.ones(()))


@program
def scale_is_set(torch):
    weight, _, scaler = weight_and_optimizer(torch)
    scaler.scale(weight.sum()).backward()
    scaler.update(8.0)
    first = scaler.get_scale()
    scaler.update(torch.tensor(3.0))
    return first, scaler.get_scale()


def after_unscaling(torch):
    weight, optimizer, scaler = weight_and_optimizer(torch)
    scaler.scale(weight.sum()).backward()
    scaler.unscale_(optimizer)
    return optimizer, scaler


@program
def unscaled_twice(torch):
    optimizer, scaler = after_unscaling(torch)
    scaler.unscale_(optimizer)


@program
def stepped_twice(torch):
    optimizer, scaler = after_unscaling(torch)
    scaler.step(optimizer)
    scaler.step(optimizer)


@program
def unscaled_after_the_step(torch):
    optimizer, scaler = after_unscaling(torch)
    scaler.step(optimizer)
    scaler.unscale_(optimizer)


@program
def pickled_in_the_middle(torch):
    pickle.dumps(after_unscaling(torch)[1])


@program
def update_before_scale(torch):
    torch.amp.GradScaler("cpu").update()


@program
def step_before_scale(torch):
    _, optimizer, scaler = weight_and_optimizer(torch)
    scaler.step(optimizer)


@program
def no_gradient_anywhere(torch):
    _, optimizer, scaler = weight_and_optimizer(torch)
    scaler.scale(torch.ones(()))
    scaler.step(optimizer)


@program
def update_without_a_step(torch):
    *_, scaler = weight_and_optimizer(torch)
    scaler.scale(torch.ones(()))
    scaler.update()


@program
def scale_set_to_two_numbers(torch):
    _, scaler = after_unscaling(torch)
    scaler.update(torch.ones(2))


@program
def closure_is_refused(torch):
    _, optimizer, scaler = weight_and_optimizer(torch)
    scaler.scale(torch.ones(()))
    scaler.step(optimizer, closure=lambda: 1)


@program
def gradients_in_float16(torch):
    weight = torch.nn.Parameter(torch.ones(3).half())
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(weight.float().sum()).backward()
    scaler.step(torch.optim.SGD([weight], lr=0.1))


@program
def growth_factor_too_small(torch):
    torch.amp.GradScaler("cpu", growth_factor=1.0)


@program
def backoff_factor_too_large(torch):
    torch.amp.GradScaler("cpu", backoff_factor=1.0)


@program
def empty_state(torch):
    torch.amp.GradScaler("cpu").load_state_dict({})


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_in_pytorch(name):
    same_on_both(PROGRAMS[name])


@pytest.mark.parametrize("name", ["autocast", "GradScaler"])
def test_without_cuda_nothing_is_done(name):
    """PyTorch warns and goes on; so do programs that were written for a GPU."""

    def warnings_of(torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = [getattr(torch.amp, name)("cuda"), getattr(torch.cuda.amp, name)()]
        assert not any(m._enabled for m in made)
        return [(w.category, str(w.message)) for w in caught]

    assert warnings_of(torch) == warnings_of(oracle)


def test_a_decorated_function_may_call_itself():
    """In PyTorch, autocast stays on after that."""

    @torch.autocast("cpu")
    def power(x, n):
        return x if n == 0 else power(x, n - 1) @ x

    assert power(torch.eye(2), 3).dtype is torch.bfloat16
    assert (torch.eye(2) @ torch.eye(2)).dtype is torch.float32


def test_a_device_is_no_device_type():
    with pytest.raises(ValueError, match=r"Expected `device_type` of type `str`, got: `<class '.*device'>`"):
        torch.autocast(torch.device("cpu"))


def test_threads_have_blocks_of_their_own():
    seen = []
    with torch.autocast("cpu"):
        thread = threading.Thread(target=lambda: seen.append((torch.eye(2) @ torch.eye(2)).dtype))
        thread.start()
        thread.join()
    assert seen == [torch.float32]


# ---- training


def losses(torch, lower, scaled):
    torch.manual_seed(0)
    numbers = np.random.Generator(np.random.PCG64(0))
    x, y = numbers.standard_normal((64, 1, 8, 8), np.float32), numbers.integers(0, 4, 64)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 4)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", enabled=scaled, growth_interval=5)
    for _ in range(15):
        with torch.autocast("cpu", dtype=getattr(torch, lower)):
            scores = model(torch.from_numpy(x))
            loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(y))
        assert scores.dtype is getattr(torch, lower)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        yield loss.item()
    assert all(p.dtype is p.grad.dtype is torch.float32 for p in model.parameters())


@pytest.mark.parametrize(("lower", "scaled", "close"), [("bfloat16", False, 0.03), ("float16", True, 0.005)])
def test_twins_train_alike(lower, scaled, close):
    """Half precision is rounded at other places than PyTorch's kernels round: the losses are as close as its digits."""
    ours, theirs = (np.array(list(losses(torch, lower, scaled))) for torch in FRAMEWORKS[::-1])
    assert theirs[-1] < 0.3 * theirs[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=close * theirs[0])


def test_a_copied_block_is_another():
    block = torch.autocast("cpu")
    with copy.copy(block):
        assert torch.is_autocast_enabled("cpu")
    assert not torch.is_autocast_enabled("cpu")
