r"""An engine of your own

In lesson 2, section 3, an engine grew before your eyes and broke in four ways. Now build one alone; how it is made
inside is up to you. A `Value` is a number that remembers where it came from:

- `Value(2.0)` holds the number as `.data`, and a `.grad`, which is `0.0` at first.
- `a + b` and `a * b` make a new `Value`. One of the two may be a plain number, on either side: `a + 1.0`, `2.0 * a`.
- `a.tanh()` makes a new `Value`, too. (The derivative of tanh is `1 - tanh²`.)
- `out.backward()` sets the `.grad` of everything that `out` was computed from: the derivative of `out` with respect to
  it. The gradients of *leaves*, the values that you made from numbers, **add up** over several calls of `backward`, as
  in PyTorch.

Remember how the engine of the lesson broke: a value that is used twice; a value that is visited before everything has
arrived at it; a chain of thousands of operations.

```python
a, b = Value(2.0), Value(3.0)
c = a * b          # used twice below
(c * c + a).backward()
print(a.grad, b.grad)   # 37.0 24.0
```

Python asks `a.__add__(b)` for `a + b`; for `2.0 * a`, where the number does not know what to do, `a.__rmul__(2.0)`.
"""

import math

from edutorch.classroom import Task, guard
from edutorch.classroom.formula import Formula


class Value:
    """A number that remembers from what it was computed, so that gradients can flow back."""

    def __init__(self, data, edges=()):
        """Hold a number; what else a computed value has to remember is up to you."""
        self.data, self.grad = data, 0.0
        self.edges = edges  # (value it was computed from, derivative with respect to that one), for each input

    def __add__(self, other):
        """Return `self + other`; `other` is a Value or a plain number."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __radd__(self, other):
        """Return `other + self`; `other` is a plain number."""
        return self + other

    def __mul__(self, other):
        """Return `self * other`; `other` is a Value or a plain number."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __rmul__(self, other):
        """Return `other * self`; `other` is a plain number."""
        return self * other

    def tanh(self):
        """Return the hyperbolic tangent."""
        t = math.tanh(self.data)
        return Value(t, ((self, 1.0 - t * t),))

    def backward(self):
        """Add the derivative of this value to the `grad` of all leaves that it was computed from."""
        arriving = {self: 0}  # for each value: how many gradients are still to come
        found = [self]
        for value in found:
            for source, _ in value.edges:
                if source not in arriving:
                    arriving[source] = 0
                    found.append(source)
                arriving[source] += 1
            if value.edges:
                value.grad = 0.0
        self.grad = 1.0
        ready = [self]
        while ready:
            value = ready.pop()
            for source, slope in value.edges:
                source.grad += slope * value.grad
                arriving[source] -= 1
                if not arriving[source]:
                    ready.append(source)


def cases(draw):
    """From one operation to many; values used twice, numbers on both sides, two rounds."""
    a, b, c = (draw.uniform(0.5, 2.0) * draw.choice((-1, 1)) for _ in range(3))
    yield Formula("lambda a, b: a + b"), [a, b], 1
    yield Formula("lambda a, b: a * b"), [a, b], 1
    yield Formula("lambda a, b, c: (a * b + c).tanh()"), [a / 2, b / 2, c / 2], 1
    yield Formula("lambda a: a * a"), [a], 1
    yield Formula("lambda a: 1.0 + 2.0 * (a * 3.0 + 1.0)"), [b], 1
    yield Formula("lambda a, b: (lambda c: c * c + a)(a * b)"), [a, b], 1
    yield Formula("lambda a, b: (lambda c: (lambda d: c * d * d + c)(c * b))(a * b)"), [a, c], 1
    yield Formula("lambda a, b: (lambda c: c + (c * b).tanh() * c)(a * b)"), [a, b], 1
    yield Formula("lambda a, b: (a * b).tanh() + b"), [a, c], 2


def probe(Value, f, numbers, rounds):
    """Compute `f` of leaves that hold these numbers and walk backward, once or twice with the same leaves."""
    leaves, out = [Value(number) for number in numbers], None
    for _ in range(rounds):
        out = f(*leaves)
        out.backward()
    return {"result": getattr(out, "data", None), "gradients": [leaf.grad for leaf in leaves]}


