r"""Which weights decay

Weight decay belongs to the matrices of a network, and not to its biases, nor to the scales and shifts of its
normalizations (lesson 6, section 13): a scale that is pulled to 0 makes its layer silent, which nobody wants.
Optimizers take **groups** for this: a list of dictionaries, each with its `"params"` and with options that hold for
them alone.

Write `decay_groups(model, weight_decay)`. It returns what can be handed to `torch.optim.AdamW(...)` in place of
`model.parameters()`: a list of two groups, in this order,

1. the parameters with two or more dimensions, with the given `weight_decay`,
2. all others, with no decay at all.

Parameters that are frozen (their `requires_grad` is False) are in neither. Mind AdamW's own default: it is not 0.

For `nn.Linear(3, 2)` and 0.1 the result is `[{"params": [weight], "weight_decay": 0.1}, {"params": [bias],
"weight_decay": 0.0}]`, where `weight` and `bias` are the layer's own parameters.
"""

import edutorch as torch
from edutorch.classroom import Task
from edutorch.classroom.formula import Formula


def decay_groups(model, weight_decay):
    """Return two groups of parameters: those that decay, and those that do not."""
    learned = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learned if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in learned if p.dim() < 2], "weight_decay": 0.0},
    ]


def cases(draw):
    """A layer; a perceptron; a CNN with a normalization; the same with a frozen layer."""
    n, k, m = draw.sizes(3)
    yield Formula(f"lambda nn: nn.Linear({n}, {k})"), (), draw.uniform(0.02, 0.3)
    yield Formula(f"lambda nn: nn.Sequential(nn.Linear({n}, {k}), nn.ReLU(), nn.Linear({k}, {m}))"), (), 0.1
    text = f"lambda nn: nn.Sequential(nn.Conv2d(1, {k}, 3), nn.BatchNorm2d({k}), nn.Flatten(), nn.Linear({n}, {m}))"
    yield Formula(text), (), draw.uniform(0.02, 0.3)
    yield Formula(text), ("0.weight", "0.bias"), draw.uniform(0.02, 0.3)


def probe(decay_groups, build, frozen, weight_decay):
    """Give the groups to AdamW, and read from it how each parameter decays, by name and by group."""
    model = build(torch.nn)
    for name in frozen:
        model.get_parameter(name).requires_grad_(False)
    names = {id(p): name for name, p in model.named_parameters()}
    groups = decay_groups(model, weight_decay)
    for group in groups if isinstance(groups, (list, tuple)) else ():
        if not isinstance(group, dict) or "params" not in group:
            what = f"the keys {list(group)}" if isinstance(group, dict) else f"a {type(group).__name__}"
            raise TypeError(f'each group must be a dictionary with "params"; here is {what}')
    optimizer = torch.optim.AdamW(groups, lr=0.001)
    return [{names.get(id(p), "?"): float(g["weight_decay"]) for p in g["params"]} for g in optimizer.param_groups]


task = Task(
    decay_groups,
    cases=cases,
    probe=probe,
    minutes=10,
    points=2,
    hints=(
        "Print `name, tuple(p.shape)` for `model.named_parameters()` of a CNN with a BatchNorm2d. What sets apart those"
        " that should decay?",
        "Names mislead: a BatchNorm2d has a `weight`, too. The number of dimensions tells: `p.dim()`.",
        "First the list of the parameters that learn. From it two lists, by `p.dim()`, each in a dictionary with its"
        " `weight_decay`: the given one, and 0.0.",
    ),
)


def grouped(model, weight_decay, decays, other=0.0):
    """Return two groups by a rule `decays(name, p)`."""
    learned = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for name, p in learned if decays(name, p)], "weight_decay": weight_decay},
        {"params": [p for name, p in learned if not decays(name, p)], "weight_decay": other},
    ]


@task.wrong(
    "The biases are left alone, but the scales of the BatchNorm layers decay: they are called `weight`, too. Go by the"
    " number of dimensions, not by the name."
)
def by_name(model, weight_decay):
    return grouped(model, weight_decay, lambda name, p: "bias" not in name)


@task.wrong(
    "The second group does decay: it says nothing about `weight_decay`, and AdamW's default is 0.01, not 0. Say 0.0."
)
def default_left(model, weight_decay):
    groups = decay_groups(model, weight_decay)
    del groups[1]["weight_decay"]
    return groups


@task.wrong(
    "The groups are exchanged: biases and scales decay, matrices do not. Or their order is: the ones that decay come"
    " first."
)
def exchanged(model, weight_decay):
    return grouped(model, weight_decay, lambda name, p: p.dim() < 2)


@task.wrong(
    "Frozen parameters are in the groups. Decay needs no gradient: once such a weight has any, it is shrunk with the"
    " others. Leave out what does not require grad."
)
def frozen_as_well(model, weight_decay):
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


@task.wrong(
    "Only matrices of exactly two dimensions decay: the kernels of the convolutions, with four, are left out. Two *or"
    " more* is asked for."
)
def exactly_two(model, weight_decay):
    return grouped(model, weight_decay, lambda name, p: p.dim() == 2)


@task.wrong(
    "Everything decays: the parameters of both groups, or a single group, have the given weight decay. The second group"
    " wants 0.0."
)
def everything(model, weight_decay):
    return grouped(model, weight_decay, lambda name, p: p.dim() >= 2, weight_decay)


@task.wrong(
    "These groups hold the *names* of the parameters; an optimizer wants the parameters themselves, to change them."
)
def names_only(model, weight_decay):
    learned = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [name for name, p in learned if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [name for name, p in learned if p.dim() < 2], "weight_decay": 0.0},
    ]


@task.wrong(
    "The groups hold copies: `detach()` and `clone()` make new tensors. The optimizer would change those, and the model"
    " would stay as it is."
)
def copies(model, weight_decay):
    groups = decay_groups(model, weight_decay)
    return [{**g, "params": [p.detach().clone().requires_grad_() for p in g["params"]]} for g in groups]


@task.wrong(
    "These are the right parameters, but not yet groups: an optimizer cannot know from a bare list of parameters how"
    ' they decay. A group is a dictionary, with its `"params"` and its options.'
)
def bare_lists(model, weight_decay):
    return [group["params"] for group in decay_groups(model, weight_decay)]


@task.wrong(
    "Each parameter has a group of its own. It would train just as well, but two groups are asked for: all that decay,"
    " and all that do not."
)
def a_group_for_each(model, weight_decay):
    learned = [p for p in model.parameters() if p.requires_grad]
    return [{"params": [p], "weight_decay": weight_decay if p.dim() >= 2 else 0.0} for p in learned]


@task.wrong(
    "Only the ones that decay are handed over. What is in no group is not trained at all: biases and scales belong into"
    " the second group, with a decay of 0.0."
)
def second_group_missing(model, weight_decay):
    return decay_groups(model, weight_decay)[:1]
