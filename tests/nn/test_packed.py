"""Sequences of different lengths: padding, packing, and recurrent layers on what is packed, as in PyTorch."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
import warnings

import numpy as np
import pytest

import edutorch
from tests.streams_oracle import need_own_stream
from tests.twins import same_on_both

torch = pytest.importorskip("torch")

CONVERSIONS = ("double", "half", "long", "int", "short", "char", "byte", "float", "cpu")
LENGTHS = [[5, 3, 2], [2, 5, 3], [1, 1, 1], [4], [2, 5, 5, 1]]


def numbers(torch, *shape, dtype=None):
    """Return numbers that look random, and require grad."""
    n = int(np.prod(shape))
    return torch.tensor(np.cos(np.arange(n) * 1.7 + n).tolist(), dtype=dtype).reshape(shape).requires_grad_()


def parts(packed):
    """Return what a packed sequence consists of, as a plain tuple."""
    return tuple(packed)


# ---------------------------------------------------------------- padding and packing


@pytest.mark.parametrize(
    ("lengths", "batch_first", "features"), list(itertools.product(LENGTHS, (False, True), ((), (3,), (2, 3))))
)
def test_packing_and_padding_are_inverse(lengths, batch_first, features):
    def program(torch):
        utils, size = torch.nn.utils.rnn, (len(lengths), 6) if batch_first else (6, len(lengths))
        x = numbers(torch, *size, *features)
        packed = utils.pack_padded_sequence(x, torch.tensor(lengths), batch_first, enforce_sorted=False)
        padded, found = utils.pad_packed_sequence(packed, batch_first, padding_value=-1.0, total_length=7)
        (padded * padded.detach().cos()).sum().backward()
        return parts(packed), padded, padded.stride(), found, x.grad, packed.data.grad_fn.name()

    same_on_both(program)


@pytest.mark.parametrize("order", [1, 2])
def test_second_gradients_flow_through_packing(order):
    def program(torch):
        utils, x = torch.nn.utils.rnn, numbers(torch, 5, 3, 2, dtype=torch.float64)
        packed = utils.pack_padded_sequence(x, [5, 3, 2])
        data = packed.data**3
        for _ in range(order):
            (data,) = torch.autograd.grad((data * data.detach().cos()).sum(), x, create_graph=True)
        return data, utils.pad_packed_sequence(utils.PackedSequence(packed.data * 2, packed.batch_sizes))[0]

    same_on_both(program, rtol=1e-10)


@pytest.mark.parametrize("dtype", ["float64", "int64", "uint8", "bool"])
def test_every_dtype_is_packed(dtype):
    def program(torch):
        utils = torch.nn.utils.rnn
        x = torch.arange(12).reshape(4, 3).to(getattr(torch, dtype))
        packed = utils.pack_padded_sequence(x, [4, 2, 2])
        return parts(packed), utils.pad_packed_sequence(packed), utils.unpack_sequence(packed)

    same_on_both(program)


@pytest.mark.parametrize(
    ("batch_first", "side", "features"), list(itertools.product((False, True), ("right", "left"), ((), (2,))))
)
def test_pad_sequence(batch_first, side, features):
    def program(torch):
        utils = torch.nn.utils.rnn
        sequences = [numbers(torch, n, *features) for n in (2, 4, 1)]
        padded = utils.pad_sequence(sequences, batch_first, 0.5, side)
        (padded * padded.detach().cos()).sum().backward()
        lengths = torch.tensor([2, 4, 1])
        again = utils.unpad_sequence(padded.detach().clone(), lengths, batch_first)
        return padded, padded.stride(), [s.grad for s in sequences], again

    same_on_both(program)


@pytest.mark.parametrize("sort", [False, True])
def test_pack_sequence(sort):
    def program(torch):
        utils = torch.nn.utils.rnn
        sequences = [numbers(torch, n, 2) for n in ((3, 2, 1) if sort else (2, 3, 1))]
        packed = utils.pack_sequence(sequences, enforce_sorted=sort)
        packed.data.cos().sum().backward()
        return parts(packed), utils.unpack_sequence(packed), [s.grad for s in sequences]

    same_on_both(program)


def test_padding_takes_the_first_ones_dtype_and_any_iterable():
    def program(torch):
        pad = torch.nn.utils.rnn.pad_sequence
        mixed = [torch.ones(2), torch.ones(3, dtype=torch.float64, requires_grad=True)]
        padded = pad(mixed)
        padded.sum().backward()
        numbers = [torch.tensor([1, 2]), torch.tensor([3])]
        return padded, mixed[1].grad, pad(numbers, padding_value=1.5), pad(t for t in numbers), pad(torch.ones(3, 2))

    same_on_both(program)


def test_a_packed_sequence_is_converted_and_copied():
    def program(torch):
        packed = torch.nn.utils.rnn.pack_sequence([torch.ones(2, 3), torch.zeros(1, 3)])
        converted = [getattr(packed, name)() for name in CONVERSIONS]
        same = [p is packed for p in converted]
        kept = packed.to(torch.float32) is packed, packed.to("cpu") is packed
        other = pickle.loads(pickle.dumps(copy.deepcopy(packed)))
        found = parts(torch.nn.utils.rnn.PackedSequence((packed.data, packed.batch_sizes)))
        return [parts(p) for p in converted], same, kept, parts(other), packed.is_cuda, repr(packed), found, len(packed)

    same_on_both(program)


REFUSED = {
    "as many lengths as sequences": lambda u, x: u.pack_padded_sequence(x, [5, 3]),
    "positive lengths": lambda u, x: u.pack_padded_sequence(x, [5, 3, 0]),
    "sorted lengths": lambda u, x: u.pack_padded_sequence(x, [2, 3, 5]),
    "lengths in a row": lambda u, x: u.pack_padded_sequence(x, x[0].long()),
    "more than one length": lambda u, x: u.pack_padded_sequence(x, 5),
    "something to pack": lambda u, x: u.pack_padded_sequence(x[:, :0], []),
    "no words for lengths": lambda u, x: u.pack_padded_sequence(x, ["a"]),
    "something to pad": lambda u, x: u.pad_sequence([]),
    "sequences to pad": lambda u, x: u.pad_sequence(3),
    "tensors to pad": lambda u, x: u.pad_sequence([1, 2]),
    "sequences of one shape": lambda u, x: u.pad_sequence([x[:, 0], x[:2, 0, :1].repeat(1, 3)]),
    "sequences of one dimension": lambda u, x: u.pad_sequence([x[:, 0, 0], x[:2, 0]]),
    "a side": lambda u, x: u.pad_sequence([x], padding_side="middle"),
    "sorted sequences": lambda u, x: u.pack_sequence([x[:2], x]),
    "something to pack in a list": lambda u, x: u.pack_sequence([]),
    "enough length": lambda u, x: u.pad_packed_sequence(u.pack_padded_sequence(x, [5, 3, 2]), total_length=4),
    "batch sizes": lambda u, x: u.PackedSequence(x),
}


@pytest.mark.parametrize("wanted", REFUSED)
def test_refused(wanted):
    same_on_both(lambda torch: REFUSED[wanted](torch.nn.utils.rnn, torch.arange(30.0).reshape(5, 3, 2)))


def test_a_length_beyond_the_padding_is_refused():
    """PyTorch packs what lies beyond the tensor's end, and says nothing."""
    with pytest.raises(RuntimeError, match="length 6 does not fit into a padded length of 5"):
        edutorch.nn.utils.rnn.pack_padded_sequence(edutorch.zeros(5, 2, 3), [6, 2])


