r"""Warm up, then glide down

A high learning rate travels fast, a low one settles (lesson 6, section 8). The schedule of most large models does
both: up in a straight line while the network is at its most fragile, then down along half a cosine.

`torch.optim.lr_scheduler.LambdaLR(optimizer, factor)` multiplies the optimizer's rate, before each step, by
`factor(step)` with `step` = 0, 1, 2, … Write that factor: `warmup_cosine(step, warmup, total, floor)`.

- **Warm-up**: for the first `warmup` steps it is $1/\text{warmup},\ 2/\text{warmup},\ \dots,\ 1$. It does not begin
  at 0, for a step of length 0 would be wasted.
- **Cosine**: from `step = warmup`, where it is 1, down to `floor` at `step = total`, by half a period:
  $\frac12 (1 + \cos \pi s)$ falls from 1 to 0 while the share $s$ of the way goes from 0 to 1. Stretch that so that
  it ends at `floor`.
- **After** `total` it stays at `floor`. `warmup` may be 0, and is smaller than `total`.

With `warmup=2`, `total=6` and `floor=0.2`, the steps 0 to 7 have the factors
0.5, 1, 1, 0.883, 0.6, 0.317, 0.2, 0.2.
"""

import math

import edutorch as torch
from edutorch.classroom import Task


def warmup_cosine(step, warmup, total, floor):
    """Return the factor of the learning rate at this step, a float."""
    if step < warmup:
        return (step + 1) / warmup
    share = min((step - warmup) / (total - warmup), 1.0)
    return floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2


def cases(draw):
    """Only a cosine; a warm-up as well; a floor as well; longer."""
    yield 0, draw.randint(4, 8), 0.0
    yield draw.randint(2, 4), draw.randint(8, 12), 0.0
    yield draw.randint(2, 4), draw.randint(8, 12), draw.uniform(0.05, 0.4)
    yield draw.randint(10, 20), draw.randint(30, 60), draw.uniform(0.05, 0.4)


def probe(warmup_cosine, warmup, total, floor):
    """Ask for every step, and for three after the end."""
    return [warmup_cosine(step, warmup, total, floor) for step in range(total + 4)]


