"""Are the gradients right? Compare them with finite differences.

For y = f(x), column j of the numerical Jacobian is (f(x + eps e_j) - f(x - eps e_j)) / (2 eps); row i of the analytical
one is what backward gives for the i-th unit vector. The fast mode compares one random projection u^T J v of the two
instead of every entry: one backward pass and two calls of f per input, whatever its size.
"""

from __future__ import annotations

import numpy as np

from ..backends import like, to_host
from ..errors import with_remedy
from ..tensor import Tensor, wrap
from .backward import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised when the gradients and the finite differences disagree."""


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    fast_mode=False,
):
    """Check the gradients of `func` at `inputs` against finite differences, of float64 tensors that require grad.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        eps: the step of the differences. atol, rtol: |analytical - numerical| <= atol + rtol |numerical|.
        raise_exception: raise on a mismatch; else return False.
        nondet_tol: how much two backward passes may differ.
        check_grad_dtypes: also require that each gradient has its input's dtype.
        check_undefined_grad: accepted, and without effect: gradients that do not arrive are zeros here.
        fast_mode: compare one random projection instead of every entry of the Jacobian.

    Returns:
        True if all agree.

    Raises:
        GradcheckError: naming output, input and both Jacobians.
        ValueError: if no input requires grad.

    Example:
        >>> import edutorch as torch
        >>> x = torch.randn(4, dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(torch.tanh, (x,))
        True
    """
    try:
        return _check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, check_grad_dtypes, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    fast_mode=False,
    gen_non_contig_grad_outputs=False,
):
    """Check second derivatives: `gradcheck` of the function that computes the gradients of `func`.

    Args:
        grad_outputs: the gradients of the outputs; random if None.
        gen_non_contig_grad_outputs: accepted, and without effect. The rest as in `gradcheck`.
    """
    inputs = _as_tuple(inputs)
    differentiable = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        outputs = [y for y in _as_tuple(func(*inputs)) if isinstance(y, Tensor) and y.requires_grad]
        grad_outputs = [
            wrap(like(np.asarray(rng.standard_normal(y.array.shape), y.array.dtype), y.array)).requires_grad_()
            for y in outputs
        ]
    grad_outputs = list(_as_tuple(grad_outputs))

    def gradients(*args):
        xs, gs = args[: len(inputs)], args[len(inputs) :]
        outputs = [y for y in _as_tuple(func(*xs)) if isinstance(y, Tensor) and y.requires_grad]
        found = grad(outputs, [xs[i] for i in differentiable], gs, create_graph=True, allow_unused=True)
        return tuple(d for d in found if d is not None and d.requires_grad)

    return gradcheck(
        gradients,
        (*inputs, *grad_outputs),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_grad_dtypes=check_grad_dtypes,
        fast_mode=fast_mode,
    )


def _as_tuple(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _check(func, inputs, eps, atol, rtol, nondet_tol, check_grad_dtypes, fast_mode):
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError(
            with_remedy(
                "gradcheck expects at least one input tensor to require gradient, but none of them have"
                " requires_grad=True.",
                "Call x.requires_grad_() on the inputs to check.",
            )
        )
    outputs = [y for y in _as_tuple(func(*inputs)) if isinstance(y, Tensor) and y.is_floating_point()]
    if not any(y.requires_grad for y in outputs):
        return _check_constant(func, inputs, checked, eps, atol)
    for o, y in enumerate(outputs):
        if not y.requires_grad:
            continue
        compare = _fast if fast_mode else _full
        compare(func, inputs, checked, o, y, eps, atol, rtol)
        _check_twice(y, inputs, checked, nondet_tol, check_grad_dtypes)
    return True


def _check_constant(func, inputs, checked, eps, atol):
    """A result without history must not depend on the inputs."""
    for i in checked:
        for o in range(len(_as_tuple(func(*inputs)))):
            if np.abs(_numerical(func, inputs, i, o, eps)).max(initial=0) > atol:
                raise GradcheckError("Numerical gradient for function expected to be zero")
    return True


def _output(func, inputs, o):
    y = [y for y in _as_tuple(func(*inputs)) if isinstance(y, Tensor) and y.is_floating_point()][o]
    return to_host(y.array).astype(np.float64)


def _moved(inputs, i, step):
    """Return the inputs with a step added to input `i`, detached."""
    moved = [x.detach() if isinstance(x, Tensor) else x for x in inputs]
    moved = [
        x.requires_grad_() if isinstance(x, Tensor) and inputs[k].requires_grad else x for k, x in enumerate(moved)
    ]
    array = inputs[i].array
    stepped = (to_host(array).astype(np.float64) + step).astype(array.dtype)
    moved[i] = wrap(like(stepped, array)).requires_grad_()
    return moved


def _numerical(func, inputs, i, o, eps):
    """Return the Jacobian of output `o` by input `i`, one central difference a row: (input size, output size)."""
    rows = []
    for j in range(inputs[i].array.size):
        step = np.zeros(inputs[i].array.size)
        step[j] = eps
        step = step.reshape(inputs[i].array.shape)
        rows.append(
            (_output(func, _moved(inputs, i, step), o) - _output(func, _moved(inputs, i, -step), o)).ravel() / (2 * eps)
        )
    return np.array(rows)


def _analytical(y, x):
    """Return the Jacobian of a result by an input, one backward pass a column: (input size, output size)."""
    columns = []
    for k in range(y.array.size):
        unit = np.zeros(y.array.size, y.array.dtype)
        unit[k] = 1
        direction = wrap(like(unit.reshape(y.array.shape), y.array))
        (d,) = grad(y, x, direction, retain_graph=True, allow_unused=True)
        columns.append(np.zeros(x.array.size) if d is None else to_host(d.array).astype(np.float64).ravel())
    return np.array(columns).T


def _full(func, inputs, checked, o, y, eps, atol, rtol):
    for n, i in enumerate(checked):
        numerical, analytical = _numerical(func, inputs, i, o, eps), _analytical(y, inputs[i])
        if numerical.size and not np.allclose(analytical, numerical, rtol, atol):
            worst = np.unravel_index(np.nanargmax(np.abs(analytical - numerical)), numerical.shape)
            raise GradcheckError(
                f"Jacobian mismatch for output {o} with respect to input {n},\n"
                f"numerical:{wrap(numerical)!r}\nanalytical:{wrap(analytical)!r}\n"
                f"They differ most where input element {worst[0]} moves output element {worst[1]}: "
                f"{numerical[worst]:.6g} by finite differences, {analytical[worst]:.6g} by backward."
            )


def _fast(func, inputs, checked, o, y, eps, atol, rtol):
    rng = np.random.default_rng(0)
    u = rng.random(y.array.shape)
    for n, i in enumerate(checked):
        x = inputs[i]
        v = rng.standard_normal(x.array.shape)
        v = v / max(np.linalg.norm(v), 1e-300)
        difference = _output(func, _moved(inputs, i, eps * v), o) - _output(func, _moved(inputs, i, -eps * v), o)
        numerical = float((u * difference).sum() / (2 * eps))
        (d,) = grad(y, x, wrap(like(np.asarray(u, y.array.dtype), y.array)), retain_graph=True, allow_unused=True)
        analytical = 0.0 if d is None else float((to_host(d.array) * v).sum())
        # One projection adds up all entries' errors: scale the tolerance as if each had erred by atol.
        if not abs(analytical - numerical) <= atol * np.abs(u).sum() + rtol * abs(numerical):
            raise GradcheckError(
                f"Jacobian mismatch for output {o} with respect to input {n},\n"
                f"numerical:{numerical}\nanalytical:{analytical}\n\n"
                "The above quantities relating the numerical and analytical jacobians are computed in fast mode: "
                "run again with fast_mode=False to see every entry."
            )


def _check_twice(y, inputs, checked, nondet_tol, check_grad_dtypes):
    """Two backward passes must agree, in the inputs' dtypes if that is asked for."""
    numbers = np.asarray(np.random.default_rng(0).standard_normal(y.array.shape), y.array.dtype)
    seed = wrap(like(numbers, y.array))
    xs = [inputs[i] for i in checked]
    first, second = (grad(y, xs, seed, retain_graph=True, allow_unused=True) for _ in range(2))
    for n, (x, a, b) in enumerate(zip(xs, first, second, strict=True)):
        if a is None or b is None:
            continue
        if np.abs(to_host(a.array - b.array)).max(initial=0) > nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times"
                f" gives different values, although analytical gradient matches numerical gradient. Input {n}: it"
                f" differs by {np.abs(a.array - b.array).max()}."
            )
        if check_grad_dtypes and a.dtype is not x.dtype:
            raise GradcheckError(f"the gradient of input {n} has dtype {a.dtype}, the input {x.dtype}")
