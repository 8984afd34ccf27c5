r"""A step in half precision

float16 is fast and short of breath: below 6 · 10⁻⁸ there is nothing, above 65504 is infinity. So the products run in
float16 under `autocast`, the weights stay float32, and a `GradScaler` multiplies the loss by a large number, so that
small gradients do not sink to zero. If that was too large, gradients overflow: the step is left out, and the scale is
halved (lesson 7, section 11).

Write `mixed_step(model, optimizer, scaler, x, y, max_norm)`, one training step:

- forget the old gradients;
- under `torch.autocast`, with dtype `torch.float16` and for the type of device that `x` is on, compute the model's
  output, and its `mse_loss` with `y`;
- go back from the *scaled* loss;
- clip the gradients to the norm `max_norm` (`torch.nn.utils.clip_grad_norm_`);
- let the optimizer step, unless gradients have overflowed, and let the scaler learn from it.

Return the loss, not scaled, as a tensor without graph. The clipping is the catch: it must see the gradients as they
*are*, not 65536 times as long. For that there is `scaler.unscale_(optimizer)`.

Gradients of length 0.5, `max_norm` = 1 and a scale of 1024: nothing is to be clipped. Seen with the scale on them, they
would be 512 long.
"""

import edutorch as torch
from edutorch.classroom import Task


def mixed_step(model, optimizer, scaler, x, y, max_norm):
    """Make one training step in mixed precision; return the loss."""
    optimizer.zero_grad()
    with torch.autocast(x.device.type, dtype=torch.float16):
        loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


def cases(draw):
    """Nothing to clip; much to clip; an overflow in the first step, or in all of them."""

    def case(scale, size, max_norm):
        return draw.randn(2, 3) + 1, size * (draw.rand(4, 3) + 0.5), draw.randn(4, 2), scale, max_norm

    yield case(256.0, 1.0, 1000.0)
    yield case(256.0, 1.0, draw.uniform(0.1, 0.2))
    yield case(2.0**16, 8.0, 1000.0)
    yield case(2.0**18, 8.0, draw.uniform(0.2, 0.4))


def probe(mixed_step, weight, x, y, init_scale, max_norm):
    """Make three steps with a layer that has an old gradient; the scale is doubled after two good ones."""
    layer = torch.nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    layer.weight.grad = torch.full_like(weight, 9e4)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=init_scale, growth_interval=2)
    dtypes, found = [], {}
    layer.register_forward_hook(lambda module, given, out: dtypes.append(out.dtype))
    steps = "3 were made"
    for number in (1, 2, 3):
        try:
            loss = mixed_step(layer, optimizer, scaler, x, y, max_norm)
        except RuntimeError as error:
            if number == 1:
                raise
            steps = f"{number - 1} made, then RuntimeError: {error}"
            break
        found |= {
            f"loss of step {number}": loss.detach() if isinstance(loss, torch.Tensor) else loss,
            f"the graph of step {number} is kept": getattr(loss, "requires_grad", False),
            f"weights after step {number}": layer.weight.detach().clone(),
            f"scale after step {number}": scaler.get_scale(),
        }
    return {"steps": steps, **found, "the model's output": str(dtypes[-1]) if dtypes else "never asked for"}


task = Task(
    mixed_step,
    cases=cases,
    probe=probe,
    minutes=20,
    points=3,
    rtol=1e-3,
    hints=(
        "Write the step without mixed precision first: five lines. Which of them does the scaler change?",
        "`scaler.scale(loss)` before `backward`; `scaler.step(optimizer)` instead of the optimizer's own step, and"
        " `scaler.update()` behind it. Between backward and step the gradients are still scaled: who takes that off"
        " before the clipping?",
        "In this order: `zero_grad`; model and loss under autocast; scale and `backward`; `unscale_`; clip; the"
        " scaler's `step`; `update`; return the loss, detached.",
    ),
)


def loss_of(model, x, y):
    """Return the loss in mixed precision."""
    with torch.autocast(x.device.type, dtype=torch.float16):
        return torch.nn.functional.mse_loss(model(x), y)


@task.wrong(
    "The gradients were clipped while the scale was still on them: they seemed hundreds of times too long, were cut to"
    " `max_norm`, and then divided by the scale as well. Hardly anything moves. `scaler.unscale_(optimizer)` comes"
    " before the clipping."
)
def clipped_with_the_scale(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong(
    "As long as nothing overflows, this is right. But the step is the optimizer's own, and it is made with infinite"
    " gradients, too: then the weights are lost. `scaler.step(optimizer)` leaves such a step out."
)
def optimizers_own_step(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    scaler.update()
    return loss.detach()


@task.wrong(
    "The first step is right, and the second one cannot be made: `scaler.update()` is missing. It ends the step, halves"
    " the scale after an overflow, and raises it again after enough good steps."
)
def never_updated(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    return loss.detach()


@task.wrong(
    "`backward` was called on the loss as it is, and the scaler has nothing to take off again. It must go through"
    " `scaler.scale(loss)`: small gradients sink to zero without it."
)
def never_scaled(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    loss.backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong(
    "`update` came before the step. With it the scaler forgets that the gradients were unscaled already, and the step"
    " divides them by the scale a second time. It is the last thing."
)
def updated_before_the_step(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.update()
    scaler.step(optimizer)
    return loss.detach()


@task.wrong("The old gradients are in the step as well: nobody has emptied them, and `backward` adds.")
def never_zeroed(model, optimizer, scaler, x, y, max_norm):
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong("The steps are right. What is returned is the *scaled* loss: a number for the scaler, not for the log.")
def scaled_loss_returned(model, optimizer, scaler, x, y, max_norm):
    scale = scaler.get_scale()
    return mixed_step(model, optimizer, scaler, x, y, max_norm) * scale


@task.wrong(
    "The model ran in float32: there is no `autocast` around it. The scaler alone makes nothing faster, it only mends"
    " what half precision breaks."
)
def without_autocast(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong(
    "Nothing is clipped: the gradients have the length that they have, and one long one undoes the work of many steps."
)
def never_clipped(model, optimizer, scaler, x, y, max_norm):
    return mixed_step(model, optimizer, scaler, x, y, float("inf"))


@task.wrong(
    "The steps are right. The loss that is returned still has its graph: whoever keeps it for a log keeps the graph of"
    " every step."
)
def graph_returned(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss


@task.wrong(
    "The model ran in bfloat16; asked for is `dtype=torch.float16`. (bfloat16 has float32's range: there nothing"
    " overflows, and nobody needs a scaler.)"
)
def in_bfloat16(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong(
    "Each number of the gradients was cut by itself, as `clip_grad_value_` does, and the step's direction changes with"
    " it. Asked for is their *norm*: `clip_grad_norm_` shortens all of them by one factor."
)
def clipped_by_value(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_value_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


@task.wrong(
    "The gradients are forgotten right after `backward` has made them, and the scaler finds none to look at (*No inf"
    " checks were recorded*). `zero_grad` comes before `backward`."
)
def zeroed_after_backward(model, optimizer, scaler, x, y, max_norm):
    loss = loss_of(model, x, y)
    scaler.scale(loss).backward()
    optimizer.zero_grad()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()
