r"""Moving house with an optimizer

`model.to("cuda")` walks through a model and moves its tensors, one by one. A batch has to be moved as well, and there
the result counts: `x = x.to("cuda")`, a tensor stays where it is. A model is different: it stays the same object, and
so do its parameters. An optimizer that was made before holds *those* parameters, and must find them again (lesson 7,
section 10).

Write `move_model(model, move)`. `move` is a function that returns a moved tensor, for instance
`lambda t: t.to("cuda")`. Afterwards

- every parameter's memory (`p.data`) is what `move` made of it, in the whole model, and the parameters are the *same
  objects* as before;
- a gradient that is there is moved, too;
- so is every buffer, such as the running mean of batch norm; a buffer may be put in its place as a new tensor;
- the model is returned.

`check` moves to where any machine can: `move` turns numbers into float64. What is wrong with the walk is the same. The
optimizer is made before, makes a step after, and the model's weights have to follow.

Do it yourself, without `to`, `double` and their like, and without the private `_apply`, which they all call. A module
has `parameters()`, `modules()`, and `named_buffers(recurse=False)`.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, swap
from edutorch.classroom.formula import Formula


def move_model(model, move):
    """Move every parameter, gradient and buffer of a model; return the model."""
    for p in model.parameters():
        grad, p.grad = p.grad, None
        p.data = move(p.data)
        if grad is not None:
            p.grad = move(grad)
    for module in model.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, move(buffer))
    return model


DOUBLE = "lambda t: t.double() if t.is_floating_point() else t"


def cases(draw):
    """One layer; a gradient; buffers; layers in layers; a parameter of the model's own; two that share a weight."""
    for model in ("one layer", "batch norm", "nested", "own parameter", "shared weight"):
        yield model, Formula(DOUBLE), draw.randn(4, 3), False
        if model in ("one layer", "nested"):
            yield model, Formula(DOUBLE), draw.randn(4, 3), True


def made(kind):
    """Return a model of this kind, from 3 numbers to 3."""
    nn = torch.nn
    if kind == "one layer":
        return nn.Linear(3, 3)
    if kind == "batch norm":
        return nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    if kind == "nested":
        return nn.Sequential(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), nn.Sequential(nn.Linear(2, 3)))
    if kind == "own parameter":
        model = nn.Sequential(nn.Linear(3, 3))
        model.scale = nn.Parameter(torch.ones(3))
        return model
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    return model


def probe(move_model, model, move, x, with_gradients):
    """Make an optimizer, move the model, and make a step with the optimizer; return what is where."""
    torch.manual_seed(x.numel())
    model = made(model)
    if with_gradients:
        model(x).square().mean().backward()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    before = list(model.parameters())
    moved = move_model(model, move)
    returned = "the model" if moved is model else f"another {type(moved).__name__}"
    model = moved if isinstance(moved, torch.nn.Module) else model
    after = list(model.parameters())
    found = {
        "returned": returned,
        "dtype of each": {name: str(t.dtype) for name, t in model.state_dict().items()},
        "dtype of each gradient": [str(p.grad.dtype) for p in after if p.grad is not None],
        "the same parameters": len(before) == len(after) and all(p is q for p, q in zip(before, after, strict=True)),
    }
    loss = model(move(x)).square().mean()
    model.zero_grad()
    loss.backward()
    optimizer.step()
    weights = [p.detach().double() for p in model.parameters()]
    return {**found, "loss": loss.item(), "parameters after a step": weights}


def finale(move_model):
    """**Your walk in the library.** `double`, `half`, `to` and `cuda` of every module go through one function, and for
    a moment that is yours. Half the digits are half the memory."""

    def kilobytes(model):
        tensors = model.state_dict().values()
        return sum(t.numel() * t.element_size() for t in tensors) / 1024

    nn = torch.nn
    model = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10))
    before = kilobytes(model)
    with swap("nn.Module._apply", move_model):
        model.bfloat16()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with swap("nn.Module._apply", move_model):
        model.to(device)
    print(f"{before:.1f} KiB, and then {kilobytes(model):.1f} KiB")
    assert kilobytes(model) < 0.51 * before
    assert model(torch.randn(8, 64, device=device, dtype=torch.bfloat16)).isfinite().all()