# ---------------------------------------------------------------- recurrent layers on packed sequences


LAYERS = {
    "rnn": lambda nn, **options: nn.RNN(3, 4, 2, **options),
    "relu": lambda nn, **options: nn.RNN(3, 4, 2, nonlinearity="relu", **options),
    "gru": lambda nn, **options: nn.GRU(3, 4, 2, **options),
    "lstm": lambda nn, **options: nn.LSTM(3, 4, 2, **options),
    "projected": lambda nn, **options: nn.LSTM(3, 4, 2, proj_size=2, **options),
}


def flat(hx):
    return list(hx) if isinstance(hx, tuple) else [hx]


@pytest.mark.parametrize(
    ("name", "lengths", "bidirectional", "given"),
    list(itertools.product(LAYERS, LENGTHS, (False, True), (False, True))),
)
def test_layers_on_packed_sequences(name, lengths, bidirectional, given):
    def program(torch):
        utils = torch.nn.utils.rnn
        torch.manual_seed(0)
        layer = LAYERS[name](torch.nn, bidirectional=bidirectional, dtype=torch.float64)
        x, hx = numbers(torch, 5, len(lengths), 3, dtype=torch.float64), None
        if given:
            number, size = 4 if bidirectional else 2, 2 if name == "projected" else 4
            hx = numbers(torch, number, len(lengths), size, dtype=torch.float64)
            if isinstance(layer, torch.nn.LSTM):
                hx = hx, numbers(torch, number, len(lengths), 4, dtype=torch.float64)
        packed = utils.pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, ends = layer(packed, hx)
        padded, found = utils.pad_packed_sequence(output)
        loss = sum((t * t.detach().cos() * k).sum() for k, t in enumerate([padded, *flat(ends)], start=1))
        loss.backward()
        states = [t.grad for t in flat(hx)] if given else []
        return parts(output), padded, found, ends, x.grad, states, [p.grad for p in layer.parameters()]

    same_on_both(program, rtol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_a_packed_sequence_is_run_as_if_it_were_alone(name):
    edutorch.manual_seed(0)
    layer = LAYERS[name](edutorch.nn, bidirectional=True)
    sequences = [edutorch.randn(n, 3) for n in (2, 5, 1, 3)]
    output, ends = layer(edutorch.nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False))
    for b, (sequence, found) in enumerate(zip(sequences, edutorch.nn.utils.rnn.unpack_sequence(output), strict=True)):
        alone, own_ends = layer(sequence)
        edutorch.testing.assert_close(found, alone)
        for end, own in zip(flat(ends), flat(own_ends), strict=True):
            edutorch.testing.assert_close(end[:, b], own)


