"""NVIDIA's run-time compiler, by ctypes: it needs no GPU and no driver, only its wheel (`pip install .[kernels]`)."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

HALVES_FOR = "cuda_fp16.h"  # from the wheel nvidia-cuda-runtime, which cupy-cuda13x[ctk] brings too


def _folder(name, pattern):
    import nvidia

    found = [p for root in nvidia.__path__ for p in sorted(Path(root).glob(f"*/{name}/{pattern}"))]
    if not found:
        raise FileNotFoundError(f"no {pattern} in the wheels of NVIDIA: pip install '.[kernels]'")
    return found[-1]


@functools.cache
def _library():
    return ctypes.CDLL(_folder("lib", "libnvrtc.so.*"))


def architectures():
    """Return the numbers of the architectures that the compiler knows: 75 stands for sm_75."""
    n = ctypes.c_int()
    _library().nvrtcGetNumSupportedArchs(ctypes.byref(n))
    numbers = (ctypes.c_int * n.value)()
    _library().nvrtcGetSupportedArchs(numbers)
    return sorted(numbers)


def compile(code, expressions, architecture, options):
    """Compile kernels to machine code, as CuPy does, and return what the compiler said: nothing, if all is well."""
    library, program = _library(), ctypes.c_void_p()
    assert library.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"kernels.cu", 0, None, None) == 0
    for expression in expressions:
        assert library.nvrtcAddNameExpression(program, expression.encode()) == 0
    where = _folder("include", HALVES_FOR).parent
    given = [
        *options,
        "--ftz=true",
        "--device-as-default-execution-space",
        f"--gpu-architecture=sm_{architecture}",
        f"-I{where}",
    ]
    failed = library.nvrtcCompileProgram(program, len(given), (ctypes.c_char_p * len(given))(*map(str.encode, given)))
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    said = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, said)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    text = said.value.decode().strip()
    return text or ("the compiler failed and said nothing" if failed else "")
