"""A Transformer encoder that tells balanced from unbalanced brackets: masks, pooling, hooks, freezing, a summary."""

import math
import random
from collections import OrderedDict, defaultdict
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

VOCAB = {c: i for i, c in enumerate(["<pad>", "<cls>", *"()[]{}"])}
PAIRS = {"(": ")", "[": "]", "{": "}"}


def random_string(rng, depth=0):
    out = ""
    while len(out) < 8 and rng.random() < 0.75 - 0.15 * depth:
        opening = rng.choice("([{")
        out += opening + random_string(rng, depth + 1) + PAIRS[opening]
    return out


def make_data(n, seed):
    rng = random.Random(seed)
    rows, labels = [], []
    while len(rows) < n:
        s = list(random_string(rng)[:14])
        if len(s) < 2:
            continue
        if rng.random() < 0.5:
            i = rng.randrange(len(s))
            s[i] = rng.choice([c for c in VOCAB if len(c) == 1 and c != s[i]])
        stack, ok = [], True
        for c in s:
            if c in PAIRS:
                stack.append(PAIRS[c])
            else:
                ok = ok and bool(stack) and stack.pop() == c
        rows.append(torch.tensor([VOCAB["<cls>"], *map(VOCAB.__getitem__, s)]))
        labels.append(float(ok and not stack))
    padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return TensorDataset(F.pad(padded, (0, 16 - padded.size(1))), torch.tensor(labels))


class SinusoidalPositions(nn.Embedding):
    """Fixed waves, kept as a parameter that is not trained."""

    def __init__(self, n, dim):
        super().__init__(n, dim)
        position = torch.arange(n).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
        with torch.no_grad():
            self.weight[:, 0::2] = torch.sin(position * div_term)
            self.weight[:, 1::2] = torch.cos(position * div_term)
        self.weight.requires_grad_(False)


class Classifier(nn.Module):
    def __init__(self, d_model=24, nhead=3, nlayers=2, pooling="cls", norm_first=True):
        super().__init__()
        self.embedding = nn.Embedding(len(VOCAB), d_model, padding_idx=0)
        self.positions = SinusoidalPositions(16, d_model)
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward=48, dropout=0.1, activation="gelu", batch_first=True, norm_first=norm_first
        )
        final = nn.LayerNorm(d_model) if norm_first else None
        self.encoder = nn.TransformerEncoder(layer, num_layers=nlayers, norm=final, enable_nested_tensor=False)
        parts = OrderedDict(dense=nn.Linear(d_model, d_model), act=nn.Tanh(), out=nn.Linear(d_model, 1))
        self.head = nn.Sequential(parts)
        self.pooling = pooling

    def forward(self, x):
        pad = x == VOCAB["<pad>"]
        h = self.embedding(x) * math.sqrt(self.embedding.embedding_dim) + self.positions.weight[: x.size(1)]
        h = self.encoder(h, src_key_padding_mask=pad)
        if self.pooling == "cls":
            pooled = h.select(1, 0)
        elif self.pooling == "mean":
            keep = (~pad).unsqueeze(-1).type_as(h)
            pooled = torch.sum(h * keep, dim=1) / keep.sum(dim=1).clamp(min=1e-9)
        else:
            pooled = h.masked_fill(pad[..., None], torch.finfo(h.dtype).min).amax(dim=1)
        return self.head(pooled).squeeze(-1)


def init_weights(module, std):
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def lr_lambda(step, warmup, total):
    if step < warmup:
        return float(step) / float(max(1, warmup))
    return max(0.0, float(total - step) / float(max(1, total - warmup)))


def run_epoch(model, loader, optimizer=None, scheduler=None):
    model.train(optimizer is not None)
    metrics = defaultdict(float)
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            logits = model(x)
            loss = F.binary_cross_entropy_with_logits(logits, y, pos_weight=torch.tensor(1.2))
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 0.5, norm_type=2.0)
                optimizer.step()
                scheduler.step()
            predicted = logits.sigmoid().gt(0.5)
            metrics["loss"] += loss.item() * len(x)
            metrics["tp"] += (predicted & y.bool()).sum().item()
            metrics["fp"] += (predicted & ~y.bool()).sum().item()
            metrics["fn"] += (~predicted & y.bool()).sum().item()
            metrics["n"] += len(x)
    f1 = 2 * metrics["tp"] / max(2 * metrics["tp"] + metrics["fp"] + metrics["fn"], 1)
    return f"loss {metrics['loss'] / metrics['n']:.3f} F1 {f1:.2f}"


train_set, val_set = make_data(320, 0), make_data(96, 1)
print(len(train_set), val_set[0], sum(label for _, label in train_set))
for pooling, norm_first in [("cls", True), ("mean", False), ("max", True)]:
    torch.manual_seed(0)
    model = Classifier(pooling=pooling, norm_first=norm_first)
    model.head.apply(partial(init_weights, std=0.02))
    trainable = [p for p in model.parameters() if p.requires_grad]
    loader = DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True)
    optimizer = optim.RAdam(trainable, lr=4e-3) if pooling == "max" else optim.AdamW(trainable, lr=4e-3, amsgrad=True)
    scheduler = LambdaLR(optimizer, partial(lr_lambda, warmup=5, total=3 * len(loader)))
    for epoch in range(3):
        print(pooling, epoch, run_epoch(model, loader, optimizer, scheduler), end=" | ")
        print(run_epoch(model, DataLoader(val_set, batch_size=96)))

# what the heads look at, caught by a hook on the attention
maps = {}


def keep_weights(name, module, args, kwargs):
    kwargs = {**kwargs, "need_weights": True, "average_attn_weights": False}
    return args, kwargs


def save_weights(name, module, args, kwargs, output):
    maps[name] = output[1]


model.train()  # in eval mode a fused path may skip the hooks
for name, module in model.named_modules():
    if isinstance(module, nn.MultiheadAttention):
        module.register_forward_pre_hook(partial(keep_weights, name), with_kwargs=True)
        module.register_forward_hook(partial(save_weights, name), with_kwargs=True)
        module.dropout = 0.0
x, y = val_set[:3]
model(x)
for name, weights in maps.items():
    print(name, tuple(weights.shape), weights[0, 0, 0].sum().item() > 0.99)
    print(weights[..., x[0].eq(0)][0].abs().max().item())

# a new head on frozen layers
for p in model.parameters():
    p.requires_grad = False
model.head.out = nn.Linear(model.head.out.in_features, 2)
print([n for n, p in model.named_parameters() if p.requires_grad], model.embedding.weight.is_leaf)
rows = [(n, m.__class__.__name__, sum(p.numel() for p in m.parameters())) for n, m in model.named_children()]
for row in rows:
    print("{:<12}{:<22}{:>8,}".format(*row))
counts = [sum(p.numel() for p in part.parameters()) for part in (model.head.out, model)]
print("{} of {} parameters train".format(*counts))
