"""The examples in edutorch's docstrings run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import edutorch

MODULES = sorted(module.name for module in pkgutil.walk_packages(edutorch.__path__, "edutorch."))


@pytest.mark.parametrize("name", ["edutorch", *MODULES])
def test_examples(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs={"torch": edutorch}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not failed
