"""A thousand mutated files: each ends in a right load or in a clear error, and nothing in it is ever executed."""

import faulthandler
import io
import pickle
import random
import sys
import time

import numpy as np
import pytest

import edutorch
from edutorch.serialization import safetensors
from tests.serialization.helpers import loaded, program_of, saved, zipped

CLEAR = (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, safetensors.SafetensorError)
DANGEROUS = ("os.", "subprocess.", "exec", "compile", "import", "pickle.", "socket.", "shutil.", "ctypes.", "open")

watching = False
seen = []


def watch(event, arguments):
    """Note what a program does that a file has no business with, while we look."""
    if watching and event.startswith(DANGEROUS):
        seen.append((event, arguments))


sys.addaudithook(watch)


def contents(t):
    x = t.arange(12.0).reshape(3, 4)
    return {
        "x": x,
        "view": x[1:, ::2].t(),
        "state": t.nn.Linear(2, 3).state_dict(),
        "parameter": t.nn.Parameter(t.ones(2)),
        "mask": t.tensor([True, False]),
        "unsigned": t.tensor([1], dtype=t.uint16),
        "plain": [1, 2.5, "text", b"bytes", None, (1, 2), {3}, 2**70, 1j, t.float32, t.Size([2])],
    }


STORAGES = [np.arange(n, dtype=np.uint8).tobytes() for n in (48, 24, 12, 8, 2, 2)]


def mutated(data, draw):
    """Return bytes with a few bits, bytes or pieces changed."""
    data = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5))):
        at, kind = draw.randrange(len(data)), draw.randrange(7)
        if kind < 2:
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            data[at] = draw.randrange(256)
        elif kind == 3:
            del data[at : at + draw.choice((1, 2, 10))]
        elif kind == 4:
            data[at:at] = bytes(draw.randrange(256) for _ in range(draw.choice((1, 4))))
        elif kind == 5:
            other = draw.randrange(len(data))
            data[at : at + 8] = data[other : other + 8]
        else:
            data[at : at + 4] = draw.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"))
        if not data:
            return b""
    return bytes(data)


def truncated(data, draw):
    return data[: draw.randrange(len(data))]


def look_at(value):
    """Touch every number, as a program would: what reached beyond its memory would crash here."""
    if isinstance(value, edutorch.Tensor):
        if value.numel() < 1 << 20:
            np.array(value.array).sum()
    elif isinstance(value, dict):
        for key, part in value.items():
            look_at(key)
            look_at(part)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            look_at(part)


def attempt(load, data):
    """Load, and return the error it ended in, or None."""
    global watching
    watching = True
    try:
        look_at(load(data))
    except CLEAR as error:
        return error
    finally:
        watching = False
    return None


def load_module(data):
    return loaded(edutorch, data, weights_only=False)


@pytest.fixture(scope="module")
def files(torch):
    """Files of both frameworks, each with the function that loads it."""

    def load(data):
        return loaded(edutorch, data)

    old = {k: v for k, v in contents(torch).items() if k != "unsigned"}
    model = edutorch.nn.Sequential(edutorch.nn.Linear(2, 3), edutorch.nn.ReLU())
    whole = saved(edutorch, contents(edutorch))
    numpys = {"best": np.float64(0.5), "all": np.arange(4.0), "names": frozenset("ab")}
    found = {
        "zip": (whole, load),
        "PyTorch's zip": (saved(torch, contents(torch)), load),
        "PyTorch's old format": (saved(torch, old, _use_new_zipfile_serialization=False), load),
        "module": (saved(edutorch, model), load_module),
        "safetensors": (safetensors.save({"a": edutorch.ones(2, 3), "b": edutorch.arange(4)}), safetensors.load),
        "NumPy's": (saved(edutorch, numpys), load_module),
    }
    for data, load_it in found.values():
        load_it(data)  # what is imported at first use is imported now
    return found


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files(files, seed, capfd):
    """100 of the 1,000 for each seed: 60 of them are pickles in otherwise perfect archives, which no checksum saves."""
    draw = random.Random(seed)
    faulthandler.dump_traceback_later(60, exit=True)  # a file that hangs is a failure, not a hung test
    ends = []
    try:
        for number in range(100):
            data, load = files[draw.choice([*files])]
            if number < 60 and data.startswith(b"PK"):
                data = zipped(mutated(program_of(data), draw), STORAGES)
            elif number < 90:
                data = mutated(data, draw)
            else:
                data = truncated(data, draw)
            start = time.process_time()
            ends.append(attempt(load, data))
            assert time.process_time() - start < 2.0
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert seen == []
    assert capfd.readouterr().out == ""
    errors = [end for end in ends if end is not None]
    assert all(map(str, errors))
    assert len(errors) > 50  # most are noticed


def test_the_watch_works():
    """The test above would see it if something were executed."""
    code = b"cos\nsystem\n(X\x04\0\0\0truetR."
    attempt(lambda data: pickle.load(io.BytesIO(data)), code)
    assert any(event == "os.system" for event, _ in seen)
    seen.clear()
