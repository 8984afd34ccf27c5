"""Every kernel that can be asked for is compiled by NVIDIA's compiler, for old and new devices, without a warning."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from edutorch.kernels.cuda.source import HERE, OPTIONS, Source
from tests.kernels.cuda import nvrtc

ARCHITECTURES = [75, 90, max(nvrtc.architectures())]
FILES = sorted(path.name for path in HERE.glob("*.cu"))


def source_of(name):
    (source,) = [source for source in Source.made if source.path.name == name]
    return source


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", FILES)
def test_the_compiler_has_nothing_to_say(name, architecture):
    source = source_of(name)
    assert nvrtc.compile(source.code, sorted(source.expressions), architecture, OPTIONS) == ""


@pytest.mark.parametrize("name", FILES)
def test_each_kernel_of_a_file_is_declared(name):
    source = source_of(name)
    text = re.sub(r"//.*", "", source.path.read_text(encoding="utf-8"))
    written = set(re.findall(r"__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s*)?(\w+)", text))
    assert written == {expression.partition("<")[0] for expression in source.expressions}


def test_without_a_device_no_kernel_is_loaded():
    program = "import sys, edutorch; print([name for name in sys.modules if name.startswith('edutorch.kernels.cuda')])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def test_the_compiler_tells_of_mistakes():
    kernel = "template <typename T> __global__ void f(T* x) { int unused; x[0] = wrong; }"
    assert '"wrong" is undefined' in nvrtc.compile(kernel, ["f<int>"], 90, OPTIONS)
    assert "unused" in nvrtc.compile(kernel.replace("wrong", "1"), ["f<int>"], 90, OPTIONS)


def test_an_undeclared_kernel_is_refused():
    with pytest.raises(KeyError, match="forward<int> is not declared"):
        Source("row_norm.cu", forward=["float"]).kernel(None, "forward<int>")
    Source.made.pop()
