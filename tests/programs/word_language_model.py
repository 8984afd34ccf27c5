"""A language model on words: corpus and dictionary, truncated backpropagation, tied weights, an annealed rate."""

import inspect
import math
import textwrap

import torch
import torch.nn as nn
import torch.nn.functional as F


class Dictionary(object):
    def __init__(self):
        self.word2idx = {}
        self.idx2word = []

    def add_word(self, word):
        if word not in self.word2idx:
            self.idx2word.append(word)
            self.word2idx[word] = len(self.idx2word) - 1
        return self.word2idx[word]

    def __len__(self):
        return len(self.idx2word)


class Corpus(object):
    def __init__(self, train, valid):
        self.dictionary = Dictionary()
        self.train, self.valid = self.tokenize(train), self.tokenize(valid)

    def tokenize(self, text):
        idss = []
        for line in text.splitlines():
            ids = [self.dictionary.add_word(word) for word in line.split() + ["<eos>"]]
            idss.append(torch.tensor(ids).type(torch.int64))
        return torch.cat(idss)


class RNNModel(nn.Module):
    """An encoder, a recurrent module and a decoder."""

    def __init__(self, rnn_type, ntoken, ninp, nhid, nlayers, dropout=0.5, tie_weights=False):
        super(RNNModel, self).__init__()
        self.ntoken = ntoken
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        if rnn_type in ["LSTM", "GRU"]:
            self.rnn = getattr(nn, rnn_type)(ninp, nhid, nlayers, dropout=dropout)
        else:
            try:
                nonlinearity = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}[rnn_type]
            except KeyError as e:
                raise ValueError("options are ['LSTM', 'GRU', 'RNN_TANH' or 'RNN_RELU']") from e
            self.rnn = nn.RNN(ninp, nhid, nlayers, nonlinearity=nonlinearity, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        if tie_weights:
            if nhid != ninp:
                raise ValueError("When using the tied flag, nhid must be equal to emsize")
            self.decoder.weight = self.encoder.weight
        self.init_weights()
        self.rnn_type, self.nhid, self.nlayers = rnn_type, nhid, nlayers

    def init_weights(self):
        initrange = 0.1
        nn.init.uniform_(self.encoder.weight, -initrange, initrange)
        nn.init.zeros_(self.decoder.bias)
        nn.init.uniform_(self.decoder.weight, -initrange, initrange)

    def forward(self, input, hidden):
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output)).view(-1, self.ntoken)
        return F.log_softmax(decoded, dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        if self.rnn_type == "LSTM":
            return (weight.new_zeros(self.nlayers, bsz, self.nhid), weight.new_zeros(self.nlayers, bsz, self.nhid))
        return weight.new_zeros(self.nlayers, bsz, self.nhid)


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    data = data.narrow(0, 0, nbatch * bsz)
    return data.view(bsz, -1).t().contiguous().to(device)


def repackage_hidden(h):
    """Wrap hidden states in new tensors, to detach them from their history."""
    if isinstance(h, torch.Tensor):
        return h.detach()
    return tuple(repackage_hidden(v) for v in h)


def get_batch(source, i):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)


def evaluate(data_source):
    model.eval()
    total_loss = 0.0
    hidden = model.init_hidden(eval_batch_size)
    with torch.no_grad():
        for i in range(0, data_source.size(0) - 1, bptt):
            data, targets = get_batch(data_source, i)
            output, hidden = model(data, hidden)
            hidden = repackage_hidden(hidden)
            total_loss += len(data) * criterion(output, targets).item()
    return total_loss / (len(data_source) - 1)


def train():
    model.train()
    total_loss = 0.0
    hidden = model.init_hidden(batch_size)
    for batch, i in enumerate(range(0, train_data.size(0) - 1, bptt)):
        data, targets = get_batch(train_data, i)
        model.zero_grad()
        hidden = repackage_hidden(hidden)
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        total_loss += loss.item()
        if batch % log_interval == 0 and batch > 0:
            cur = total_loss / log_interval
            print(
                f"  {batch:3d}/{len(train_data) // bptt} batches | lr {lr} | loss {cur:.3f} | ppl {math.exp(cur):.1f}"
            )
            total_loss = 0


device = torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
sources = [inspect.cleandoc(m.__doc__) for m in (inspect, textwrap, str.split, str.format, dict, int, print, zip, sum)]
corpus = Corpus("\n".join(sources + sources[:5]).lower(), "\n".join(sources[3:7]).lower())
ntokens = len(corpus.dictionary)
batch_size, eval_batch_size, bptt, clip, log_interval = 4, 2, 10, 0.25, 10
train_data, val_data = batchify(corpus.train, batch_size), batchify(corpus.valid, eval_batch_size)
print(train_data.is_contiguous(), train_data.dtype)
criterion = nn.NLLLoss()
for kind in ["LSTM", "GRU", "RNN_TANH", "RNN_RELU"]:
    torch.manual_seed(1111)
    model = RNNModel(kind, ntokens, 24, 24, 2, dropout=0.2, tie_weights=True).to(device)
    if kind == "LSTM":
        assert model.decoder.weight is model.encoder.weight
        print([name for name, _ in model.named_parameters()], len(model.state_dict()))
    lr, best_val_loss = 1.0, None
    for epoch in range(1, 3):
        train()
        val_loss = evaluate(val_data)
        print(f"| {kind} | end of epoch {epoch} | valid loss {val_loss:.3f} | valid ppl {math.exp(val_loss):.1f}")
        if not best_val_loss or val_loss < best_val_loss:
            best_val_loss = val_loss
        else:
            lr /= 4.0  # anneal
    model.eval()
    hidden = model.init_hidden(1)
    input = torch.randint(ntokens, (1, 1), dtype=torch.long).to(device)
    written = []
    with torch.no_grad():
        for _ in range(12):
            output, hidden = model(input, hidden)
            word_weights = output.squeeze().div(1.0).exp().cpu()
            word_idx = torch.multinomial(word_weights, 1)[0]
            input.fill_(word_idx)
            written.append(corpus.dictionary.idx2word[word_idx])
    print(" ".join(written))
for wrong in (lambda: RNNModel("CNN", 5, 4, 4, 1), lambda: RNNModel("GRU", 5, 4, 8, 2, tie_weights=True)):
    try:
        wrong()
    except ValueError as error:
        print(error)
