r"""Move the pages, keep the labels

**Augmentation** shows a network each page in a new version: this change does not matter, the label stays. In lesson 4,
section 8, it was done page by page. Here a whole batch is moved at once, on its way into the network.

Write `random_shift(pages, most)`. `pages` has the shape (N, C, H, W). **Each page** moves by its own random amounts, to
the right and down, two whole numbers from `-most` to `most`, both included, all equally likely, independent of each
other. All channels of a page move together. What leaves the page is lost; behind it there is paper: zeros.

The shape stays. So does the order of the pages, for their labels lie in another tensor. And the batch that you were
given stays as it was: the next epoch needs it.

Moved by 1 to the right and by 0 down, `[[1., 2.], [3., 4.]]` becomes `[[0., 1.], [0., 3.]]`.

The check cannot compare random numbers with random numbers. It looks at what happened to many pages.
"""

from itertools import product

import edutorch as torch
from edutorch.classroom import Task

KEYS = (
    "what became of the pages",
    "different moves in the first batch",
    "to the right, least and most",
    "down, least and most",
)


def random_shift(pages, most):
    """Return the batch with each page moved at random, by up to `most` pixels in each direction."""
    N, _, H, W = pages.shape
    wide = torch.nn.functional.pad(pages, (most, most, most, most))
    corners = torch.randint(0, 2 * most + 1, (N, 2)).tolist()
    return torch.stack([page[:, i : i + H, j : j + W] for page, (i, j) in zip(wide, corners, strict=True)])


def cases(draw):
    """Not at all, by one pixel, by two; grey and colour."""
    yield draw.rand(150, 1, 4, 5) + 0.1, 1
    yield draw.rand(10, 1, 5, 5) + 0.1, 0
    yield draw.rand(400, 2, 4, 5) + 0.1, 2


def probe(random_shift, pages, most):
    """Move one large batch and many small ones, and tell what became of the pages."""
    batches = [pages, *[pages[i : i + 2] for i in range(0, 40 * most, 2)]]
    moved = [random_shift(batch, most) for batch in batches]
    for batch, result in zip(batches, moved, strict=True):
        if result is None:
            return None
        if not isinstance(result, torch.Tensor) or result.shape != batch.shape or result.dtype != batch.dtype:
            return dict.fromkeys(KEYS) | {KEYS[0]: [f"{of_kind(batch)} became {of_kind(result)}"]}
    kinds, places = tell(torch.cat(batches), torch.cat(moved), most + 1)
    right, down = zip(*[place for place in places if place], strict=True) if any(places) else ((), ())
    different = len(set(places[: len(pages)]) - {None})
    ranges = [(min(amounts), max(amounts)) if amounts else None for amounts in (right, down)]
    return dict(zip(KEYS, (kinds, different, *ranges), strict=True))


def expected(pages, most):
    """Say what the probe should find."""
    return dict(zip(KEYS, (["moved"], (2 * most + 1) ** 2, (-most, most), (-most, most)), strict=True))


def of_kind(value):
    """Say what something is: a tensor by shape and dtype."""
    return f"{value.dtype} of {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__


def tell(pages, moved, far):
    """Return the kinds of changes found, looking up to `far`, and for each page by how much it moved: (right, down)."""
    H, W = pages.shape[-2:]
    paper, border = (torch.nn.functional.pad(pages, (far,) * 4, mode=mode) for mode in ("constant", "replicate"))
    kinds = ["changed in another way"] * len(pages)
    places: list = [None] * len(pages)
    changes = {
        "moved": lambda right, down: cut(paper, right, down),
        "wrapped round": lambda right, down: pages.roll((down, right), (-2, -1)),
        "border repeated": lambda right, down: cut(border, right, down),
        "mirrored": lambda right, down: cut(paper, right, down).flip(-1),
    }

    def cut(wide, right, down):
        return wide[..., far - down : far - down + H, far - right : far - right + W]

    amounts = sorted(product(range(-far, far + 1), repeat=2), key=lambda a: (abs(a[0]) + abs(a[1]), a))
    for kind, change in changes.items():
        if "changed in another way" not in kinds:
            break
        for place in amounts:
            for i in torch.nonzero((change(*place) == moved).flatten(1).all(dim=1)).flatten().tolist():
                if kinds[i] == "changed in another way":
                    kinds[i], places[i] = kind, place if kind == "moved" else None
    return sorted(set(kinds)), places