task = Task(
    move_model,
    cases=cases,
    probe=probe,
    also=never_calls("to", "double", "float", "half", "bfloat16", "cuda", "type", "_apply", "load_state_dict"),
    minutes=20,
    points=3,
    swap="nn.Module._apply",
    finale=finale,
    hints=(
        "Three kinds of tensors belong to a model: which are given to the optimizer, which come from `backward`, and"
        " which does neither?",
        "A parameter must stay the same object: give it new memory, `p.data = …`. `model.parameters()` goes through the"
        " whole model; buffers have to be put back where they were found, in *their* module.",
        "First all parameters: take the gradient off, move the memory, put the moved gradient back if there was one."
        " Then `setattr` for each buffer of each of `model.modules()`. Return the model.",
    ),
)


def parameters_moved(parameters, move):
    """Move parameters and their gradients."""
    for p in parameters:
        grad, p.grad = p.grad, None
        p.data = move(p.data)
        if grad is not None:
            p.grad = move(grad)


def buffers_moved(modules, move):
    """Move the buffers of these modules."""
    for module in modules:
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, move(buffer))


@task.wrong(
    "The model has *new* parameters, and the optimizer still holds the old ones: its step changes tensors that nobody"
    " uses any more. Keep the parameters, and change their memory, `p.data`."
)
def new_parameters(model, move):
    for module in model.modules():
        for name, p in list(module.named_parameters(recurse=False)):
            moved = torch.nn.Parameter(move(p.detach()))
            moved.grad = None if p.grad is None else move(p.grad)
            setattr(module, name, moved)
    buffers_moved(model.modules(), move)
    return model


@task.wrong(
    "Parameters are moved, buffers are not: batch norm's running mean has stayed behind. What `state_dict` holds has to"
    " come along, also what no optimizer touches."
)
def without_buffers(model, move):
    parameters_moved(model.parameters(), move)
    return model


@task.wrong(
    "The parameters are moved, and their gradients have stayed behind: the next step would compute with two tensors"
    " that are not in the same place."
)
def gradients_left(model, move):
    for p in model.parameters():
        p.data = move(p.data)
    buffers_moved(model.modules(), move)
    return model


@task.wrong(
    "The parameters are moved, and their gradients are gone: whoever moves between `backward` and `step` makes a step"
    " without them. Move them, too."
)
def gradients_dropped(model, move):
    for p in model.parameters():
        p.grad = None
        p.data = move(p.data)
    buffers_moved(model.modules(), move)
    return model


@task.wrong(
    "Layers within layers have stayed behind: you moved the parameters of the direct children only. A model is a tree;"
    " `parameters()` and `modules()` go through all of it."
)
def children_only(model, move):
    for child in [model, *model.children()]:
        parameters_moved(child.parameters(recurse=False), move)
        buffers_moved([child], move)
    return model


@task.wrong(
    "The layers are moved, and a parameter that belongs to the model *itself*, to no layer of it, has stayed behind. A"
    " model is one of its own `modules()`, and `parameters()` has them all."
)
def layers_only(model, move):
    layers = [m for m in model.modules() if not list(m.children())]
    for layer in layers:
        parameters_moved(layer.parameters(recurse=False), move)
        buffers_moved([layer], move)
    return model


@task.wrong(
    "Nothing has moved: `move` returns a *new* tensor, and leaves the one it was given where it is. Its result has to"
    " go somewhere."
)
def result_dropped(model, move):
    for p in model.parameters():
        move(p.data)
    for module in model.modules():
        for buffer in module.buffers(recurse=False):
            move(buffer)
    return model


@task.wrong("All is moved, but nothing is returned. `model = Net().to(device)` lives on the model's being returned.")
def nothing_returned(model, move):
    parameters_moved(model.parameters(), move)
    buffers_moved(model.modules(), move)


@task.wrong(
    "What you return is a moved *copy*. The model itself stays where it was, and so do the parameters that the"
    " optimizer holds."
)
def moved_copy(model, move):
    import copy

    return move_model(copy.deepcopy(model), move)