def long_chain(Value):
    """Complain if thousands of operations in a row are too much."""

    def chain():
        a = Value(1.0)
        sum([a] * 4000, a).backward()
        return a.grad

    outcome = guard.call(chain, (), 5.0)
    if outcome.value == 4001:
        return None
    what = "takes too long" if outcome.stopped else f"raises {type(outcome.error).__name__}"
    return f"But in a chain of 4,000 additions `backward` {what if outcome.value is None else 'goes wrong'}."


def finale(Value):
    """**Train on it.** The exclusive or: +1 if the two inputs differ, −1 if not. No straight line can do that; a
    network with three hidden units can, and every derivative in it is yours."""
    import random

    random.seed(1)
    hidden = [[Value(random.uniform(-1, 1)) for _ in range(3)] for _ in range(3)]
    last = [Value(random.uniform(-1, 1)) for _ in range(4)]
    table = [(-1.0, -1.0, -1.0), (-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, -1.0)]

    def network(p, q):
        units = [(u * p + v * q + bias).tanh() for u, v, bias in hidden]
        return sum((w * unit for w, unit in zip(last[:3], units, strict=True)), last[3]).tanh()

    weights = [w for row in [*hidden, last] for w in row]
    for step in range(300):
        loss = Value(0.0)
        for p, q, answer in table:
            miss = network(p, q) + -answer
            loss = loss + miss * miss
        for w in weights:
            w.grad = 0.0
        loss.backward()
        for w in weights:
            w.data -= 0.1 * w.grad
        if step in (0, 10, 100, 299):
            print(f"step {step:3d}  loss {loss.data:.4f}")
    assert loss.data < 0.1


task = Task(
    Value,
    cases=cases,
    probe=probe,
    also=long_chain,
    minutes=45,
    points=7,
    finale=finale,
    hints=(
        "Begin with `+` and `*` and a `backward` for results that use every value once. Each result has to remember its"
        " inputs and, for each, the local derivative. Then look at `a * a`.",
        "Gradients add up (`+=`), and a value may pass its gradient on only when everything has arrived at it. So count"
        " for each value how many gradients are to come, or sort all values, so that each comes before its inputs.",
        "No recursion, because of the long chain. Collect all values with a list that grows while you go through it,"
        " count the edges that lead to each; then start at the end: pass on, count down, and a value whose count is"
        " zero is ready. Or number the values at birth, and walk from the youngest to the oldest.",
    ),
)


class Flawed:
    """The engine of the reference, cut into the steps that can go wrong."""

    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges = data, 0.0, edges

    def value(self, other):
        return other if isinstance(other, Flawed) else type(self)(other)

    def __add__(self, other):
        other = self.value(other)
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = self.value(other)
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return type(self)(t, ((self, 1.0 - t * t),))

    def receive(self, gradient):
        self.grad += gradient

    def order(self):
        """Return all values, each before those it was computed from."""
        children, found = {self: 0}, [self]
        for value in found:
            for source, _ in value.edges:
                found += [source] if source not in children else []
                children[source] = children.get(source, 0) + 1
        order = [self]
        for value in order:
            for source, _ in value.edges:
                children[source] -= 1
                order += [source] if not children[source] else []
        return order

    def clear(self):
        if self.edges:
            self.grad = 0.0

    def backward(self):
        order = self.order()
        for value in order:
            value.clear()
        self.grad = 1.0
        for value in order:
            for source, slope in value.edges:
                source.receive(slope * value.grad)


@task.wrong(
    "A value that is used twice counts only once: the second contribution overwrote the first. The chain rule adds over"
    " all paths: `+=` where you wrote `=`."
)
class Overwrites(Flawed):
    def receive(self, gradient):
        self.grad = gradient


@task.wrong(
    "Values pass on too early, and then again: the walk follows the *paths*, and comes to a shared value once for each"
    " path, with what it had passed on before. Let each value pass its gradient on once, when all of it has arrived."
    " (And a walk that calls itself ends with a RecursionError in long chains.)"
)
class FollowsPaths(Flawed):
    def backward(self):
        self.grad = 1.0
        self.walk()

    def walk(self):
        for source, slope in self.edges:
            source.receive(slope * self.grad)
        for source, _ in self.edges:
            source.walk()


