r"""A memory for keys and values

When a model writes, the text grows by one token at a time. With a causal mask, what was computed for the earlier places
never changes, and of the past a new place needs only keys and values (lesson 8, section 10). So keep them.

Write the class `KeyValueCache`, a memory for one attention layer and one text. Its method `attend(q, k, v)` gets
queries, keys and values of the **new** places only, each of shape (batch, heads, new, size). It returns what the new
places find, of the same shape: each looks at all places before it, those of earlier calls included, and at itself.

The first call usually brings a whole prompt, several places at once. Later ones bring one place each, or a few. However
a text is cut into calls, the results together must be those of attention over the whole text with a causal mask.

Two places in one call: the first looks at itself alone, the second at both. Then one place in a second call: it looks
at all three.

`torch.nn.functional.scaled_dot_product_attention` is yours to use. Mind that its `is_causal=True` means: query i looks
at the keys 0 to i. Is that so when there are older keys?
"""

from typing import ClassVar

import edutorch as torch
from edutorch.classroom import Task


class KeyValueCache:
    """The keys and values that a text has had so far."""

    def __init__(self):
        """Begin with nothing."""
        self.keys = self.values = None

    def attend(self, q, k, v):
        """Return what the new places find, and remember their keys and values."""
        if self.keys is not None:
            k, v = torch.cat([self.keys, k], dim=2), torch.cat([self.values, v], dim=2)
        self.keys, self.values = k, v
        new, total = q.shape[2], k.shape[2]
        may_look = torch.ones(new, total, dtype=torch.bool).tril(total - new)
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=may_look)


def cases(draw):
    """One place at a time; a prompt and then one by one; a few at a time; two texts in turn."""

    def case(*sizes, batch=1, heads=1, size=2):
        def one():
            return tuple(draw.randn(batch, heads, sum(sizes), size) for _ in range(3))

        return list(sizes), one(), one()

    yield case(1, 1)
    yield case(1, 1, 1, 1)
    yield case(3)
    yield case(3, 1, 1)
    yield case(2, 3, 1, 2, batch=2, heads=3, size=4)


def probe(KeyValueCache, sizes, text, another_text):
    """Walk through two texts in turn, each with its own cache, in calls of these sizes."""
    caches = KeyValueCache(), KeyValueCache()
    found = []
    for parts in zip(*(part.split(sizes, dim=2) for part in text + another_text), strict=True):
        of_its_own(KeyValueCache)
        found.append(caches[0].attend(*parts[:3]))
        of_its_own(KeyValueCache)
        caches[1].attend(*parts[3:])
    return found


def of_its_own(cache):
    """Raise if something is remembered on the class, where all caches, and the next check, would find it."""
    for name, value in vars(cache).items():
        if isinstance(value, (list, dict, torch.Tensor)) and not name.startswith("__") and len(value):
            raise TypeError(f"`{name}` belongs to the class, so all caches share it")


def expected(sizes, text, another_text):
    """Cut what the whole text finds at once."""
    return list(torch.nn.functional.scaled_dot_product_attention(*text, is_causal=True).split(sizes, dim=2))


def finale(KeyValueCache):
    """**How much does it save?** A long text, once place by place with your memory, and once from the start for each
    new place. The findings must be equal; the clocks are not."""
    import time

    attend = torch.nn.functional.scaled_dot_product_attention
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 4, 400, 16) for _ in range(3))

    cache, start = KeyValueCache(), time.perf_counter()
    yours = torch.cat([cache.attend(q[:, :, [i]], k[:, :, [i]], v[:, :, [i]]) for i in range(400)], dim=2)
    middle = time.perf_counter()
    for i in range(400):
        again = attend(q[:, :, : i + 1], k[:, :, : i + 1], v[:, :, : i + 1], is_causal=True)
    end = time.perf_counter()

    print(f"with your memory {middle - start:.2f} s, without {end - middle:.2f} s")
    assert torch.allclose(yours, again, atol=1e-5)


task = Task(
    KeyValueCache,
    cases=cases,
    probe=probe,
    expected=expected,
    minutes=20,
    points=3,
    finale=finale,
    hints=(
        "Draw the mask for a call with two new places, when three are remembered already: two rows, five columns. Which"
        " cells are True?",
        "New keys go behind the old ones, along the dimension of the places. The mask is a lower triangle that is"
        " moved to the right by as many columns as there are older places.",
        "`torch.cat([old, new], dim=2)` for keys and for values, kept in `self`. Then a mask of ones of shape (new,"
        " total), `tril(total - new)`, given as `attn_mask`.",
    ),
)


def attend(q, k, v, **how):
    """The library's attention."""
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, **how)


def joined(cache, k, v):
    """Put the new keys and values behind the old ones, and remember all."""
    if cache.keys is not None:
        k, v = torch.cat([cache.keys, k], dim=2), torch.cat([cache.values, v], dim=2)
    cache.keys, cache.values = k, v
    return k, v


