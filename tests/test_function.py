"""`autograd.Function`, `gradcheck` and `autograd.functional`, against PyTorch."""

from __future__ import annotations

import pytest

import edutorch
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def cube(torch, **members):
    """Return x -> x**3 as a Function, with parts replaced."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    return type("Cube", (Cube,), {k: staticmethod(v) for k, v in members.items()})


def x_of(torch):
    return torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)


@program
def forward_and_backward(torch):
    x = x_of(torch)
    y = cube(torch).apply(x)
    y.sum().backward()
    return y, y.grad_fn, type(y.grad_fn).__name__, x.grad


@program
def second_gradient(torch):
    x = x_of(torch)
    (g,) = torch.autograd.grad(cube(torch).apply(x).sum(), x, create_graph=True)
    return torch.autograd.grad(g.sum(), x)


@program
def nothing_is_recorded_inside(torch):
    seen = []

    def forward(ctx, x):
        seen.append((torch.is_grad_enabled(), (x * 2).requires_grad, ctx.needs_input_grad))
        return x * 2

    cube(torch, forward=forward, backward=lambda ctx, g: g * 2).apply(x_of(torch))
    return seen


@program
def other_arguments_and_needs_input_grad(torch):
    seen = []

    def forward(ctx, x, w, k, name="n"):
        ctx.k = k
        ctx.save_for_backward(x, w)
        return x * w * k

    def backward(ctx, g):
        x, w = ctx.saved_tensors
        seen.append(ctx.needs_input_grad)
        return g * w * ctx.k, g * x * ctx.k, None

    x, w = x_of(torch), torch.ones(3, dtype=torch.float64) * 2
    cube(torch, forward=forward, backward=backward).apply(x, w, 5.0).sum().backward()
    return seen, x.grad, w.grad


@program
def several_outputs(torch):
    seen = []

    def backward(ctx, a, b):
        seen.append((a.tolist(), b.tolist()))
        return a * 2 + b * 3

    f = cube(torch, forward=lambda ctx, x: (x * 2, x * 3), backward=backward)
    x = x_of(torch)
    a, b = f.apply(x)
    b.sum().backward()
    return seen, x.grad, a.grad_fn, b.output_nr


@program
def gradients_not_materialized(torch):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, a, b):
        seen.append((a is None, b is None))
        return b * 3

    x = x_of(torch)
    cube(torch, forward=forward, backward=backward).apply(x)[1].sum().backward()
    return seen, x.grad


@program
def an_output_without_gradient(torch):
    def forward(ctx, x):
        i = x.argmax()
        ctx.mark_non_differentiable(i)
        return x * 2, i

    x = x_of(torch)
    y, i = cube(torch, forward=forward, backward=lambda ctx, g, _: g * 2).apply(x)
    y.sum().backward()
    return i, x.grad, y.requires_grad


@program
def in_place(torch):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    x = x_of(torch)
    y = x * 1
    z = cube(torch, forward=forward, backward=lambda ctx, g: g * 2).apply(y)
    z.sum().backward()
    return z is y, z, x.grad, z.grad_fn


@program
def in_place_on_a_leaf(torch):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    cube(torch, forward=forward).apply(x_of(torch))


@program
def an_input_returned(torch):
    x = x_of(torch)
    y = cube(torch, forward=lambda ctx, x: x, backward=lambda ctx, g: -g).apply(x)  # gradient reversal
    y.sum().backward()
    return y is x, x.grad


@program
def a_saved_output(torch):
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y

    x = x_of(torch)
    y = cube(torch, forward=forward, backward=backward).apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return g, torch.autograd.grad(g.sum(), x)


@program
def setup_context(torch):
    f = cube(torch, forward=lambda x, k: x * k, backward=lambda ctx, g: (g * ctx.k, None),
             setup_context=lambda ctx, inputs, output: setattr(ctx, "k", inputs[1]))  # fmt: skip
    x = x_of(torch)
    f.apply(x, 4.0).sum().backward()
    return x.grad


@program
def once_differentiable(torch):
    f = cube(torch, backward=torch.autograd.function.once_differentiable(lambda ctx, g: g * ctx.saved_tensors[0]))
    x = x_of(torch)
    (g,) = torch.autograd.grad(f.apply(x).sum(), x, create_graph=True)
    g.sum().backward()


@program
def once_differentiable_once(torch):
    f = cube(torch, backward=torch.autograd.function.once_differentiable(lambda ctx, g: g * ctx.saved_tensors[0]))
    x = x_of(torch)
    f.apply(x).sum().backward()
    return x.grad


@program
def too_few_gradients(torch):
    f = cube(torch, forward=lambda ctx, x, k: x * k, backward=lambda ctx, g: g)
    f.apply(x_of(torch), 2.0).sum().backward()


@program
def a_gradient_of_the_wrong_shape(torch):
    cube(torch, backward=lambda ctx, g: g[:2]).apply(x_of(torch)).sum().backward()


@program
def a_gradient_that_is_no_tensor(torch):
    cube(torch, backward=lambda ctx, g: 3).apply(x_of(torch)).sum().backward()


@program
def a_gradient_for_a_number(torch):
    f = cube(torch, forward=lambda ctx, x, k: x * k, backward=lambda ctx, g: (g, g))
    f.apply(x_of(torch), 2.0).sum().backward()


@program
def no_forward(torch):
    type("Empty", (torch.autograd.Function,), {}).apply(x_of(torch))


@program
def no_backward(torch):
    f = type("Half", (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
    f.apply(x_of(torch)).sum().backward()


@program
def backward_twice(torch):
    y = cube(torch).apply(x_of(torch)).sum()
    y.backward()
    y.backward()


@program
def a_saved_tensor_overwritten(torch):
    x = x_of(torch) * 1
    y = cube(torch).apply(x).sum()
    x.add_(1)
    y.backward()


# ---------------------------------------------------------------- gradcheck


@program
def gradcheck_of_a_right_gradient(torch):
    x = x_of(torch)
    check = torch.autograd.gradcheck
    return [
        check(f, (x,), fast_mode=fast)
        for fast in (False, True)
        for f in (torch.exp, torch.tanh, lambda x: (x * x).sum())
    ]


@program
def gradgradcheck(torch):
    x = x_of(torch)
    return torch.autograd.gradgradcheck(cube(torch).apply, (x,)), torch.autograd.gradgradcheck(
        torch.sin, (x,), fast_mode=True
    )


@program
def gradcheck_of_a_wrong_gradient(torch):
    torch.autograd.gradcheck(cube(torch, backward=lambda ctx, g: g * 3).apply, (x_of(torch),))


@program
def gradcheck_of_a_wrong_gradient_fast(torch):
    torch.autograd.gradcheck(cube(torch, backward=lambda ctx, g: g * 3).apply, (x_of(torch),), fast_mode=True)


@program
def gradcheck_that_returns(torch):
    wrong = cube(torch, backward=lambda ctx, g: g * 3).apply
    return torch.autograd.gradcheck(wrong, (x_of(torch),), raise_exception=False)


@program
def gradcheck_without_inputs_to_check(torch):
    torch.autograd.gradcheck(torch.exp, (torch.ones(2, dtype=torch.float64),))


@program
def gradcheck_of_two_inputs_and_outputs(torch):
    x, w = x_of(torch), x_of(torch)
    return torch.autograd.gradcheck(lambda a, b: (a * b, a.sum() * b), (x, w))


# ---------------------------------------------------------------- functional


def functions(torch):
    return torch.autograd.functional


@program
def jacobian(torch):
    x = x_of(torch).detach()
    J = functions(torch).jacobian
    return (
        J(lambda x: x**2, x),
        J(lambda x, y: (x * y, x.sum()), (x, x * 2)),
        J(lambda x: x[None] * x[:, None], x),
    )


@program
def hessian(torch):
    x = x_of(torch).detach()
    H = functions(torch).hessian
    return H(lambda x: (x**3).sum(), x), H(lambda x, y: (x * y * y).sum(), (x, x * 2))


@program
def products(torch):
    x, v, F = x_of(torch).detach(), torch.tensor([1.0, 0.5, -1.0], dtype=torch.float64), functions(torch)
    f, s = (lambda x: x**2 * x.sum()), (lambda x: (x**3).sum() * x[0])
    return F.vjp(f, x, v), F.jvp(f, x, v), F.vhp(s, x, v), F.hvp(s, x, v)


@program
def jacobian_that_can_be_differentiated(torch):
    x = x_of(torch)
    J = functions(torch).jacobian(lambda x: x**3, x, create_graph=True)
    return torch.autograd.grad(J.sum(), x)


@program
def vjp_without_a_vector(torch):
    return functions(torch).vjp(lambda x: x**2, x_of(torch).detach())


@program
def hessian_of_a_vector(torch):
    return functions(torch).hessian(lambda x: x**2, x_of(torch).detach())


@program
def jacobian_of_what_is_no_tensor(torch):
    return functions(torch).jacobian(lambda x: x, 3.0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name):
    same_on_both(PROGRAMS[name], rtol=1e-9)


def test_gradcheck_names_the_worst_entry():
    wrong = cube(edutorch, backward=lambda ctx, g: g * 3)
    with pytest.raises(
        edutorch.autograd.GradcheckError,
        match="They differ most where input element 2 moves output element 2",
    ):
        edutorch.autograd.gradcheck(wrong.apply, (x_of(edutorch),))
