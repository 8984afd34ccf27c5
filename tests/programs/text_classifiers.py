"""Is it a statement about numbers or about text? Bags of embeddings with offsets, a packed BiLSTM, a convolution."""

import re
from collections import Counter, OrderedDict

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader
from torch.utils.data.dataset import random_split

numbers = [abs, divmod, float, int, complex, pow, round, sum, min, max, hash, id, bin, hex, oct]
texts = [str, repr, ascii, format, input, print, chr, ord, open, bytes, bytearray, eval, exec, compile]


def tokenizer(text):
    return re.findall(r"[a-z]+|[^\sa-z]", text.lower())


def sentences():
    for label, functions in enumerate([numbers, texts]):
        for function in functions:
            for line in filter(None, map(str.strip, function.__doc__.split(". "))):
                yield label, line


data = list(sentences())
counter = Counter(token for _, line in data for token in tokenizer(line))
vocab = OrderedDict((token, i) for i, (token, n) in enumerate([("<pad>", 0), ("<unk>", 0), *counter.most_common(150)]))


def text_pipeline(text):
    return [vocab.get(token, vocab["<unk>"]) for token in tokenizer(text)]


def collate_batch(batch):
    label_list, text_list, offsets = [], [], [0]
    for label, text in batch:
        label_list.append(label)
        processed_text = torch.tensor(text_pipeline(text), dtype=torch.int64)
        text_list.append(processed_text)
        offsets.append(processed_text.size(0))
    label_list = torch.tensor(label_list, dtype=torch.int64)
    offsets = torch.tensor(offsets[:-1]).cumsum(dim=0)
    return label_list.to(device), torch.cat(text_list).to(device), offsets.to(device)


def padded_batch(batch):
    batch = [(label, torch.LongTensor(text_pipeline(text))) for label, text in batch]
    labels, lines = zip(*batch)
    lengths = torch.as_tensor([len(line) for line in lines])
    return torch.tensor(labels), pad_sequence(lines, batch_first=True), lengths


class BagModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class, mode="mean", sparse=False):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, mode=mode, sparse=sparse)
        self.fc = nn.Linear(embed_dim, num_class)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


class BiLSTM(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden, num_class, n_layers=2, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=vocab["<pad>"])
        self.rnn = nn.LSTM(embed_dim, hidden, n_layers, bidirectional=True, dropout=dropout, batch_first=True)
        self.fc = nn.Linear(hidden * 2, num_class)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text, lengths):
        embedded = self.dropout(self.embedding(text))
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        packed_output, (hidden, _) = self.rnn(packed)
        output, output_lengths = pad_packed_sequence(packed_output, batch_first=True)
        assert output.size(1) == max(output_lengths)
        return self.fc(self.dropout(torch.cat([hidden[-2, :, :], hidden[-1, :, :]], dim=1)))


class TextCNN(nn.Module):
    def __init__(self, vocab_size, embed_dim, n_filters, filter_sizes, num_class):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.convs = nn.ModuleList([nn.Conv1d(embed_dim, n_filters, k, padding=k // 2) for k in filter_sizes])
        self.fc = nn.Linear(len(filter_sizes) * n_filters, num_class)

    def forward(self, text, lengths):
        embedded = self.embedding(text).permute(0, 2, 1)
        conved = [F.relu(conv(embedded)) for conv in self.convs]
        pooled = [F.max_pool1d(conv, conv.shape[2]).squeeze(2) for conv in conved]
        return self.fc(F.dropout(torch.cat(pooled, dim=1), p=0.3, training=self.training))


def train(dataloader):
    model.train()
    total_acc, total_count = 0, 0
    for label, *inputs in dataloader:
        optimizer.zero_grad()
        predicted_label = model(*inputs)
        loss = criterion(predicted_label, label)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        total_acc += (predicted_label.argmax(1) == label).sum().item()
        total_count += label.size(0)
    return total_acc / total_count


def evaluate(dataloader):
    model.eval()
    total_acc = total_count = total_loss = 0
    with torch.no_grad():
        for label, *inputs in dataloader:
            predicted_label = model(*inputs)
            total_loss += criterion(predicted_label, label).item() * len(label)
            total_acc += predicted_label.argmax(1).eq(label).sum().item()
            total_count += label.size(0)
    return total_acc / total_count, total_loss / total_count


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
split_train, split_valid = random_split(data, [int(0.8 * len(data)), len(data) - int(0.8 * len(data))])
print(len(data), len(vocab), len(split_train), text_pipeline("Return the quuz of an integer."))
models = {
    "bag": (BagModel(len(vocab), 16, 2), collate_batch, 2.0),
    "bag_sum": (BagModel(len(vocab), 16, 2, mode="sum"), collate_batch, 0.2),
    "bilstm": (BiLSTM(len(vocab), 12, 16, 2), padded_batch, 3.0),
    "cnn": (TextCNN(len(vocab), 12, 8, [2, 3, 4], 2), padded_batch, 1.0),
}
criterion = torch.nn.CrossEntropyLoss()
for name, (model, collate_fn, lr) in models.items():
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    train_dataloader = DataLoader(split_train, batch_size=8, shuffle=True, collate_fn=collate_fn)
    valid_dataloader = DataLoader(split_valid, batch_size=8, collate_fn=collate_fn)
    total_accu = None
    for epoch in range(1, 5):
        train_acc = train(train_dataloader)
        accu_val, loss_val = evaluate(valid_dataloader)
        if total_accu is not None and total_accu > accu_val:
            scheduler.step()
        else:
            total_accu = accu_val
        print(f"{name} epoch {epoch} | train {train_acc:.3f} | valid {accu_val:.3f} loss {loss_val:.3f}")

print(model)
model = models["bag"][0].eval()
with torch.no_grad():
    for line in ("Return the sum of two numbers", "write a string to the file"):
        output = model(torch.tensor(text_pipeline(line)), torch.tensor([0]))
        print(line, "->", ["numbers", "text"][output.argmax(1).item()], output.softmax(-1))
    weights = torch.linspace(0, 1, 5)
    text, offsets = torch.tensor([2, 3, 4, 5, 6]), torch.tensor([0, 2, 2])
    bag = models["bag_sum"][0].embedding
    print(
        bag(text, offsets)[:, :3],
        bag(text, offsets, per_sample_weights=weights).norm(dim=1),
        bag(text.view(1, 5)).shape,
    )