@task.wrong(
    "The prompt is right; the new places after it look at the *oldest* keys only. `is_causal=True` lets query 0 look at"
    " key 0, but your query 0 is no longer the first place of the text. The triangle has to be moved."
)
class CausalFromTheCorner(KeyValueCache):
    def attend(self, q, k, v):
        return attend(q, *joined(self, k, v), is_causal=True)


@task.wrong(
    "One place at a time is right. Where several come at once, they look into the future: they see one another's keys,"
    " also those behind them. They need a mask among themselves."
)
class NoMask(KeyValueCache):
    def attend(self, q, k, v):
        return attend(q, *joined(self, k, v))


@task.wrong(
    "Nothing is remembered: the new places look only at those of the same call. What a call brings must stay in the"
    " object."
)
class Forgetful(KeyValueCache):
    def attend(self, q, k, v):
        return attend(q, k, v, is_causal=True)


@task.wrong(
    "Only the call before is remembered: its keys and values were *replaced* by the new ones, and everything older is"
    " lost. Keep the joined ones."
)
class LastCallOnly(KeyValueCache):
    def attend(self, q, k, v):
        found = KeyValueCache.attend(self, q, k, v)
        self.keys, self.values = k, v
        return found


@task.wrong(
    "All texts share one memory: it lives on the class, not in the object, so a second text finds the first one's keys."
    " Make it in `__init__`, on `self`."
)
class OneForAll(KeyValueCache):
    keys: ClassVar[list] = []
    values: ClassVar[list] = []

    def __init__(self):
        pass

    def attend(self, q, k, v):
        self.keys.append(k)
        self.values.append(v)
        k, v = torch.cat(self.keys, dim=2), torch.cat(self.values, dim=2)
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).tril(total - new))


@task.wrong(
    "The new keys and values were put *before* the old ones. The mask counts from the oldest, so with several new"
    " places the wrong ones are hidden. New ones go behind."
)
class NewOnesFirst(KeyValueCache):
    def attend(self, q, k, v):
        if self.keys is not None:
            k, v = torch.cat([k, self.keys], dim=2), torch.cat([v, self.values], dim=2)
        self.keys, self.values = k, v
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).tril(total - new))


@task.wrong(
    "Old and new were joined along the wrong dimension: a text grows in its *places*, dimension 2. Neither the"
    " numbers of a vector nor the heads become more."
)
class JoinedInWidth(KeyValueCache):
    def attend(self, q, k, v):
        if self.keys is not None:
            k, v = torch.cat([self.keys, k], dim=-1), torch.cat([self.values, v], dim=-1)
        self.keys, self.values = k, v
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).tril(total - new))


@task.wrong(
    "The new places do not see themselves: their keys were remembered only after they had looked. Join first, then"
    " look."
)
class WithoutItself(KeyValueCache):
    def attend(self, q, k, v):
        k, v = joined(self, k, v)
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).tril(total - new - 1))


@task.wrong(
    "The queries are remembered as well, and the whole text is computed again: the result is as long as the text."
    " That is the work the memory should spare; only the new places are asked for."
)
class QueriesAsWell(KeyValueCache):
    def attend(self, q, k, v):
        self.queries = torch.cat([self.queries, q], dim=2) if self.keys is not None else q
        return attend(self.queries, *joined(self, k, v), is_causal=True)


@task.wrong(
    "Prompts are right, and single places after them. But a few new places at once, when there are older ones, look at"
    " the wrong keys: `is_causal=True` begins at key 0 there, too. One mask serves all calls."
)
class CausalForSeveral(KeyValueCache):
    def attend(self, q, k, v):
        return attend(q, *joined(self, k, v), is_causal=q.shape[2] > 1)


@task.wrong(
    "Old and new were joined along the *first* dimension, the batch: that is what `torch.cat` does unless it is told"
    " otherwise. A text grows in its places, dimension 2."
)
class JoinedInTheBatch(KeyValueCache):
    def attend(self, q, k, v):
        if self.keys is not None:
            k, v = torch.cat([self.keys, k]), torch.cat([self.values, v])
        self.keys, self.values = k, v
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).tril(total - new))


@task.wrong(
    "Your mask holds ones and zeros of floats, and these are *added* to the scores: nothing is hidden. Make it of"
    " booleans, `dtype=torch.bool`."
)
class MaskOfFloats(KeyValueCache):
    def attend(self, q, k, v):
        k, v = joined(self, k, v)
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total).tril(total - new))


@task.wrong(
    "The mask is turned over: it is True where nothing may be seen. True means *may look* (lesson 8, section 3, mistake"
    " 1); so a place sees the future, and the last one sees nothing."
)
class MaskTurnedOver(KeyValueCache):
    def attend(self, q, k, v):
        k, v = joined(self, k, v)
        new, total = q.shape[2], k.shape[2]
        return attend(q, k, v, attn_mask=torch.ones(new, total, dtype=torch.bool).triu(total - new + 1))
