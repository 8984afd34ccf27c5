"""The cell of an element

A tensor is a strip of memory with three notes: shape, strides and offset (lesson 1, section 3). The `MiniTensor` of the
lesson found an element by them, and trusted its caller. Write the careful version: `cell_of(index, shape, stride,
offset)`.

- `index`, `shape` and `stride` are tuples of the same length, `offset` is an int.
- A negative index counts from the end, as in a list: -1 is the last element of its dimension.
- An index outside its dimension raises an `IndexError`. For a dimension of size 3, the legal ones are -3, -2, -1, 0,
  1, 2.

In a tensor of shape (3, 4) with strides (4, 1) and offset 2, the element at (1, -1) lies in cell 2 + 1 · 4 + 3 · 1 = 9.
"""

from edutorch.classroom import Task


def cell_of(index, shape, stride, offset):
    """Return the number of the cell in which the element at `index` lies.

    Raises:
        IndexError: if an index lies outside its dimension.
    """
    cell = offset
    for i, size, step in zip(index, shape, stride, strict=True):
        if not -size <= i < size:
            raise IndexError(f"index {i} is out of bounds for a dimension of size {size}")
        cell += (i if i >= 0 else i + size) * step
    return cell


def cases(draw):
    """Inside, then from the end, then the bounds themselves, then beyond them."""
    n, m, k = draw.sizes(3, low=3)
    yield (draw.randint(1, n - 1),), (n,), (1,), 0
    yield (draw.randint(1, n - 1), draw.randint(1, m - 1)), (n, m), (m, 1), 0
    yield (draw.randint(1, n - 1), draw.randint(1, m - 1)), (n, m), (m, 1), draw.randint(1, 9)
    yield (draw.randint(1, n - 1), draw.randint(1, m - 1)), (n, m), (2, 2 * n + 1), draw.randint(1, 9)
    yield (draw.randint(1, n - 1), draw.randint(1, m - 1)), (n, m), (0, 1), draw.randint(1, 9)
    yield (), (), (), draw.randint(1, 9)
    yield (-1, draw.randint(1, m - 1)), (n, m), (m, 1), draw.randint(1, 9)
    yield (draw.randint(1, n - 1), -draw.randint(1, m - 1), -1), (n, m, k), (m * k, k, 1), draw.randint(1, 9)
    yield (-n, m - 1), (n, m), (m, 1), draw.randint(1, 9)
    yield (0, m), (n, m), (m, 1), 0
    yield (-n - 1, 0), (n, m), (m, 1), 3 * m
    yield (0, m + draw.randint(1, 5)), (n, m), (m, 1), 0


task = Task(
    cell_of,
    cases=cases,
    minutes=10,
    points=1,
    examples=(((1, 2), (3, 4), (4, 1), 0), ((1, -1), (3, 4), (4, 1), 2)),
    hints=(
        "The formula of lesson 1, section 3, gives the cell of an index that is not negative. What must become of a"
        " negative one first?",
        "A negative index plus the size of its dimension is the same place counted from the front. Look at the bounds"
        " before you add.",
        "For each dimension take its index, size and stride from the three tuples with `zip`. Raise unless the index is"
        " at least minus the size and less than the size; then add the index times the stride to a sum that starts with"
        " the offset.",
    ),
)


@task.wrong(
    "The offset is missing: the formula counts from the tensor's first element, and that lies `offset` cells into the"
    " memory."
)
def without_offset(index, shape, stride, offset):
    return cell_of(index, shape, stride, 0)


@task.wrong(
    "A negative index went into the formula as it is, and led backwards, out of the tensor. It counts from the end: add"
    " the size of its dimension first."
)
def negative_as_it_is(index, shape, stride, offset):
    for i, size in zip(index, shape, strict=True):
        if not -size <= i < size:
            raise IndexError
    return offset + sum(i * step for i, step in zip(index, stride, strict=True))


@task.wrong(
    "Negative indices are off by one: -1 is the last element, at size - 1. So the size is added, and nothing more is"
    " taken away."
)
def minus_one_is_the_last_but_one(index, shape, stride, offset):
    front = tuple(i if i >= 0 else max(i + size - 1, 0) for i, size in zip(index, shape, strict=True))
    for i, size in zip(index, shape, strict=True):
        if not -size <= i < size:
            raise IndexError
    return cell_of(front, shape, stride, offset)


@task.wrong(
    "Nothing stops an index that is too large: it reads another row, or another tensor. Raise an `IndexError` for it."
)
def without_bounds(index, shape, stride, offset):
    cells = ((i if i >= 0 else i + n) * step for i, n, step in zip(index, shape, stride, strict=True))
    return offset + sum(cells)


@task.wrong("The size itself is no legal index: a dimension of size 3 ends with index 2. The bound is `i < size`.")
def size_is_allowed(index, shape, stride, offset):
    for i, size in zip(index, shape, strict=True):
        if not -size <= i <= size:
            raise IndexError
    return without_bounds(index, shape, stride, offset)


@task.wrong(
    "Minus the size is refused, but it is legal: in a dimension of size 3, index -3 is the first element. The bound is"
    " `-size <= i`."
)
def first_from_the_end_refused(index, shape, stride, offset):
    for i, size in zip(index, shape, strict=True):
        if not -size < i < size:
            raise IndexError
    return without_bounds(index, shape, stride, offset)


@task.wrong(
    "The strides were computed from the shape, as if the tensor were contiguous. A transposed tensor, or one made by"
    " `expand`, has others: use those that are given."
)
def strides_from_the_shape(index, shape, stride, offset):
    steps, step = [], 1
    for size in reversed(shape):
        steps.insert(0, step)
        step *= size
    return cell_of(index, shape, tuple(steps), offset)


@task.wrong(
    "Every index is taken modulo its size, so one beyond the end comes in again at the front. For Python's `%` that is"
    " natural; a tensor raises an `IndexError`."
)
def wrapped_round(index, shape, stride, offset):
    return cell_of(tuple(i % size for i, size in zip(index, shape, strict=True)), shape, stride, offset)


@task.wrong(
    "Indices that are too large are refused, those that are too small are not: in a dimension of size 3, index -4 is"
    " outside as well. Raise an `IndexError` below `-size`."
)
def without_lower_bound(index, shape, stride, offset):
    for i, size in zip(index, shape, strict=True):
        if i >= size:
            raise IndexError
    return without_bounds(index, shape, stride, offset)


@task.wrong(
    "Two bounds let something pass. The size itself is no legal index (a dimension of size 3 ends with index 2), and"
    " nothing stops an index below `-size`."
)
def size_is_allowed_and_no_lower_bound(index, shape, stride, offset):
    for i, size in zip(index, shape, strict=True):
        if i > size:
            raise IndexError
    return without_bounds(index, shape, stride, offset)
