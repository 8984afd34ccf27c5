"""The reference forgets no public name, and reads every docstring: what needs no Sphinx to be seen."""

import importlib
import inspect
import pkgutil
import types

import pytest

import edutorch
from docs.site import catalogue, docstring, formula
from docs.site.links import check
from edutorch.op import OPS

# In a file's `__all__` for the files beside it, and not for users.
FOR_NEIGHBOURS = {
    "BackwardGates", "BackwardHookFunction", "ImageClassification", "SpectralNorm", "Stateful", "Stream", "WeightNorm",
    "_LRScheduler", "add_to_last_node", "bumped", "collate", "in_two_steps", "soft_cross_entropy",
}  # fmt: skip
MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(edutorch.__path__, "edutorch.")
    if "__main__" not in m.name and ".tasks" not in m.name
)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_in_the_reference(name):
    module = importlib.import_module(name)
    shown = {id(entry.object) for entry in catalogue.entries().values()}
    for public in getattr(module, "__all__", ()):
        value = getattr(module, public)
        if name.startswith("edutorch.ops.") and f"torch.nn.functional.{public}" in catalogue.entries():
            continue  # users call the function in front of it
        if callable(value) and public not in FOR_NEIGHBOURS and not catalogue.is_inplace_form(value):
            assert id(value) in shown, f"{name}.{public}: add its module to AREAS in docs/site/catalogue.py"


def test_every_operator_is_in_the_reference():
    shown = {catalogue.operator_of(entry.object) for entry in catalogue.entries().values()}
    methods = {catalogue.operator_of(method) for method in vars(edutorch.Tensor).values() if callable(method)}
    assert not [name for name, op in OPS.items() if op not in shown | methods]


def test_every_name_of_torch_is_in_the_reference():
    names = {n for n, v in vars(edutorch).items() if not n.startswith("_") and not isinstance(v, types.ModuleType)}
    listed = {name for group in catalogue.areas()[0].groups.values() for name, _ in group}
    assert {f"torch.{n}" for n in names} - listed == {"torch.TYPE_CHECKING", "torch.load_later"}


def test_pages_differ_in_more_than_case():
    pages = [e.page for e in {id(e): e for e in catalogue.entries().values()}.values() if not e.is_value]
    assert len({page.casefold() for page in pages}) == len(pages)


def test_public_methods_of_tensor_say_what_they_do():
    silent = []
    for name in dir(edutorch.Tensor):
        method = inspect.getattr_static(edutorch.Tensor, name)
        if (
            not name.startswith("_")
            and (isinstance(method, property) or callable(method))
            and not inspect.getdoc(method)
        ):
            silent.append(name)
    assert silent == []


@pytest.mark.parametrize("entry", {e.name: e for e in catalogue.entries().values() if not e.is_value}.values(),
                         ids=lambda entry: entry.name)  # fmt: skip
def test_docstring_can_be_set(entry):
    text = inspect.getdoc(entry.object)
    assert text, "a public name without a docstring"
    for block in docstring.blocks(text):
        assert block.text.strip(), f"the section {block.kind} is empty"
        first, _, rest = block.text.partition(" ")
        section = block.kind == "text" and first in docstring.SECTIONS and rest.rstrip().endswith(":")
        assert not section, f"a section is headed by its name alone, not by {block.text!r}"
        if block.kind in ("Math", "Gradient"):
            for line in block.text.splitlines():
                for kind, piece in formula.segments(line):
                    if kind == "math":
                        assert piece.count("{") == piece.count("}")
                        assert "__" not in piece


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("y = sin x / cos x", r"y = \frac{\sin\, x}{\cos\, x}"),
        ("dL/dx = -g / sqrt(1 - x^2)", r"\frac{\partial L}{\partial x} = - \frac{g}{\sqrt{1 - x^{2}}}"),
        ("dL/dx_ij = g_j / n", r"\frac{\partial L}{\partial x_{i j}} = \frac{g_{j}}{n}"),
        ("y = (e^x - e^-x) / 2", r"y = \frac{e^{x} - e^{-x}}{2}"),
        ("y_j = 1/n sum_i x_ij", r"y_{j} = \frac{1}{n} \sum_{i} x_{i j}"),
        ("y_i = e^(x_i) / sum_j e^(x_j)", r"y_{i} = \frac{e^{x_{i}}}{\sum_{j} e^{x_{j}}}"),
        ("y = x Phi(x / sqrt 2) / 2", r"y = \frac{x \Phi\left( \frac{x}{\sqrt{2}} \right)}{2}"),
        (
            "y = mean_n 1/C sum_(j before i) w_j",
            r"y = \operatorname{mean}_{n} \frac{1}{C} \sum_{j\; \mathrm{before}\; i} w_{j}",
        ),
        ("x <= y != z", r"x \le y \ne z"),
        ("a ^ b", r"a \oplus b"),
        ("|x| < eps", r"|x| < \varepsilon"),
        ("[-pi/2, pi/2)", r"\left[ - \frac{\pi}{2} , \frac{\pi}{2} \right)"),
        ("y = beta1 m + x^(p-1)", r"y = \beta_{1} m + x^{p - 1}"),
    ],
)
def test_plain_formulas_become_latex(plain, latex):
    assert formula.to_latex(plain) == latex


def test_words_between_formulas_stay_words():
    found = formula.segments("dL/dx = g where x > 0, else 0")
    assert found == [
        ("math", r"\frac{\partial L}{\partial x} = g"),
        ("text", " where "),
        ("math", "x > 0"),
        ("text", ", else "),
        ("math", "0"),
    ]


def test_parameters_are_no_words():
    assert formula.to_latex("y = stride p + left", {"left"}) == r"y = \mathrm{stride}\; p + \mathrm{left}"
    assert formula.segments("target's class", {"target"}) == [("text", "target's class")]
    assert ("text", " left over") in formula.segments("g left over", set())


def test_docstring_is_taken_apart():
    text = """Do it.

Shape:    input (*) -> out (*)
Math:     y = x,
          z = y
Args:
    a: the first. b: the second
        of two.
    c: more.

    Words on their own.

Example:
    >>> 1
    1
"""
    blocks = docstring.blocks(text)
    assert [b.kind for b in blocks] == ["text", "Shape", "Math", "Args", "Example"]
    assert blocks[2].text == "y = x,\nz = y"
    assert docstring.items(blocks[3].text) == [
        ("a", "the first. b: the second of two."),
        ("c", "more."),
        ("", "Words on their own."),
    ]


def test_links_are_checked(tmp_path):
    (tmp_path / "style.css").write_text("a { background: url(https://elsewhere.example/a.png) }")
    (tmp_path / "good.html").write_text(
        '<h1 id="top">x</h1><a href="bad.html">y</a><a href="https://example.org">z</a>'
    )
    (tmp_path / "bad.html").write_text(
        '<a href="good.html#top">fine</a><a href="good.html#nowhere">1</a><a href="gone.html">2</a>'
        '<script src="https://elsewhere.example/x.js"></script><link rel="stylesheet" href="style.css">'
        '<img src="gone.svg"><style>@import "//elsewhere.example/b.css";</style>'
    )
    assert sorted(check(tmp_path)) == [
        "bad.html: gone.html: no such file",
        "bad.html: gone.svg: no such file",
        "bad.html: good.html#nowhere: no such place on that page",
        "bad.html: loads //elsewhere.example/b.css",
        "bad.html: loads https://elsewhere.example/x.js",
        "style.css: loads https://elsewhere.example/a.png",
    ]
