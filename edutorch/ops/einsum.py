"""`einsum`: products and sums written with one letter for each dimension.

    einsum("bik,bkj->bij", A, B)

Every dimension has a letter; a letter that stands in two operands is multiplied along; one that does not stand after
the arrow is summed. The work is done in three steps: each operand's letters are brought into one common order, with
ones where it lacks a letter; then two operands at a time are contracted, by a single batched matrix product; last, the
result's dimensions are put in the order asked for.
"""

from __future__ import annotations

import functools
import math
from itertools import pairwise

from ..tensor import Tensor
from .matmul import bmm

__all__ = ["einsum"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # subscript 0 is A, as in PyTorch
ELLIPSIS = "..."


def einsum(*args):
    """Sum products of tensors along the dimensions that the equation names.

    Args:
        *args: an equation and operands; or each operand followed by the list of its subscripts (numbers, ...), and
            perhaps a last list for the result.

    Example:
        >>> import edutorch as torch
        >>> torch.einsum("ij,j->i", torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 10]))
        tensor([21, 43])

    Raises:
        RuntimeError: if the equation does not fit the operands.
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    inputs, output, operands = _from_lists(args) if isinstance(args[0], Tensor) else _from_equation(*args)
    sizes = _sizes(inputs, operands)
    wide = max(
        (op.ndim - _count(term) for term, op in zip(inputs, operands, strict=True) if ELLIPSIS in term), default=0
    )
    batch = tuple(f".{i}" for i in range(wide))  # the dimensions an ellipsis stands for have names of their own
    output = _implicit(inputs) if output is None else output
    _check_output(output, sizes)
    output = [letter for part in output for letter in (batch if part == ELLIPSIS else (part,))]
    order = [*output, *(letter for letter in [*batch, *sorted(sizes)] if letter not in output)]
    aligned = [_align(term, op, batch, order) for term, op in zip(inputs, operands, strict=True)]
    summed = range(len(output), len(order))
    result = aligned[0]
    for i, other in enumerate(aligned[1:], 1):
        # A dimension can be summed now if no later operand has it.
        now = [d for d in summed if all(later.shape[d] == 1 for later in aligned[i + 1 :])]
        result = _contract(result, other, now)
    if not summed:
        return result
    return result.sum(list(summed)) if len(aligned) == 1 else result.view(result.shape[: len(output)])


# ---------------------------------------------------------------- reading the equation


def _from_equation(equation, *operands):
    """Return the letters of each operand, those of the result (None if there is no arrow), and the operands."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    terms, output = _read(equation)
    if len(terms) < len(operands):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    if len(terms) > len(operands):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    return terms, output, operands


@functools.lru_cache(maxsize=256)
def _read(equation):
    """Split an equation into the letters of each operand, and those of the result."""
    left, arrow, right = equation.partition("->")
    terms, at = [], 0
    for i, text in enumerate(left.split(",")):
        terms.append(_letters(text, f"operand {i}", at, "for which an ellipsis was already found"))
        at += len(text) + 1
    output = _letters(right, "output", len(left) + 2, "but an ellipsis (...) was already found") if arrow else None
    return terms, output


def _letters(text, whose, at, twice):
    """Split a term into its letters, with ELLIPSIS for three dots; `at` is its place in the equation."""
    found, i = [], 0
    while i < len(text):
        c = text[i]
        if c == ".":
            if ELLIPSIS in found:
                raise RuntimeError(f"einsum(): found '.' for {whose} {twice}")
            if text[i : i + 3] != ELLIPSIS:
                raise RuntimeError(
                    f"einsum(): found '.' for {whose} that is not part of any ellipsis" + " (...)" * (whose == "output")
                )
            found.append(ELLIPSIS)
            i += 3
            continue
        if c not in LETTERS and c != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {at + i} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        if c != " ":
            found.append(c)
        i += 1
    return found


def _from_lists(args):
    """Return the same for operands that alternate with lists of numbers."""
    operands, lists = list(args[0::2]), list(args[1::2])
    output = _named(operands.pop()) if len(args) % 2 else None
    return [_named(subscripts) for subscripts in lists], output, operands


def _named(subscripts):
    names = []
    for s in subscripts:
        if s is not Ellipsis and not 0 <= s < len(LETTERS):
            raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
        names.append(ELLIPSIS if s is Ellipsis else LETTERS[s])
    return names


def _count(term):
    return sum(part != ELLIPSIS for part in term)


def _sizes(inputs, operands):
    """Return the size of each letter's dimension, after checking that the operands agree on it."""
    sizes, covered = {}, {}
    for i, (term, op) in enumerate(zip(inputs, operands, strict=True)):
        named = _count(term)
        if op.ndim < named or (op.ndim > named and ELLIPSIS not in term):
            what = "is more than" if ELLIPSIS in term else "does not match"
            tail = "" if ELLIPSIS in term else " and no ellipsis was given"
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) {what} the number of dimensions "
                f"({op.ndim}) for operand {i}{tail}"
            )
        _check_ellipsis(covered, _covered(term, op), i)
        own = {}
        for letter, n in _dimensions(term, op):
            if own.setdefault(letter, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand {i} but the sizes don't match, {n} != "
                    f"{own[letter]}"
                )
            seen = sizes.get(letter, 1)
            if 1 not in (seen, n) and seen != n:
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {n} for operand {i} which does not broadcast with "
                    f"previously seen size {seen}"
                )
            sizes[letter] = n if seen == 1 else seen
    return sizes


