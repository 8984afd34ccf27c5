"""A small BERT: segments, special tokens, 80/10/10 masking, the decoder tied to the embeddings, next sentences."""

import calendar
import math
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

PAD, CLS, SEP, MASK = range(4)
counting = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
days, months = list(calendar.day_name), list(calendar.month_name)[1:]
word2id = {w: i for i, w in enumerate(["[PAD]", "[CLS]", "[SEP]", "[MASK]", *counting, *days, *months])}
vocab_size, maxlen, max_pred, n_segments = len(word2id), 16, 3, 2


def phrase(rng):
    words = rng.choice([counting, days, months])
    start, n = rng.randrange(len(words)), rng.randint(3, 6)
    return [word2id[words[(start + i) % len(words)]] for i in range(n)]


def make_example(rng):
    first = phrase(rng)
    is_next = rng.random() < 0.5
    cut = len(first) // 2
    a, b = (first[:cut], first[cut:]) if is_next else (first[:cut], phrase(rng))
    input_ids = [CLS, *a, SEP, *b, SEP]
    segment_ids = [0] * (len(a) + 2) + [1] * (len(b) + 1)
    candidates = [i for i, t in enumerate(input_ids) if t not in (CLS, SEP)]
    rng.shuffle(candidates)
    labels = [-100] * maxlen
    for pos in candidates[: min(max_pred, max(1, round(len(input_ids) * 0.15)))]:
        labels[pos] = input_ids[pos]
        if rng.random() < 0.8:
            input_ids[pos] = MASK
        elif rng.random() < 0.5:
            input_ids[pos] = rng.randint(4, vocab_size - 1)
    n_pad = maxlen - len(input_ids)
    return input_ids + [PAD] * n_pad, segment_ids + [0] * n_pad, labels, int(is_next)


class Embeddings(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.word = nn.Embedding(vocab_size, d_model, padding_idx=PAD)
        self.position = nn.Embedding(maxlen, d_model)
        self.segment = nn.Embedding(n_segments, d_model)
        self.LayerNorm = nn.LayerNorm(d_model, eps=1e-12)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("position_ids", torch.arange(maxlen).expand((1, -1)), persistent=False)

    def forward(self, input_ids, segment_ids):
        positions = self.position_ids[:, : input_ids.size(1)]
        embeddings = self.word(input_ids) + self.position(positions) + self.segment(segment_ids)
        return self.dropout(self.LayerNorm(embeddings))


def get_attn_pad_mask(seq_q, seq_k):
    batch_size, len_q = seq_q.size()
    return seq_k.data.eq(PAD).unsqueeze(1).expand(batch_size, len_q, seq_k.size(1))


class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.d_head = n_heads, d_model // n_heads
        self.query, self.key, self.value, self.dense = (nn.Linear(d_model, d_model) for _ in range(4))
        self.norm = nn.LayerNorm(d_model)

    def transpose_for_scores(self, x):
        new_shape = x.size()[:-1] + (self.n_heads, self.d_head)
        return x.view(*new_shape).permute(0, 2, 1, 3)

    def forward(self, hidden, attn_mask):
        q, k, v = (self.transpose_for_scores(f(hidden)) for f in (self.query, self.key, self.value))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.d_head)
        scores.masked_fill_(attn_mask.unsqueeze(1).repeat(1, self.n_heads, 1, 1), -1e9)
        probs = nn.Softmax(dim=-1)(scores)
        context = torch.matmul(probs, v).permute(0, 2, 1, 3).contiguous()
        context = context.view(*context.size()[:-2], self.n_heads * self.d_head)
        return self.norm(self.dense(context) + hidden), probs