def finale(warmup_cosine):
    """**A rate that is too high, tamed.** Adam at 0.1 on the digits, constant and with your schedule, three seeds each
    (lesson 6, section 8)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16, torch.from_numpy(digits.target)
    nn, optim = torch.nn, torch.optim

    def train(seed, factor):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        scheduler = optim.lr_scheduler.LambdaLR(optimizer, factor)
        for _ in range(8):
            for rows in torch.randperm(1400).split(50):
                loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                scheduler.step()
        return (model(images[1400:]).argmax(dim=1) == labels[1400:]).float().mean().item()

    constant = [train(seed, lambda step: 1.0) for seed in range(3)]
    planned = [train(seed, lambda step: warmup_cosine(step, 60, 224, 0.0)) for seed in range(3)]
    for name, shares in {"constant": constant, "yours": planned}.items():
        print(f"{name:9}", [f"{100 * share:.0f} %" for share in shares])
    assert sum(planned) > sum(constant)


task = Task(
    warmup_cosine,
    cases=cases,
    probe=probe,
    minutes=15,
    points=2,
    finale=finale,
    hints=(
        "Three stretches, three formulas. Which one counts is decided by `step` alone; begin with the warm-up.",
        "For the cosine you need the share of the way, from the *end of the warm-up* to `total`. Keep it from growing"
        " beyond 1, and the stretch after `total` comes for free.",
        "The warm-up is `step + 1` over `warmup`. Then share = steps since the warm-up over (total - warmup), at most"
        " 1; half a cosine of it lies between 1 and 0; multiply by 1 - floor, and add floor.",
    ),
)


@task.wrong(
    "The warm-up begins at 0: the first step is wasted, and the others are one too low. At step 0 the factor is already"
    " 1 / warmup."
)
def begins_at_zero(step, warmup, total, floor):
    return step / warmup if step < warmup else warmup_cosine(step, warmup, total, floor)


@task.wrong(
    "The cosine counts its steps from the very first one, not from the end of the warm-up: there the factor jumps below"
    " 1. Its way begins at `warmup` and is total - warmup long."
)
def cosine_from_the_start(step, warmup, total, floor):
    return (step + 1) / warmup if step < warmup else warmup_cosine(step, 0, total, floor)


@task.wrong(
    "The cosine begins at the right place, but its way is as long as `total`: it arrives `warmup` steps late. From the"
    " end of the warm-up there are only total - warmup left."
)
def too_long(step, warmup, total, floor):
    if step < warmup:
        return (step + 1) / warmup
    share = min((step - warmup) / total, 1.0)
    return floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2


@task.wrong(
    "After `total` the factor rises again: a cosine is a wave. Let the share of the way end at 1. (Runs are made longer"
    " every day, and the schedule is forgotten.)"
)
def rises_again(step, warmup, total, floor):
    if step < warmup:
        return (step + 1) / warmup
    share = (step - warmup) / (total - warmup)
    return floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2


@task.wrong(
    "With a floor, the factor begins above 1: the floor was added to the whole curve. Between 1 and `floor` there is"
    " only 1 - floor of height left for the cosine."
)
def floor_on_top(step, warmup, total, floor):
    return (step + 1) / warmup if step < warmup else floor + warmup_cosine(step, warmup, total, 0.0)


@task.wrong(
    "The curve is cut off at the floor, with a kink and a flat stretch before the end. Here the whole half cosine is"
    " stretched between 1 and `floor`, so that it arrives there at `total`."
)
def cut_off_at_the_floor(step, warmup, total, floor):
    return (step + 1) / warmup if step < warmup else max(floor, warmup_cosine(step, warmup, total, 0.0))


@task.wrong(
    "The curve comes down and goes up again before the end: this is a whole period of the cosine. Half a period, from 0"
    " to pi, leads from top to bottom."
)
def whole_period(step, warmup, total, floor):
    if step < warmup:
        return (step + 1) / warmup
    share = min((step - warmup) / (total - warmup), 1.0)
    return floor + (1 - floor) * (1 + math.cos(2 * math.pi * share)) / 2


@task.wrong(
    "The curve hardly comes down: `math.cos` counts angles in radians, and half a period is pi, not 1. The share of the"
    " way has to be multiplied by it."
)
def without_pi(step, warmup, total, floor):
    if step < warmup:
        return (step + 1) / warmup
    share = min((step - warmup) / (total - warmup), 1.0)
    return floor + (1 - floor) * (1 + math.cos(share)) / 2


@task.wrong(
    "After the warm-up the factor falls in a straight line. Half a cosine stays near 1 for a while, is steepest in the"
    " middle, and settles gently at the end."
)
def straight_down(step, warmup, total, floor):
    if step < warmup:
        return (step + 1) / warmup
    return floor + (1 - floor) * (1 - min((step - warmup) / (total - warmup), 1.0))


@task.wrong(
    "The warm-up is one step too long: at `step = warmup` it is still going on. Steps are numbered from 0, so the first"
    " `warmup` of them are those below `warmup`."
)
def warms_up_too_long(step, warmup, total, floor):
    return (step + 1) / warmup if step <= warmup else warmup_cosine(step, warmup, total, floor)


@task.wrong(
    "After `total` the factor is 0: training stands still. It stays at `floor`, so that a longer run still learns."
)
def nothing_after_the_end(step, warmup, total, floor):
    return 0.0 if step > total else warmup_cosine(step, warmup, total, floor)


@task.wrong(
    "The warm-up begins above the floor: it was stretched between `floor` and 1 as the cosine is. It goes in equal"
    " steps of 1/warmup; `floor` is only where the cosine ends."
)
def warms_up_from_the_floor(step, warmup, total, floor):
    if step < warmup:
        return floor + (1 - floor) * (step + 1) / warmup
    return warmup_cosine(step, warmup, total, floor)


@task.wrong(
    "The cosine ends at 0, not at `floor`: `floor` is not in it. Between 1 and `floor` there is only 1 - floor of"
    " height for it, above `floor`."
)
def floor_forgotten(step, warmup, total, floor):
    return warmup_cosine(step, warmup, total, 0.0)
