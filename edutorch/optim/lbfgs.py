"""L-BFGS: a quasi-Newton method that remembers a few steps instead of a matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..modes import enable_grad, no_grad
from ..ops.join import cat
from ..tensor import Tensor
from .optimizer import Optimizer, check_rate

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Use how the gradient changed along past steps to step to where it would be zero.

    For smooth losses of whole batches; one step is up to `max_iter` iterations, each of which calls the closure at
    least once. All parameters count as one long vector x with gradient g. An iteration:

        d = -H g                                  H: an estimate of the inverse Hessian, never written down
        x <- x + t d                              t: lr, or what the line search finds

    and H is corrected so that it maps the change of the gradient y to the step s that made it. Nocedal 1980,
    "Updating Quasi-Newton Matrices with Limited Storage"; Nocedal and Wright, "Numerical Optimization", algorithms 7.4
    (`direction`), 3.5 and 3.6 (`strong_wolfe`).

    Args:
        params: tensors, all in one group.
        lr: the step length t.
        max_iter: iterations in a step.
        max_eval: calls of the closure in a step; by default 1.25 max_iter.
        tolerance_grad: stop when no number of the gradient is larger.
        tolerance_change: stop when neither the parameters nor the loss change by more.
        history_size: how many past steps to remember.
        line_search_fn: "strong_wolfe" to search for the step length; None to take lr.

    Raises:
        ValueError: for a negative lr, or several groups.

    Example:
        >>> w = torch.tensor([3.0, -4.0], requires_grad=True)
        >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (w - torch.tensor([1.0, 2.0])).square().sum()
        ...     loss.backward()
        ...     return loss
        >>> _ = optimizer.step(closure)
        >>> w
        tensor([1., 2.], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr=1,
        max_iter=20,
        max_eval=None,
        tolerance_grad=1e-7,
        tolerance_change=1e-9,
        history_size=100,
        line_search_fn=None,
    ):
        check_rate(lr)
        super().__init__(
            params,
            dict(
                lr=lr,
                max_iter=max_iter,
                max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
                tolerance_grad=tolerance_grad,
                tolerance_change=tolerance_change,
                history_size=history_size,
                line_search_fn=line_search_fn,
            ),
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @no_grad()
    def step(self, closure):
        """Go through up to `max_iter` iterations.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            The loss before the step.
        """
        group = self.param_groups[0]
        lr = group["lr"].reshape(()) if isinstance(group["lr"], Tensor) else group["lr"]
        state = self.state[group["params"][0]]  # there is one state for all
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first = enable_grad()(closure)()
        loss, g = float(first), self._gradient()
        calls = 1
        state["func_evals"] += 1
        if g.abs().max() <= group["tolerance_grad"]:
            return first

        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                d = -g
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
                t = min(1.0, 1.0 / g.abs().sum()) * lr  # nothing is known yet of how far to go
            else:
                remember(state, g - state["prev_flat_grad"], state["d"] * state["t"], group["history_size"])
                d, t = direction(state, g, group["history_size"]), lr
            state.update(d=d, t=t, prev_flat_grad=g.clone(), prev_loss=loss)
            slope = g.dot(d)
            if slope > -group["tolerance_change"]:  # hardly downhill any more
                break
            previous, spent = loss, 0
            if group["line_search_fn"] is None:
                self._move(t, d)
                if iteration < group["max_iter"]:  # the last point is left to the next step to look at
                    loss, g, spent = float(enable_grad()(closure)()), self._gradient(), 1
            elif group["line_search_fn"] == "strong_wolfe":
                here = Point(0, loss, g, slope)
                found, spent = strong_wolfe(self._along(closure, d), here, t, d.abs().max(), group["max_eval"] - calls)
                t, loss, g = found.t, found.loss, found.gradient
                state["t"] = t
                self._move(t, d)
            else:
                raise RuntimeError("only 'strong_wolfe' is supported")
            calls += spent
            state["func_evals"] += spent
            if (
                iteration == group["max_iter"]
                or calls >= group["max_eval"]
                or g.abs().max() <= group["tolerance_grad"]
                or (d * t).abs().max() <= group["tolerance_change"]
                or abs(loss - previous) < group["tolerance_change"]
            ):
                break
        return first

    def _gradient(self):
        """Return the gradients of all parameters as one vector."""
        params = self.param_groups[0]["params"]
        return cat([(p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1)) for p in params])

    def _move(self, t, d):
        """Change the parameters by t d."""
        start = 0
        for p in self.param_groups[0]["params"]:
            p += t * d[start : start + p.numel()].view_as(p)
            start += p.numel()

    def _along(self, closure, d):
        """Return a function that looks at the point t d away, and comes back."""
        params = self.param_groups[0]["params"]
        here = [p.clone() for p in params]

        def look(t):
            self._move(t, d)
            loss, g = float(enable_grad()(closure)()), self._gradient()
            for p, value in zip(params, here, strict=True):
                p.copy_(value)
            return Point(t, loss, g, g.dot(d))

        return look


# ---- the direction


def remember(state, y, s, size):
    """Add to the history that the step s changed the gradient by y."""
    curvature = y.dot(s)
    if not curvature > 1e-10:  # H must stay positive definite
        return
    history = state["old_dirs"], state["old_stps"], state["ro"]
    for entries, new in zip(history, (y, s, 1.0 / curvature), strict=True):
        if len(entries) == size:
            entries.pop(0)
        entries.append(new)
    state["H_diag"] = curvature / y.dot(y)


def direction(state, g, size):
    """Return -H g: go back through the history, scale, and go forward again."""
    ys, steps, rhos = state["old_dirs"], state["old_stps"], state["ro"]
    alphas = state.setdefault("al", [None] * size)
    d = -g
    for i in reversed(range(len(ys))):
        alphas[i] = steps[i].dot(d) * rhos[i]
        d -= alphas[i] * ys[i]
    d *= state["H_diag"]
    for i in range(len(ys)):
        d += (alphas[i] - ys[i].dot(d) * rhos[i]) * steps[i]
    return d


# ---- the line search


class Point(NamedTuple):
    """What is known of the point t d away: the loss, the gradient, and the slope along d."""

    t: Any
    loss: float
    gradient: Any
    slope: Any


def strong_wolfe(look, start, t, length, most, c1=1e-4, c2=0.9, tolerance=1e-9):
    """Find a step that makes the loss fall enough (c1) and leaves the slope flat enough (c2).

    First walk on until a good point lies between two others, then narrow the bracket down.

    Args:
        look: returns the Point at a step length.
        start: the Point at 0.
        t: the step length to try first.
        length: the largest number of the direction.
        most: the number of further trials.
        tolerance: stop when the bracket is shorter.

    Returns:
        The best Point, and the number of points looked at.
    """

    def too_high(point):
        return point.loss > start.loss + c1 * point.t * start.slope

    def flat(point):
        return abs(point.slope) <= -c2 * start.slope

    previous, point = start, look(t)
    trials = 0
    while trials < most:
        if too_high(point) or (trials > 1 and point.loss >= previous.loss):
            break
        if flat(point):
            return point, trials + 1
        if point.slope >= 0:
            break
        bounds = (point.t + 0.01 * (point.t - previous.t), point.t * 10)
        previous, point = point, look(lowest(previous, point, bounds))
        trials += 1
    else:
        previous = start

    ends = [previous, point]
    low = lower(ends)
    stuck = False
    while trials < most and not abs(ends[1].t - ends[0].t) * length < tolerance:
        t, stuck = inside(ends, stuck)
        point = look(t)
        trials += 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = lower(ends)
            continue
        if flat(point):
            return point, trials + 1
        if point.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
    return ends[low], trials + 1


def lower(ends):
    """Return which of two points is the lower one."""
    return 0 if ends[0].loss <= ends[1].loss else 1


def inside(ends, stuck):
    """Choose a step length in a bracket, and say whether it is close to an end; not so twice in a row."""
    left, right = sorted(point.t for point in ends)
    t = lowest(*ends, (left, right))
    margin = 0.1 * (right - left)
    if not min(right - t, t - left) < margin:
        return t, False
    if stuck or t >= right or t <= left:
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, True


def lowest(a, b, bounds):
    """Return where the cubic through two points, with their slopes, is lowest within bounds."""
    least, most = bounds
    a, b = (a, b) if a.t <= b.t else (b, a)
    bend = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = bend**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2.0
    root = square.sqrt()
    t = b.t - (b.t - a.t) * ((b.slope + root - bend) / (b.slope - a.slope + 2 * root))
    return min(max(t, least), most)