REFUSED_BY_LAYERS = {
    "features": lambda nn, pack: nn.GRU(3, 4)(pack(numbers(torch_of(nn), 5, 3, 2))),
    "dtype": lambda nn, pack: nn.RNN(3, 4).double()(pack(numbers(torch_of(nn), 5, 3, 3))),
    "dimensions": lambda nn, pack: nn.RNN(3, 4)(pack(numbers(torch_of(nn), 5, 3, 3, 3))),
    "states": lambda nn, pack: nn.GRU(3, 4)(pack(numbers(torch_of(nn), 5, 3, 3)), numbers(torch_of(nn), 1, 2, 4)),
}


def torch_of(nn):
    return edutorch if nn is edutorch.nn else torch


@pytest.mark.parametrize("wrong", REFUSED_BY_LAYERS)
def test_layers_refuse(wrong):
    def program(torch):
        return REFUSED_BY_LAYERS[wrong](torch.nn, lambda x: torch.nn.utils.rnn.pack_padded_sequence(x, [5, 3, 2]))

    same_on_both(program)


# ---------------------------------------------------------------- dropout, second gradients, copies


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("pack", [False, True])
def test_dropout_between_layers_draws_pytorchs_numbers(name, pack):
    need_own_stream(torch, "bernoulli_")

    def program(torch):
        torch.manual_seed(0)
        layer = LAYERS[name](torch.nn, dropout=0.4, bidirectional=True, batch_first=True)
        x = numbers(torch, 3, 5, 3)
        if pack:
            x = torch.nn.utils.rnn.pack_padded_sequence(x, [5, 2, 2], batch_first=True)
        outputs = [layer(x)[0], layer(x)[0], layer.eval()(x)[0]]
        return [o.data if pack else o for o in outputs], torch.rand(1)

    same_on_both(program, rtol=1e-4)


def test_dropout_in_one_layer_is_warned_of():
    same_on_both(lambda torch: repr(torch.nn.LSTM(3, 4, dropout=0.5)), compare_warnings=True)


