"""Python's operators, and writes in place: an expression prints the same in both frameworks, or raises the same."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import edutorch

torch = pytest.importorskip("torch")


def names(framework):
    """Return the tensors that the expressions below speak of: made anew for each, for some expressions write."""
    t = framework.tensor
    r = t([1.0, -2.0], requires_grad=True)
    return {
        "torch": framework,
        "np": np,
        "operator": operator,
        "A": np.array([1.0, 2.0]),
        "x": t([1.0, 2.0]),
        "d": t([1.0, 2.0], dtype=framework.float64),
        "h": t([1.0, 2.0], dtype=framework.float16),
        "i": t([3, -3]),
        "s": t([3, -3], dtype=framework.int32),
        "u": t([1, 200], dtype=framework.uint8),
        "b": t([True, False]),
        "z": t(2.0),  # 0-d: weak
        "k": t(2),
        "r": r,
        "v": r * 1,  # has history, and may be written
    }


def outcome(framework, expression):
    """Return what an expression prints, or its error: type and first sentence (of a TypeError, just the type)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, about how PyTorch wraps arrays
        try:
            return repr(eval(expression, names(framework)))
        except TypeError:
            return "TypeError"
        except (RuntimeError, ValueError, OverflowError) as error:
            return f"{type(error).__name__}: " + str(error).splitlines()[0].split(". ")[0].rstrip(".")


ARITHMETIC = """
x + 1;  1 + x;  x - 1;  1 - x;  x * 2.5;  2.5 * x;  x / 2;  2 / x;  x // 2;  2 // x;  x % 2;  2 % x;  x ** 2;  2 ** x
-x;  +x;  abs(i);  -i;  -u;  ~i;  ~u;  ~b;  x @ x
i + 2.5;  i * True;  i / 2;  i // 2;  i % 2;  i ** 2;  2 ** s
i ** 0.5;  i - 2.5;  2.0 - i;  i / 0;  x / 0;  x // 0;  x % 0
x + z;  i + z;  i + k;  h + z;  z * k;  k / 2;  k + 1.5
x + d;  z + d;  x + i;  h + x;  h * 2.5;  s + i;  u + s;  b + k
u + 300;  u - 2;  u - 300;  u + (-1);  u * 300;  s + 2 ** 40;  s * 2 ** 31;  i + 2 ** 63;  i + 2 ** 70;  h * 70000
b + b;  b + True;  b * b;  b + 1;  b + 1.5;  b / b;  b ** 2;  b ** True;  2 ** b;  x + b
b - b;  b - True;  b - 1;  1 - b;  x - b;  b - x;  i - b;  -b;  +b;  abs(b);  b // b;  b % b;  b ** b
i // 0;  i % 0;  i ** -1;  u ** -1;  u ** 300;  i ** -k;  x ** -1;  x ** 0;  x ** 3;  x ** -0.5
r + 1;  1 + r;  r - 1;  1 - r;  r * 2;  2 * r;  r / 2
2 / r;  r // 2;  2 // r;  r % 2;  2 % r;  r ** 2;  2 ** r;  r ** r
-r;  +r;  abs(r);  r - r;  r * r;  r / r;  r % r;  r < 1;  r == r
"""

BITS = """
i & 1;  1 & i;  i | 1;  1 | i;  i ^ 1;  1 ^ i;  b & b;  b | True;  True ^ b;  b & i;  u & 300
i << 1;  1 << i;  i >> 1;  5 >> s;  i << 64;  i >> 64;  u << 9;  u >> 9;  b << 1;  i << -1
x & x;  x | 1;  i & 1.5;  ~x;  x << 1;  b << b;  i >> 1.5
"""

COMPARISONS = """
x == 1;  x != 1;  x < 2;  x <= 1;  x > 1;  x >= 2;  1 < x;  1 == x;  i == 3.0;  b == True;  x == d;  i < x;  h >= 2
x == None;  x != None;  x == "a";  x < None;  x == [1, 2];  (x == x).all();  bool(z > 1)
"""

STRANGERS = """
x + "a";  "a" + x;  x + None;  x - [1, 2];  [1, 2] - x;  x.add("a");  x.add(A);  torch.add(x, A);  x * {}
x + A;  x - A;  x * A;  x / A;  x ** A;  x == A;  A * x;  A - x;  A ** x;  A + x;  A / x;  A == x;  x < A
x + np.float64(2);  np.float64(2) + x;  np.float32(2) * x;  np.int64(2) - x;  i + np.float64(2.5);  i * np.int64(2)
x + np.bool_(True);  h * np.float64(2)
torch.add(2, x);  torch.mul(2.5, i);  torch.div(2, x)
torch.pow(2, x);  torch.sub(2, x);  torch.exp(2);  torch.maximum(x, 2)
"""

WRITES = """
operator.iadd(v, 1);  operator.isub(v, r);  operator.imul(v, r);  operator.itruediv(v, 2);  operator.ipow(v, 2)
operator.ifloordiv(x, 2);  operator.imod(x, 2);  operator.iand(i, 1);  operator.ior(i, 1);  operator.ixor(i, 1)
operator.ilshift(i, 1);  operator.irshift(i, 1)
operator.iadd(r, 1);  operator.itruediv(i, 2);  operator.iadd(i, 1.5)
v.zero_();  v.fill_(2);  v.fill_(z);  v.copy_(r);  v.copy_(z);  v.copy_(i);  x.copy_(r);
v.add_(1);  v.mul_(r);  v.sub_(r, alpha=2);  v.div_(2);  v.pow_(2)
v.neg_();  v.exp_();  v.relu_();  v.abs_();  v.sigmoid_()
v.clamp_(0, 1);  v.clamp_(min=z);  v.lerp_(r, 0.5);  v.addcmul_(r, r)
v.round_();  v.floor_();  v.remainder_(2);  v.tanh_()
x.add_(i);  x.mul_(d);  h.add_(x);  i.add_(b);  i.add_(x)
b.add_(i);  b.mul_(b);  x.eq_(2);  i.eq_(3);  x.logical_not_()
x.copy_(i);  i.copy_(x + 0.5);  b.copy_(x);  u.copy_(-x)
i.fill_(7.9);  b.fill_(3);  x.zero_();  i.zero_();  b.zero_()
torch.zero_(x);  torch.fill_(x, 3);  torch.relu_(v);  torch.fill(x, 3)
torch.fill(r, z);  r.zero_();  r.fill_(1);  r.copy_(x)
torch.add(x, 1, out=x);  torch.add(x, 1, out=d)
torch.add(x, 1.5, out=i);  torch.eq(x, 1, out=d);  torch.add(r, 1, out=x)
"""

EXPRESSIONS = [
    e.strip()
    for group in (ARITHMETIC, BITS, COMPARISONS, STRANGERS, WRITES)
    for e in group.replace("\n", ";").split(";")
    if e.strip()
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression):
    assert outcome(edutorch, expression) == outcome(torch, expression)


@pytest.mark.parametrize(
    "expression",
    [e for e in EXPRESSIONS if e.startswith("v.") or "(v" in e]
    + ["v[0].zero_()", "v[:1].copy_(r[1:])", "v[0].mul_(2)"],
)
def test_gradient_through_a_write(expression):
    """A write to a result leaves the gradients that PyTorch leaves."""
    found = []
    for framework in (torch, edutorch):
        space = names(framework)
        written = space["v"]
        eval(expression, space)
        (written * framework.tensor([3.0, 5.0])).sum().backward()
        found.append(space["r"].grad.tolist())
    assert found[1] == pytest.approx(found[0], rel=1e-6)
