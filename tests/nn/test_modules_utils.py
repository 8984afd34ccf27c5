"""What people's own layers import from `torch.nn.modules.utils`."""

from collections import OrderedDict

import pytest

from edutorch.nn.modules import utils
from tests.twins import same_on_both


@pytest.mark.parametrize("value", [3, 2.5, (1, 2, 3), [4, 5], "ab", None])
def test_tuples(value):
    import torch

    theirs = torch.nn.modules.utils
    for name in ("_single", "_pair", "_triple", "_quadruple"):
        assert getattr(utils, name)(value) == getattr(theirs, name)(value)
    assert utils._ntuple(5)(value) == theirs._ntuple(5)(value)


def test_prefixes_are_taken_off():
    def program(torch):
        from importlib import import_module

        consume = import_module(torch.__name__ + ".nn.modules.utils").consume_prefix_in_state_dict_if_present
        state = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.BatchNorm1d(2))).state_dict()
        consume(state, "module.")
        other = OrderedDict({"module.a": 1, "module": 2, "b": 3, "modulex": 4})
        consume(other, "module.")
        return list(state), list(state._metadata), list(other.items())

    same_on_both(program)