def test_layers_have_pytorchs_attributes():
    def program(torch):
        layer = torch.nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
        layer.flatten_parameters()
        shapes = [[tuple(w.shape) for w in weights] for weights in layer.all_weights]
        options = layer.mode, layer.num_layers, layer.bias, layer.batch_first, layer.dropout, layer.bidirectional
        return shapes, options, layer.weight_ih_l1_reverse, layer.proj_size, layer._flat_weights_names

    def shapes_only(torch):
        shapes, options, weight, *rest = program(torch)
        return shapes, options, tuple(weight.shape), rest

    same_on_both(shapes_only)


@pytest.mark.parametrize("name", LAYERS)
def test_weights_cross_between_the_frameworks(name):
    reference = LAYERS[name](torch.nn, bidirectional=True, dtype=torch.float64)
    file = io.BytesIO()
    torch.save(reference.state_dict(), file)
    file.seek(0)
    layer = LAYERS[name](edutorch.nn, bidirectional=True, dtype=edutorch.float64)
    layer.load_state_dict(edutorch.load(file))
    x = np.cos(np.arange(30.0)).reshape(5, 2, 3)
    for twin in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        found, expected = twin(edutorch.from_numpy(x))[0], reference(torch.from_numpy(x))[0]
        np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-10)


def test_whole_layers_cross_between_the_frameworks():
    x = np.cos(np.arange(30.0)).reshape(5, 2, 3).astype("float32")
    reference = torch.nn.LSTM(3, 4, 2, bidirectional=True)
    file = io.BytesIO()
    torch.save(reference, file)
    file.seek(0)
    layer = edutorch.load(file, weights_only=False)
    expected = reference(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(layer(edutorch.from_numpy(x))[0].detach().numpy(), expected, rtol=1e-5, atol=1e-6)
    file = io.BytesIO()
    edutorch.save(layer, file)
    file.seek(0)
    back = torch.load(file, weights_only=False)
    np.testing.assert_allclose(back(torch.from_numpy(x))[0].detach().numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_a_new_weight_is_used(name):
    """As `functional_call` and pruning do it, a weight may be replaced by a tensor."""
    edutorch.manual_seed(0)  # with some weights, all units of ReLU are silent, and the weight does not matter
    layer = LAYERS[name](edutorch.nn)
    x = edutorch.randn(5, 2, 3)
    before = layer(x)[0]
    layer.weight_hh_l1 = edutorch.nn.Parameter(layer.weight_hh_l1 * 0)
    assert not edutorch.equal(before, layer(x)[0])


@pytest.mark.parametrize("name", ["rnn", "relu", "gru", "lstm"])
def test_the_output_may_be_written_to(name):
    def program(torch):
        torch.manual_seed(0)
        layer = LAYERS[name](torch.nn, dtype=torch.float64)
        output, _ = layer(numbers(torch, 5, 2, 3, dtype=torch.float64))
        output += 1
        output.cos().sum().backward()
        return output, [p.grad for p in layer.parameters()]

    same_on_both(program, rtol=1e-9)


# ---------------------------------------------------------------- twins


def classifier_losses(torch, steps=50):
    """Train a bidirectional LSTM of two layers with dropout on random words, and return each step's loss."""
    nn, utils = torch.nn, torch.nn.utils.rnn
    torch.manual_seed(0)
    embedding, lstm = nn.Embedding(9, 16, padding_idx=0), nn.LSTM(16, 24, 2, dropout=0.3, bidirectional=True)
    dropout, last = nn.Dropout(0.5), nn.Linear(48, 4)
    model = nn.ModuleList([embedding, lstm, dropout, last])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        lengths = torch.randint(1, 12, (16,))
        words = [torch.randint(1, 9, (n,)) for n in lengths.tolist()]
        labels = torch.tensor([w[0].item() % 4 for w in words])
        packed = utils.pack_padded_sequence(embedding(utils.pad_sequence(words)), lengths, enforce_sorted=False)
        _, (h_n, _) = lstm(packed)
        loss = nn.functional.cross_entropy(last(dropout(torch.cat([h_n[-2], h_n[-1]], dim=1))), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_an_lstm_classifier_has_pytorchs_loss_at_each_of_50_steps():
    need_own_stream(torch, "bernoulli_")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected, got = classifier_losses(torch), classifier_losses(edutorch)
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    assert np.mean(expected[-5:]) < 0.9 * expected[0]  # it learned something