@task.wrong(
    "Each value passes on once, but some too early: they are visited in the order in which they were found, and part of"
    " their gradient arrives later. A value has to wait until everything that was computed from it has passed on."
)
class InOrderOfFinding(Flawed):
    def order(self):
        found = {self: None}
        queue = [self]
        for value in queue:
            new = [source for source, _ in value.edges if source not in found]
            found.update(dict.fromkeys(new))
            queue += list(dict.fromkeys(new))
        return queue


@task.wrong(
    "Each value passes on once, but some too early: the walk goes down one path to its end and marks what it has seen,"
    " so what arrives later over another path stays where it is. A value has to wait for all that was computed from"
    " it. (And a walk that calls itself ends with a RecursionError in long chains.)"
)
class DownOnePathFirst(Flawed):
    def backward(self):
        for value in self.order():
            value.clear()
        self.grad = 1.0
        self.walk(set())

    def walk(self, seen):
        if self not in seen:
            seen.add(self)
            for source, slope in self.edges:
                source.receive(slope * self.grad)
            for source, _ in self.edges:
                source.walk(seen)


@task.wrong(
    "But in a long chain of operations a function that calls itself ends with a RecursionError, after a thousand calls"
    " or so. Collect the values with a list instead, or number them at birth."
)
class Recursive(Flawed):
    def order(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for source, _ in value.edges:
                    visit(source)
                order.append(value)

        visit(self)
        return order[::-1]


@task.wrong(
    "In a product each factor got itself as its derivative. The derivative of a · b with respect to a is *the other*"
    " one, b."
)
class OwnFactor(Flawed):
    def __mul__(self, other):
        other = self.value(other)
        return type(self)(self.data * other.data, ((self, self.data), (other, other.data)))

    __rmul__ = __mul__


@task.wrong(
    "The derivative of tanh is taken from the wrong number: 1 - t² with t = tanh(x), the *result*, not with x itself."
)
class TanhOfInput(Flawed):
    def tanh(self):
        return type(self)(math.tanh(self.data), ((self, 1.0 - self.data**2),))


@task.wrong(
    "All gradients are zero: the walk has nothing to pass on. The derivative of the last value with respect to itself"
    " is 1, and somebody has to put it there."
)
class NoSeed(Flawed):
    def backward(self):
        for value in self.order():
            for source, slope in value.edges:
                source.receive(slope * value.grad)


@task.wrong(
    "Local derivatives arrive, but they are not multiplied along the path: what a value passes on is the gradient that"
    " arrived at it *times* the local derivative."
)
class LocalOnly(Flawed):
    def backward(self):
        for value in self.order():
            for source, slope in value.edges:
                source.receive(slope)


@task.wrong(
    "`2.0 * a` and `1.0 + a` fail. Python asks the number first, which knows no Value; then it asks `a.__rmul__(2.0)`"
    " and `a.__radd__(1.0)`."
)
class NumbersOnTheRight(Flawed):
    __radd__ = __rmul__ = None


@task.wrong(
    "`a + 1.0` and `a * 3.0` fail: the other operand may be a plain number, which has no `.data` and no `.grad`. Make a"
    " Value of it first."
)
class NumbersNotWrapped(Flawed):
    def value(self, other):
        other.data  # noqa: B018
        return other


@task.wrong(
    "The second `backward` begins from nothing: it set the gradients of the leaves to zero. Leaves add up over the"
    " calls, as in PyTorch; to empty them is left to whoever trains."
)
class ForgetsTheFirstRound(Flawed):
    def clear(self):
        self.grad = 0.0


@task.wrong(
    "A value that is used twice keeps only the gradient of the path that was walked last: `=` wrote over what had"
    " arrived before. The chain rule adds over all paths, so `+=`. (And a walk that calls itself ends with a"
    " RecursionError in long chains.)"
)
class OverwritesAlongPaths(Flawed):
    def backward(self, gradient=1.0):
        self.grad = gradient
        for source, slope in self.edges:
            source.backward(slope * gradient)