class Layer(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.fc1, self.fc2 = nn.Linear(d_model, d_model * 4), nn.Linear(d_model * 4, d_model)
        self.norm = nn.LayerNorm(d_model)

    def forward(self, hidden, attn_mask):
        hidden, attn = self.attention(hidden, attn_mask)
        return self.norm(hidden + self.fc2(F.gelu(self.fc1(hidden)))), attn


class BERT(nn.Module):
    def __init__(self, d_model=24, n_layers=2, n_heads=2):
        super().__init__()
        self.embedding = Embeddings(d_model)
        self.layers = nn.ModuleList([Layer(d_model, n_heads) for _ in range(n_layers)])
        self.pooler = nn.Sequential(nn.Linear(d_model, d_model), nn.Tanh())
        self.classifier = nn.Linear(d_model, 2)
        self.transform = nn.Sequential(nn.Linear(d_model, d_model), nn.GELU(), nn.LayerNorm(d_model))
        self.decoder = nn.Linear(d_model, vocab_size, bias=False)
        self.apply(self._init_weights)
        self.decoder.weight = self.embedding.word.weight
        self.decoder_bias = nn.Parameter(torch.zeros(vocab_size))

    @staticmethod
    def _init_weights(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            module.weight.data.normal_(mean=0.0, std=0.05)
            if isinstance(module, nn.Embedding) and module.padding_idx is not None:
                module.weight.data[module.padding_idx].zero_()
        elif isinstance(module, nn.LayerNorm):
            module.bias.data.zero_()
            module.weight.data.fill_(1.0)
        if isinstance(module, nn.Linear) and module.bias is not None:
            module.bias.data.zero_()

    def forward(self, input_ids, segment_ids):
        output = self.embedding(input_ids, segment_ids)
        mask = get_attn_pad_mask(input_ids, input_ids)
        for layer in self.layers:
            output, attn = layer(output, mask)
        logits_clsf = self.classifier(self.pooler(output[:, 0]))
        return self.decoder(self.transform(output)) + self.decoder_bias, logits_clsf, attn


rng = random.Random(0)
batches = [[torch.tensor(column) for column in zip(*(make_example(rng) for _ in range(24)))] for _ in range(30)]
print(*(t.shape for t in batches[0]), batches[0][0][0], batches[0][2][0])
torch.manual_seed(0)
model = BERT()
print(f"{sum(p.numel() for p in model.parameters()):,} parameters,", len(list(model.named_parameters())), "tensors")
print([k for k in model.state_dict() if "position" in k or "decoder" in k])
no_decay = ["bias", "norm.weight", "LayerNorm.weight"]
named = list(model.named_parameters())
groups = [
    {"params": [p for n, p in named if not any(nd in n for nd in no_decay)], "weight_decay": 0.01},
    {"params": [p for n, p in named if any(nd in n for nd in no_decay)], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=5e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=len(batches), pct_start=0.2)
for step, (input_ids, segment_ids, labels, is_next) in enumerate(batches):
    logits_lm, logits_clsf, attn = model(input_ids, segment_ids)
    loss_lm = F.cross_entropy(logits_lm.view(-1, vocab_size), labels.view(-1), ignore_index=-100)
    loss = loss_lm + F.cross_entropy(logits_clsf, is_next)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if step % 6 == 5:
        print(f"step {step}: loss {loss.item():.3f} lm {loss_lm.item():.3f} lr {scheduler.get_last_lr()[-1]:.5f}")
model.eval()
with torch.inference_mode():
    input_ids, segment_ids, labels, is_next = batches[0]
    logits_lm, logits_clsf, attn = model(input_ids, segment_ids)
    known = labels != -100
    print("masked words right:", (logits_lm.argmax(-1)[known] == labels[known]).float().mean())
    print("next sentence right:", (logits_clsf.argmax(1) == is_next).sum().item(), "of", len(is_next))
    print(attn.shape, attn.sum(-1).mean(), attn[0, 0, 0][input_ids[0] == PAD].sum())
    print(logits_lm.is_inference(), logits_lm.requires_grad)
print(model.embedding.word.weight[PAD].abs().sum().item() == 0, model.decoder.weight is model.embedding.word.weight)
