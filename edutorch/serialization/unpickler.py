"""Running a pickle, harmlessly.

A pickle is a program for a machine with a stack: "push this text", "make a tuple of the last two", "call the function
below with the tuple on top". Python's own machine imports and calls whatever a pickle names, so that opening a file can
run anything. This one knows the instructions below and no others, looks names up in a list (`names.py`), calls what is
marked as callable there, gives state to objects of a few kinds, and checks each step: a wrong program ends in an
`UnpicklingError`, never in code that runs, and takes no more memory than its own length warrants.

Left out on purpose, because files of tensors have no use for them: INST, OBJ, EXT*, NEWOBJ_EX, PERSID, the text forms
of protocol 0, and LONG4: numbers of more than 255 bytes, which would be slow as keys.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict, defaultdict
from pickle import UnpicklingError

import numpy as np

from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from .modules import restore_module
from .names import hashable
from .numpy_values import check_element_type_state, fill_array
from .refusal import senseless, shown


class _FromOutside(Exception):
    """Carries an error that the pickle is not to blame for past the handler that blames it."""


_INSTRUCTIONS: dict[int, object] = {}  # byte -> the method that carries it out


def _on(*codes):
    """Say which instruction(s) of the machine a method is."""

    def note(method):
        for code in codes:
            _INSTRUCTIONS[code[0]] = method
        return method

    return note


def _constant(code, make):
    _on(code)(lambda machine: machine.stack.append(make()))


for _code, _make in (
    (pickle.NONE, lambda: None),
    (pickle.NEWTRUE, lambda: True),
    (pickle.NEWFALSE, lambda: False),
    (pickle.EMPTY_TUPLE, tuple),
    (pickle.EMPTY_LIST, list),
    (pickle.EMPTY_DICT, dict),
    (pickle.EMPTY_SET, set),
):
    _constant(_code, _make)


def _number(code, form):
    unpack, size = struct.Struct(form).unpack, struct.calcsize(form)
    _on(code)(lambda machine: machine.stack.append(unpack(machine.take(size))[0]))


for _code, _form in (
    (pickle.BININT, "<i"),
    (pickle.BININT1, "<B"),
    (pickle.BININT2, "<H"),
    (pickle.BINFLOAT, ">d"),
):
    _number(_code, _form)


def _sized(code, form, read):
    """An instruction followed by a length and so many bytes."""
    unpack, size = struct.Struct(form).unpack, struct.calcsize(form)
    _on(code)(lambda machine: machine.stack.append(read(machine, machine.take(unpack(machine.take(size))[0]))))


def _text(machine, data):
    return str(data, "utf-8", "surrogatepass")


def _old_text(machine, data):
    return bytes(data) if machine.encoding == "bytes" else str(data, machine.encoding)


def _whole_number(machine, data):
    return int.from_bytes(data, "little", signed=True)


for _code, _form, _read in (
    (pickle.SHORT_BINUNICODE, "<B", _text),
    (pickle.BINUNICODE, "<I", _text),
    (pickle.BINUNICODE8, "<Q", _text),
    (pickle.SHORT_BINSTRING, "<B", _old_text),
    (pickle.BINSTRING, "<I", _old_text),
    (pickle.SHORT_BINBYTES, "<B", lambda machine, data: bytes(data)),
    (pickle.BINBYTES, "<I", lambda machine, data: bytes(data)),
    (pickle.BINBYTES8, "<Q", lambda machine, data: bytes(data)),
    (pickle.BYTEARRAY8, "<Q", lambda machine, data: bytearray(data)),
    (pickle.LONG1, "<B", _whole_number),
):
    _sized(_code, _form, _read)


class Unpickler:
    """Runs the pickles in some bytes, one after another.

    Args:
        data: bytes.
        names: what may be named (`Names`).
        find_storage: returns the storage of a persistent id.
        encoding: of texts written by Python 2; "bytes" leaves them as they are.
    """

    def __init__(self, data, names, find_storage, encoding="utf-8"):
        self.data, self.at = memoryview(data), 0
        self.names, self.find_storage, self.encoding = names, find_storage, encoding

    def load(self):
        """Run the next pickle, and return what it makes.

        Raises:
            UnpicklingError: if it is not a program of harmless instructions.
        """
        self.stack, self.below, self.memo = [], [], {}
        try:
            return self._run()
        except _FromOutside as carrier:
            raise carrier.args[0] from None
        except (UnpicklingError, RuntimeError) as error:
            if isinstance(error, RecursionError):
                raise senseless("nested too deeply") from None
            raise
        except Exception as error:  # whatever a senseless program runs into: an empty stack, a wrong type, …
            raise senseless(f"byte {self.at}, {type(error).__name__}: {error}") from error

    def _run(self):
        data, instructions, stop = self.data, _INSTRUCTIONS, pickle.STOP[0]
        while True:
            if self.at >= len(data):
                raise senseless("it ends too early")
            code = data[self.at]
            self.at += 1
            if code == stop:
                return self.stack.pop()
            instruction = instructions.get(code)
            if instruction is None:
                raise senseless(f"Unsupported operand {code}")
            instruction(self)

    def take(self, size):
        """Return the next bytes of the program."""
        end = self.at + size
        if end > len(self.data):
            raise senseless("it ends too early")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def _line(self):
        """Return the text up to the next line end."""
        end = bytes(self.data[self.at : self.at + 1000]).index(b"\n")
        line = str(self.take(end), "utf-8")
        self.at += 1
        return line

    def _since_mark(self):
        """Return what was pushed since the last MARK, and take it off."""
        items = self.stack
        self.stack = self.below.pop()
        return items

    # ---- the frame

    @_on(pickle.PROTO)
    def _protocol(self):
        self.take(1)

    @_on(pickle.FRAME)
    def _frame(self):
        self.take(8)

    @_on(pickle.MARK)
    def _mark(self):
        self.below.append(self.stack)
        self.stack = []

    # ---- what was made before

    @_on(pickle.BINPUT)
    def _put(self):
        self.memo[self.take(1)[0]] = self.stack[-1]

    @_on(pickle.LONG_BINPUT)
    def _put_long(self):
        self.memo[int.from_bytes(self.take(4), "little")] = self.stack[-1]

    @_on(pickle.MEMOIZE)
    def _memoize(self):
        self.memo[len(self.memo)] = self.stack[-1]

    @_on(pickle.BINGET)
    def _get(self):
        self.stack.append(self.memo[self.take(1)[0]])

    @_on(pickle.LONG_BINGET)
    def _get_long(self):
        self.stack.append(self.memo[int.from_bytes(self.take(4), "little")])

    # ---- containers

    @_on(pickle.TUPLE)
    def _tuple(self):
        items = self._since_mark()
        self.stack.append(tuple(items))

    @_on(pickle.TUPLE1)
    def _tuple1(self):
        self.stack[-1] = (self.stack[-1],)

    @_on(pickle.TUPLE2)
    def _tuple2(self):
        self.stack[-2:] = [(self.stack[-2], self.stack[-1])]

    @_on(pickle.TUPLE3)
    def _tuple3(self):
        self.stack[-3:] = [(self.stack[-3], self.stack[-2], self.stack[-1])]

    @_on(pickle.APPEND)
    def _append(self):
        item = self.stack.pop()
        self._target(list).append(item)

    @_on(pickle.APPENDS)
    def _appends(self):
        items = self._since_mark()
        self._target(list).extend(items)

    @_on(pickle.SETITEM)
    def _set_item(self):
        value, key = self.stack.pop(), self.stack.pop()
        self._target(dict, OrderedDict, Counter, defaultdict)[hashable(key)] = value

    @_on(pickle.SETITEMS)
    def _set_items(self):
        items = self._since_mark()
        target = self._target(dict, OrderedDict, Counter, defaultdict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[hashable(key)] = value

    @_on(pickle.ADDITEMS)
    def _add_items(self):
        items = self._since_mark()
        self._target(set).update(map(hashable, items))

    @_on(pickle.FROZENSET)
    def _frozenset(self):
        items = self._since_mark()
        self.stack.append(frozenset(map(hashable, items)))

    def _target(self, *kinds):
        """Return the container on top, which must be of one of these kinds, or of a trusted kind of them."""
        container = self.stack[-1]
        kind = type(container)
        if kind not in kinds and not (issubclass(kind, kinds) and self.names.may_make(kind)):
            raise UnpicklingError(f"Can only fill {kinds[0].__name__}, but got {kind}")
        return container

    # ---- names, calls, objects

    @_on(pickle.GLOBAL)
    def _global(self):
        module = self._line()
        self.stack.append(self.names.find(module, self._line()))

    @_on(pickle.STACK_GLOBAL)
    def _stack_global(self):
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise senseless("a name that is no text")
        self.stack.append(self.names.find(module, name))

    @_on(pickle.BINPERSID)
    def _persistent(self):
        try:
            storage = self.find_storage(self.stack.pop())
        except Exception as error:  # the file cannot be read, or the user's map_location failed
            raise _FromOutside(error) from error
        self.stack.append(storage)

    @_on(pickle.REDUCE)
    def _call(self):
        arguments = self.stack.pop()
        self.stack[-1] = self.names.call(self.stack[-1], arguments)

    @_on(pickle.NEWOBJ)
    def _new(self):
        arguments, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, type) or not isinstance(arguments, tuple):
            raise senseless("an object without a class")
        if issubclass(kind, Module) and not arguments:
            self.stack.append(object.__new__(kind))
        elif kind is Parameter:
            self.stack.append(Parameter(*arguments))
        elif self.names.may_make(kind):
            self.stack.append(kind.__new__(kind, *arguments))
        else:
            raise UnpicklingError(f"Can only create objects of classes allowed with add_safe_globals, but got {kind}")

    @_on(pickle.BUILD)
    def _build(self):
        state, made = self.stack.pop(), self.stack[-1]
        kind = type(made)
        if isinstance(made, Module):
            restore_module(made, state)
        elif kind is OrderedDict:
            _set_attributes(made, state)
        elif self.names.may_make(kind):
            _set_state(made, state)
        elif isinstance(made, np.dtype) and self.names.whole_modules:
            check_element_type_state(made, state)
        elif kind is np.ndarray and self.names.whole_modules:
            fill_array(made, state)
        else:
            raise UnpicklingError(
                f"Can only give state to tensors, OrderedDict and classes allowed with add_safe_globals, but got {kind}"
            )


def _set_attributes(made, state):
    """Give an OrderedDict its attributes, such as a state_dict's `_metadata`; none may stand before a method."""
    for name, value in state.items():
        if not isinstance(name, str) or hasattr(OrderedDict, name):
            raise senseless(f"{shown(name)} is not an attribute that a file may set on an OrderedDict")
        vars(made)[name] = value


def _set_state(made, state):
    """Give an object of a trusted class its state, as Python does."""
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
        return
    in_slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, in_slots = state
    vars(made).update(state or {})
    for name, value in (in_slots or {}).items():
        setattr(made, name, value)