def _covered(term, op):
    """Return the sizes that an operand's ellipsis stands for."""
    if ELLIPSIS not in term:
        return ()
    first = term.index(ELLIPSIS)
    return op.shape[first : first + op.ndim - _count(term)]


def _check_ellipsis(seen, covered, i):
    """Check that what ellipses stand for broadcasts; `seen` holds the sizes so far, counted from the right."""
    for place, n in enumerate(reversed(covered), 1):
        before = seen.get(place, 1)
        if 1 not in (before, n) and before != n:
            raise RuntimeError(
                f"einsum(): dimension {len(covered) - place} covered by ellipsis in operand {i}has size {n} which "
                f"does not broadcast with previously seen ellipsis with size {before} for the respective dimension"
            )
        seen[place] = n if before == 1 else before


def _dimensions(term, op):
    """Yield (letter, size) for the named dimensions of an operand."""
    dim = 0
    for part in term:
        if part == ELLIPSIS:
            dim += op.ndim - _count(term)
        else:
            yield part, op.shape[dim]
            dim += 1


def _implicit(inputs):
    """Return the result's letters where there is no arrow: the ellipsis, then those that occur once, in order."""
    all_letters = [part for term in inputs for part in term if part != ELLIPSIS]
    ellipsis = [ELLIPSIS] if any(ELLIPSIS in term for term in inputs) else []
    return ellipsis + sorted(letter for letter in all_letters if all_letters.count(letter) == 1)


def _check_output(output, sizes):
    for letter in output:
        if letter != ELLIPSIS and output.count(letter) > 1:
            raise RuntimeError(f"einsum(): output subscript {letter} appears more than once in the output")
        if letter != ELLIPSIS and letter not in sizes:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )


# ---------------------------------------------------------------- computing


def _align(term, op, batch, order):
    """Return an operand with one dimension for each letter of `order`: permuted, its diagonals taken, ones put in."""
    own = op.ndim - _count(term)
    letters = [x for part in term for x in (batch[len(batch) - own :] if part == ELLIPSIS else (part,))]
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:  # "ii": the diagonal, which comes last
            first, second = [i for i, x in enumerate(letters) if x == letter][:2]
            op = op.diagonal(0, first, second)
            letters = [x for i, x in enumerate(letters) if i not in (first, second)] + [letter]
    present = [letter for letter in order if letter in letters]
    op = op.permute([letters.index(letter) for letter in present])
    if len(present) == len(order):
        return op
    sizes = dict(zip(present, op.shape, strict=True))
    return op.view([sizes.get(letter, 1) for letter in order])


def _contract(a, b, summed):
    """Multiply two aligned tensors and sum over some dimensions, by one batched matrix product where that serves.

    A dimension that both have is a batch (kept) or the product's inner one (summed); one that only one operand has
    (the other's size is 1) is a row or a column.
    """
    p, q = a.array.shape, b.array.shape
    for d in summed:  # only one of them has it: sum it at once
        if p[d] != 1 and q[d] == 1:
            a = a.sum(d, keepdim=True)
        elif q[d] != 1 and p[d] == 1:
            b = b.sum(d, keepdim=True)
    p, q = a.array.shape, b.array.shape
    inner = [d for d in summed if p[d] != 1]
    if not inner:
        return a * b
    dims = [d for d in range(len(p)) if d not in inner]
    both = [d for d in dims if p[d] == q[d] != 1]
    rows = [d for d in dims if p[d] != 1 and d not in both]
    columns = [d for d in dims if q[d] != 1 and d not in both]
    rest = [d for d in dims if p[d] == q[d] == 1]
    product = bmm(
        _as_batch(a, both, rows, inner, [*columns, *rest]), _as_batch(b, both, inner, columns, [*rows, *rest])
    )
    made = [*both, *rows, *columns, *inner, *rest]  # the dimensions as they now stand
    product = product.view([*(p[d] for d in (*both, *rows)), *(q[d] for d in columns), *[1] * len(inner + rest)])
    places = [made.index(d) for d in range(len(p))]
    return product if places == sorted(places) else product.permute(places)


def _as_batch(t, *groups):
    """Return a tensor with each group of its dimensions flattened into one; the last group's sizes are ones."""
    order = [d for group in groups for d in group]
    if order != sorted(order):
        t = t.permute(order)
    sizes, ends = t.array.shape, [0]
    for group in groups[:-1]:
        ends.append(ends[-1] + len(group))
    return t.reshape([math.prod(sizes[i:j]) for i, j in pairwise(ends)])
