"""Translation of dates by an encoder and a decoder with attention: Bahdanau's and Luong's, teacher forcing, packing."""

import datetime
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

PAD, SOS, EOS = 0, 1, 2


class Lang:
    def __init__(self, name):
        self.name = name
        self.char2index = {"<pad>": PAD, "<sos>": SOS, "<eos>": EOS}

    def add(self, text):
        for c in text:
            self.char2index.setdefault(c, len(self.char2index))

    def tensor(self, text):
        return torch.tensor([self.char2index[c] for c in text] + [EOS], dtype=torch.long)

    def text(self, indexes):
        chars = list(self.char2index)
        out = []
        for i in indexes:
            if i == EOS:
                break
            out.append(chars[i])
        return "".join(out)


MONTHS = [datetime.date(2000, month, 1).strftime("%B") for month in range(1, 13)]
random.seed(1)
pairs = []
for _ in range(160):
    day = datetime.date(2000, 1, 1) + datetime.timedelta(days=random.randrange(9000))
    pairs.append((f"{day.day} {MONTHS[day.month - 1]} {day.year}", day.isoformat()))
source, target = Lang("spoken"), Lang("iso")
for a, b in pairs:
    source.add(a)
    target.add(b)
print(len(source.char2index), len(target.char2index), pairs[0])


def collate(batch):
    batch.sort(key=lambda p: len(p[0]), reverse=True)
    src, tgt = [source.tensor(a) for a, _ in batch], [target.tensor(b) for _, b in batch]
    lengths = torch.tensor([len(s) for s in src])
    return pad_sequence(src, padding_value=PAD), lengths, pad_sequence(tgt, padding_value=PAD)


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout=0.1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size, padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size, hidden_size)

    def forward(self, src, lengths):
        packed = pack_padded_sequence(self.dropout(self.embedding(src)), lengths)
        outputs, hidden = self.gru(packed)
        outputs, out_lengths = pad_packed_sequence(outputs)
        assert torch.equal(out_lengths, lengths)
        hidden = torch.tanh(self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1)))
        return outputs, hidden


class BahdanauAttention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.attn = nn.Linear(3 * hidden, hidden)
        self.v = nn.Parameter(torch.rand(hidden))
        nn.init.uniform_(self.v, -0.1, 0.1)

    def forward(self, hidden, encoder_outputs, mask):
        h = hidden.unsqueeze(0).expand(len(encoder_outputs), -1, -1)
        energy = torch.tanh(self.attn(torch.cat([h, encoder_outputs], 2))).permute(1, 2, 0)
        scores = torch.bmm(self.v.repeat(len(hidden), 1).unsqueeze(1), energy).squeeze(1)
        return F.softmax(scores.masked_fill(mask == 0, -1e10), dim=1)


class LuongAttention(nn.Module):
    def __init__(self, hidden, method="general"):
        super().__init__()
        if method not in ["dot", "general"]:
            raise ValueError(method, "is not an appropriate attention method.")
        self.W = nn.Linear(2 * hidden, hidden, bias=False)

    def forward(self, hidden, encoder_outputs, mask):
        scores = torch.sum(hidden * self.W(encoder_outputs), dim=2).t()
        scores = scores.masked_fill(~mask, float("-inf"))
        return torch.nn.functional.softmax(scores, dim=1)


class AttnDecoder(nn.Module):
    def __init__(self, attention, output_size, hidden):
        super().__init__()
        self.output_size, self.attention = output_size, attention
        self.embedding = nn.Embedding(output_size, hidden)
        self.rnn = nn.GRUCell(3 * hidden, hidden)
        self.out = nn.Linear(4 * hidden, output_size)

    def forward(self, input, hidden, encoder_outputs, mask):
        embedded = F.dropout(self.embedding(input), 0.1, self.training)
        a = self.attention(hidden, encoder_outputs, mask)
        weighted = torch.einsum("bs,sbh->bh", a, encoder_outputs)
        hidden = self.rnn(torch.cat((embedded, weighted), dim=1), hidden)
        return self.out(torch.cat((hidden, weighted, embedded), dim=1)), hidden, a


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, src, lengths, trg, teacher_forcing_ratio=0.5):
        outputs = torch.zeros(len(trg), src.shape[1], self.decoder.output_size, device=src.device)
        encoder_outputs, hidden = self.encoder(src, lengths)
        mask = (src != PAD).permute(1, 0)
        input = torch.full_like(trg[0], SOS)
        for t in range(len(trg)):
            outputs[t], hidden, _ = self.decoder(input, hidden, encoder_outputs, mask)
            input = trg[t] if random.random() < teacher_forcing_ratio else outputs[t].argmax(1)
        return outputs

    @torch.no_grad()
    def translate(self, text, max_length=12):
        self.eval()
        src = source.tensor(text).unsqueeze(1)
        encoder_outputs, hidden = self.encoder(src, torch.tensor([len(src)]))
        input, written, attentions = torch.tensor([SOS]), [], torch.zeros(max_length, len(src))
        for di in range(max_length):
            output, hidden, attn = self.decoder(input, hidden, encoder_outputs, (src != PAD).t())
            attentions[di] = attn.squeeze(0).data
            _, topi = output.data.topk(1)
            input = topi.squeeze(1).detach()
            written.append(topi.item())
            if topi.item() == EOS:
                break
        return target.text(written), attentions[: di + 1]


def init_weights(m):
    for name, param in m.named_parameters():
        if "weight" in name:
            nn.init.normal_(param.data, mean=0, std=0.08)
        else:
            nn.init.constant_(param.data, 0)


for Attention in BahdanauAttention, LuongAttention:
    torch.manual_seed(0)
    H = 24
    model = Seq2Seq(EncoderRNN(len(source.char2index), H), AttnDecoder(Attention(H), len(target.char2index), H))
    model.apply(init_weights)
    print(f"The model has {sum(p.numel() for p in model.parameters() if p.requires_grad):,} trainable parameters")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    loader = DataLoader(pairs, batch_size=32, shuffle=True, collate_fn=collate)
    for epoch in range(3):
        model.train()
        epoch_loss = 0
        for src, lengths, trg in loader:
            optimizer.zero_grad()
            output = model(src, lengths, trg)
            loss = criterion(output.view(-1, output.shape[-1]), trg.view(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            epoch_loss += loss.item()
        print(f"{Attention.__name__} epoch {epoch + 1}: {epoch_loss / len(loader):.3f}")
    answer, attentions = model.translate(pairs[3][0])
    print(pairs[3], answer, attentions.shape, f"{attentions.sum():.3f}")
print(model)
try:
    LuongAttention(4, "other")
except ValueError as error:
    print(error)
