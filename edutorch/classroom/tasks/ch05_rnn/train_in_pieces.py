r"""Mend the loop: a long text in pieces

A text of 170,000 letters makes no tape of 170,000 steps. It is read in pieces; the **state** is carried on from piece
to piece, only the **gradient** is cut: truncated back-propagation through time (lesson 5, section 9). Somebody has
written the loop from memory. It is wrong in several places, and only one of them raises an error.

```python
def train_in_pieces(model, optimizer, strips, size):
    state, losses = None, []
    for start in range(0, strips.shape[1], size):
        letters = strips[:, start : start + size]
        scores, state = model(letters, state)
        loss = F.cross_entropy(scores.flatten(0, 1), letters.flatten())
        loss.backward()
        optimizer.step()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        losses.append(loss)
    return losses
```

Write it as it should be. `strips`, (strips, letters) of int64, are pieces of the text side by side. `model(letters,
state)` returns the scores for the *next* letter after each one, (strips, steps, classes), and the state, a tensor;
before the first piece the state is `None`. So the targets of the letters a to b are the letters a + 1 to b + 1: each
piece needs `size` letters and one more. Pieces follow each other without a gap; what is left at the end, and is too
short for a whole piece with its targets, is left out.

For each piece: loss, gradient of this piece alone, all gradients clipped together to the norm 1, one step. Return the
losses, a list of Python floats. `torch.nn.utils.clip_grad_norm_` does the clipping.
"""

import edutorch as torch
from edutorch.classroom import Task


def train_in_pieces(model, optimizer, strips, size):
    """Train on pieces of `size` letters, carrying the state on; return the losses as floats."""
    state, losses = None, []
    for start in range(0, strips.shape[1] - size, size):
        scores, state = model(strips[:, start : start + size], state)
        state = state.detach()
        targets = strips[:, start + 1 : start + size + 1]
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


class Writer(torch.nn.Module):
    """A model that guesses the next letter, with weights large enough for clipping to matter."""

    def __init__(self):
        super().__init__()
        self.embed, self.gru = torch.nn.Embedding(4, 6), torch.nn.GRU(6, 8, batch_first=True)
        self.out = torch.nn.Linear(8, 4)
        with torch.no_grad():
            self.out.weight *= 8

    def forward(self, letters, state=None):
        """Return the scores after each letter, and the state."""
        states, state = self.gru(self.embed(letters), state)
        return self.out(states), state


def cases(draw):
    """One piece, two, several; with a rest at the end."""
    yield draw.randint(0, 3, 2, 4), 3, 0.1
    yield draw.randint(0, 3, 2, 9), 4, draw.uniform(0.1, 0.3)
    yield draw.randint(0, 3, 3, 12), 3, draw.uniform(0.1, 0.3)


def probe(train_in_pieces, strips, size, lr):
    """Train a small model with it."""
    model = Writer()
    losses = train_in_pieces(model, torch.optim.SGD(model.parameters(), lr=lr), strips, size)
    return {"losses": losses, "lengths of the weights afterwards": [p.norm().item() for p in model.parameters()]}


task = Task(
    train_in_pieces,
    cases=cases,
    probe=probe,
    minutes=25,
    points=4,
    hints=(
        "Go through the five steps of a training loop: scores, loss, gradient, clipping, step. Which of them is"
        " missing, and which two stand in the wrong order? Then: what is the right answer to each letter?",
        "The state of one piece hangs on that piece's graph, which `backward` frees. Carry its *numbers* on. And a"
        " list of losses should hold numbers, too.",
        "Targets are `strips[:, start + 1 : start + size + 1]`, and `start` stops early enough for them;"
        " `state.detach()`; zero the gradients before `backward`; clip between `backward` and `step`; `loss.item()`.",
    ),
)


def loop(
    model,
    optimizer,
    strips,
    size,
    *,
    carry=lambda state: state.detach(),
    shift=1,
    zero="before",
    clip=True,
    note=lambda loss: loss.item(),
    stride=None,
    short=0,
    retain=False,
):
    """Train, differently in one point."""
    state, losses = None, []
    for start in range(0, strips.shape[1] - size + short, stride or size):
        scores, state = model(strips[:, start : start + size], state)
        state = carry(state)
        targets = strips[:, start + shift : start + size + shift]
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())
        if zero == "before":
            optimizer.zero_grad()
        loss.backward(retain_graph=retain)
        if zero == "after":
            optimizer.zero_grad()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(note(loss))
    return losses


@task.wrong(
    "The second piece stops with an error: its loss depends on the state, and the state on the first piece, whose"
    " graph has been freed. Carry on the numbers, not the history: cut the state off with `detach` (which returns a new"
    " tensor, and does not change the old one)."
)
def not_detached(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, carry=lambda state: state)


@task.wrong(
    "`retain_graph=True` keeps the history of all pieces, and then the way back leads through weights that have been"
    " changed since. It is what the error message proposes, and not what you want: cut the state off with `detach`."
)
def graph_retained(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, carry=lambda state: state, retain=True)


@task.wrong(
    "Every piece begins without a memory: the state is not carried on. The first loss is right, the second belongs to"
    " a network that has read nothing before. Only the *gradient* is cut between pieces."
)
def state_forgotten(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, carry=lambda state: None)


@task.wrong(
    "The targets are the letters that the model has just read. That is easily learned and worth nothing: the answer to"
    " each letter is the *next* one."
)
def own_letters(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, shift=0)


@task.wrong(
    "The loop runs through now, but two things are still as they were given: the targets are the letters that the model"
    " has just read, and the pieces go on to the very end. The answer to each letter is the *next* one; think of what"
    " that means for the last piece."
)
def own_letters_to_the_end(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, shift=0, short=size)


@task.wrong(
    "The first step is right, the second is not: the gradients of the pieces add up in `.grad`. Nobody empties it."
)
def never_zeroed(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, zero="never")


@task.wrong("The weights do not move at all: the gradients are emptied after `backward`, and before the step.")
def zeroed_too_late(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, zero="after")


@task.wrong(
    "The steps are made with gradients that were not clipped. Before `backward` there is nothing to clip, and after"
    " `step` it is too late; neither gives an error."
)
def not_clipped_in_time(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, clip=False)


@task.wrong(
    "The weights are right, but the list holds tensors: each keeps the graph of its piece in memory. `.item()` takes"
    " the number out."
)
def losses_with_graphs(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, note=lambda loss: loss)


@task.wrong(
    "The last piece has no targets for all of its letters: the text ends first, and the two no longer fit. Stop where"
    " a whole piece *and one letter more* do not fit any longer."
)
def runs_over_the_end(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, short=size)


@task.wrong(
    "Each piece begins one letter after the one before, so they overlap, and the state that is carried on has read"
    " letters that the piece reads again. Pieces follow each other: `size` letters on."
)
def overlapping(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, stride=1)


@task.wrong(
    "Between two pieces a letter is skipped: the last target of one is the first letter that the *next* one reads. Go"
    " on by `size`, not by `size + 1`."
)
def a_letter_skipped(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, stride=size + 1)


@task.wrong(
    "You stop too early: a last piece that still fits, with all of its targets, is left out. Its last target may be the"
    " very last letter. A range ends *before* its stop."
)
def stops_too_early(model, optimizer, strips, size):
    return loop(model, optimizer, strips, size, short=-1)
