"""Where a profile looks: the functions of the library that it watches, and what calls of them are called."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType

from .. import linalg
from ..autograd import engine, views
from ..autograd.function import Function
from ..autograd.graph import Node
from ..nn import functional
from ..nn.modules.module import Module
from ..op import Op
from ..op.nodes import NodeClasses
from ..optim.optimizer import Optimizer
from ..tensor import Tensor
from ..utils.data._utils.iterate import _BaseDataLoaderIter
from . import names
from .recorder import USER
from .watch import Watched


class Probes:
    """All that is watched, until `release()`.

    Args:
        recorder: makes what takes the calls. modules: watch the calls of modules too.
    """

    def __init__(self, recorder, modules=False):
        self.recorder, self.watched = recorder, {}
        try:
            self._operators()
            self._functions()
            self._backward()
            self._training()
            if modules:
                self._modules()
        except BaseException:
            self.release()
            raise

    def watch(self, function, around):
        """Watch a function, unless it is watched already."""
        if id(function) not in self.watched:
            self.watched[id(function)] = Watched(function, around)

    def release(self):
        """Let every function be as it was."""
        while self.watched:
            self.watched.popitem()[1].release()

    def _operators(self):
        operator = self.recorder.operator
        for made in Op.made:
            around = operator(names.of_operator(made.name))
            self.watch(made.fn, self.recorder.around(names.of_part) if made.name == "getitem" else around)
        for form in vars(Tensor).values():
            if hasattr(form, "operator_of"):  # what stands behind `+`
                self.watch(form, operator(names.of_operator(form.operator_of.name)))

    def _functions(self):
        torch = sys.modules[__name__.partition(".")[0]]
        for name, operator in names.FUNCTIONAL.items():
            self._function(getattr(functional, name), f"aten::{operator}")
        for name in names.FUNCTIONS:
            for space in (Tensor, torch, functional):
                function = getattr(space, name, None)
                if isinstance(function, FunctionType):
                    self._function(function, f"aten::{name}")
        for name in names.LINALG:
            self._function(getattr(linalg, name), f"aten::linalg_{name}")
        for name, operator in (("tensor", "lift_fresh"), ("from_numpy", "lift_fresh"), ("unique", "_unique2")):
            self._function(getattr(torch, name), f"aten::{operator}")
        self.watch(views.assign, self.recorder.around(names.of_inplace))

    def _function(self, function, name):
        """Watch what stands behind the form with checks that `torch` has, and behind the method."""
        self.watch(inspect.unwrap(function), self.recorder.operator(name))

    def _backward(self):
        recorder = self.recorder
        self.watch(Function.apply.__func__, recorder.around(lambda args, _: args[0].__name__))
        self.watch(engine.run_backward, recorder.backward_pass)
        self.watch(engine.receive, recorder.hooks_before)
        self.watch(engine.accumulate, recorder.accumulate)
        for cls in _subclasses(Node):
            self._gradients_of(cls)

        def new_class(plain):
            def call(args, kwargs):
                cls = plain(*args, **kwargs)
                self._gradients_of(cls)
                return cls

            return call

        self.watch(NodeClasses.__missing__, new_class)

    def _gradients_of(self, cls):
        if "gradients" in vars(cls):
            self.watch(vars(cls)["gradients"], self.recorder.gradients)

    def _training(self):
        for cls in (Optimizer, *_subclasses(Optimizer)):
            for method in ("step", "zero_grad"):
                if method in vars(cls):
                    self._annotate(vars(cls)[method], f"Optimizer.{method}#{{}}.{method}")
        self._annotate(_BaseDataLoaderIter.__next__, "enumerate(DataLoader)#{}.__next__")

    def _annotate(self, function, form):
        around = self.recorder.around(
            lambda args, _: form.format(type(args[0]).__name__), kind="user_annotation", scope=USER
        )
        self.watch(function, around)

    def _modules(self):
        numbers = {}  # (class, module) -> its number among the modules of its class, in the order of their first calls

        def name(args, kwargs):
            module, kind = args[0], type(args[0]).__name__
            of_kind = numbers.setdefault(kind, {})
            return f"nn.Module: {kind}_{of_kind.setdefault(module, len(of_kind))}"

        self.watch(Module.__call__, self.recorder.around(name, kind="python_function"))


def _subclasses(cls):
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)
