r"""The state after the last word

A batch of sentences is padded to a rectangle. A recurrent layer read it, padding and all; `output` holds the state
after every step, of shape (batch, steps, hidden). Whoever classifies sentences wants, for each, the state after its own
last word, and `output[:, -1]` is not that (lesson 5, section 7, mistake 1).

Write `last_states(output, lengths)`. `lengths` is an int64 tensor (batch,): how many words each sentence really has, at
least one. Return a tensor (batch, hidden). Gradients must be able to flow through it.

With the lengths 3 and 1, the result is row 2 of sentence 0 and row 0 of sentence 1.
"""

import edutorch as torch
from edutorch.classroom import Task


def last_states(output, lengths):
    """Return for each sentence the state after its own last word."""
    return output[torch.arange(len(lengths)), lengths - 1]


def cases(draw):
    """One sentence, two; all of one length; different ones; with gradients."""
    yield draw.randn(1, 4, 2), torch.tensor([2])
    yield draw.randn(2, 4, 3), torch.tensor([4, 1])
    yield draw.randn(3, 3, 2), torch.tensor([3, 3, 3])
    yield draw.randn(5, 7, 3), torch.cat([draw.randint(1, 6, 4), torch.tensor([7])])
    yield draw.randn(4, 6, 5, requires_grad=True), draw.randint(1, 5, 4)


task = Task(
    last_states,
    cases=cases,
    minutes=10,
    points=2,
    hints=(
        "In which row of a sentence with 3 words does the state after its last word stand?",
        "Indexing with two tensors of the same length picks pairs: sentence 0 with its row, sentence 1 with its own"
        " (lesson 1, section 8).",
        "`output[i, j]` with `i = torch.arange(batch)` and `j`, for each sentence, its length less one.",
    ),
)


@task.wrong(
    "This is the last column, `output[:, -1]`. For all but the longest sentences the layer went on reading padding"
    " there: take each sentence's own last word."
)
def last_column(output, lengths):
    return output[:, -1]


@task.wrong(
    "You are one step too far: rows are counted from 0, so the last of 3 words stands in row 2. For the longest"
    " sentence there is no such row at all."
)
def one_too_far(output, lengths):
    return output[torch.arange(len(lengths)), lengths]


@task.wrong(
    "The shape has one dimension too many: `output[:, lengths - 1]` takes *all* those rows of *every* sentence. Pairs"
    " are wanted, so index the batch with a tensor, too: `torch.arange`."
)
def every_with_every(output, lengths):
    return output[:, lengths - 1]


@task.wrong(
    "Rows are counted from the end of the rectangle: `-lengths`. The padding stands at the end, so the last word is"
    " found from the beginning."
)
def from_the_end(output, lengths):
    return output[torch.arange(len(lengths)), -lengths]


@task.wrong(
    "These are means over the words. They may serve a classifier well, but asked for is one state, that after the last"
    " word, which has seen them all."
)
def mean_over_words(output, lengths):
    mask = (torch.arange(output.shape[1]) < lengths.unsqueeze(1)).unsqueeze(2)
    return (output * mask).sum(1) / lengths.unsqueeze(1)


@task.wrong(
    "The lengths choose along the first dimension, and that is the batch. A step is chosen along the second: sentence"
    " i, step j is `output[i, j]`. (Other layers put the steps first.)"
)
def steps_first(output, lengths):
    return output[lengths - 1, torch.arange(len(lengths))]


@task.wrong("Every sentence is cut at the length of one and the same sentence, the first. Each has its own.")
def length_of_the_first(output, lengths):
    return output[:, lengths[0].item() - 1]


@task.wrong(
    "The numbers are right, but cut off from the graph: `.tolist()`, `.item()` or `torch.tensor(...)` made new numbers"
    " of them, and no gradient reaches the layer. Index the tensor."
)
def cut_off(output, lengths):
    return last_states(output, lengths).detach()


@task.wrong(
    "A slice has *one* end for all sentences: `output[:, :lengths]` works with a single sentence, and with several"
    " there are several ends. Pick pairs: each sentence with its own row."
)
def sliced(output, lengths):
    return output[:, : lengths.item()][:, -1] if len(lengths) == 1 else output[:, :lengths][:, -1]