def finale(random_shift):
    """**A network that has seen every place.** The digits and the MLP of lesson 4, section 1. The lesson asked it
    for digits two pixels to the left, and less than 35 % were read rightly."""
    from sklearn.datasets import load_digits

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)
    to_the_left = F.pad(pages, (0, 2, 0, 0))[..., 2:]
    torch.manual_seed(0)
    for name, most in {"centred pages": 0, "your moved pages": 2}.items():
        model = nn.Sequential(nn.Flatten(), nn.Linear(144, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
        for _ in range(400):
            rows = torch.randint(0, 1397, (32,))
            loss = F.cross_entropy(model(random_shift(pages[rows], most)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        share = (model(to_the_left[1397:]).argmax(dim=1) == labels[1397:]).float().mean().item()
        print(f"trained on {name}: {100 * share:.0f} % of the new digits, two to the left")
    assert share > 0.6


task = Task(
    random_shift,
    cases=cases,
    probe=probe,
    expected=expected,
    minutes=20,
    points=3,
    finale=finale,
    hints=(
        "How did the lesson move a single page? It put more paper around it and cut a window of the old size.",
        "For each page of the batch you need two random whole numbers of its own. `torch.randint` leaves its upper end"
        " out.",
        "Put `most` zeros on all sides of the whole batch; draw an (N, 2) tensor of corners from 0 to `2 * most`; cut"
        " a window of H × W out of each page at its corner, and `torch.stack` them.",
    ),
)


def pages_moved(pages, amounts, mode="constant"):
    """Move each page by its (right, down)."""
    H, W = pages.shape[-2:]
    wide = torch.nn.functional.pad(pages, (3, 3, 3, 3), mode=mode)
    return torch.stack(
        [p[:, 3 - d : 3 - d + H, 3 - r : 3 - r + W] for p, (r, d) in zip(wide, amounts.tolist(), strict=True)]
    )


@task.wrong(
    "All pages of a batch move by the same amounts. Then a batch shows one place only, and the steps of training pull"
    " now this way, now that. Draw two numbers for *each page*."
)
def one_move_for_all(pages, most):
    amounts = torch.randint(-most, most + 1, (1, 2))
    return pages_moved(pages, amounts.expand(len(pages), 2))


@task.wrong(
    "What leaves the page on one side comes in again on the other: that is what `roll` does. A stroke at the wrong"
    " border may turn one digit into another. Behind a moved page there is paper, zeros."
)
def rolled(pages, most):
    amounts = torch.randint(-most, most + 1, (len(pages), 2)).tolist()
    return torch.stack([page.roll((d, r), (-2, -1)) for page, (r, d) in zip(pages, amounts, strict=True)])


@task.wrong(
    "No page moves by `most` to the right or down: `torch.randint(low, high)` leaves `high` out, as `range` does."
)
def end_left_out(pages, most):
    if most == 0:
        return pages.clone()
    return pages_moved(pages, torch.randint(-most, most, (len(pages), 2)))


@task.wrong(
    "Pages move to the right and down only. The amounts go from `-most` to `most`: half of the moves go to the left,"
    " and half of them up."
)
def one_side_only(pages, most):
    return pages_moved(pages, torch.randint(0, most + 1, (len(pages), 2)))


@task.wrong(
    "Pages move along the diagonal: the same number was used for right and down. They are independent, so two numbers"
    " are drawn for each page."
)
def along_the_diagonal(pages, most):
    return pages_moved(pages, torch.randint(-most, most + 1, (len(pages), 1)).expand(len(pages), 2))


@task.wrong("Pages move sideways only, and never up or down. A page has two directions, and a random number for each.")
def sideways_only(pages, most):
    amounts = torch.randint(-most, most + 1, (len(pages), 2))
    amounts[:, 1] = 0
    return pages_moved(pages, amounts)


@task.wrong(
    "Some pages come out mirrored. For photographs of cats a flip keeps the label; for digits and letters it does not:"
    " a mirrored 3 is no 3. Which changes do not matter is a question about the data."
)
def flipped(pages, most):
    moved = random_shift(pages, most)
    return torch.where(torch.rand(len(pages), 1, 1, 1) < 0.5, moved, moved.flip(-1))


@task.wrong(
    "The border is drawn out: behind a moved page its outermost pixels are repeated. Where ink touches the border,"
    " strokes become longer. Paper is zeros."
)
def border_repeated(pages, most):
    return pages_moved(pages, torch.randint(-most, most + 1, (len(pages), 2)), mode="replicate")


@task.wrong(
    "The result has another size than the pages. The network's linear layer counts on H × W: cut a window of the old"
    " size out of the padded page."
)
def larger_pages(pages, most):
    return torch.nn.functional.pad(random_shift(pages, most), (most, most, most, most))


@task.wrong(
    "The pages were moved, and their order was shuffled, too. The labels lie in another tensor and know nothing of"
    " that: they now belong to other pages, and no error tells you (lesson 4, mistake 7)."
)
def shuffled(pages, most):
    return random_shift(pages[torch.randperm(len(pages))], most)
