"""Ways to write with a language model: greedy, beams, temperature, top-k, top-p, penalties; scores of sentences."""

import calendar
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F

names = [n.lower() for n in list(calendar.day_name) + list(calendar.month_name)[1:]]
chars = ["<s>", "</s>"] + sorted(set("".join(names)))
BOS, EOS = 0, 1
encode = {c: i for i, c in enumerate(chars)}
sequences = [torch.tensor([BOS] + [encode[c] for c in n] + [EOS]) for n in names]


class GRULM(nn.Module):
    def __init__(self, vocab, dim=32):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.cell = nn.GRUCell(dim, dim)
        self.out = nn.Linear(dim, vocab)
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.xavier_normal_(p)
            elif "bias" in name:
                nn.init.zeros_(p)

    def step(self, token, state):
        state = self.cell(self.embed(token), state)
        return F.log_softmax(self.out(state), dim=-1), state

    def forward(self, tokens):
        state, scores = tokens.new_zeros(tokens.size(0), self.cell.hidden_size, dtype=torch.float), []
        for token in tokens.unbind(1):
            logp, state = self.step(token, state)
            scores.append(logp)
        return torch.stack(scores, dim=1)


torch.manual_seed(0)
padded = nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=-1)
inputs, targets = padded[:, :-1].clamp(min=0), padded[:, 1:]
model = GRULM(len(chars))
optimizer = torch.optim.NAdam(model.parameters(), lr=1e-2)
for step in range(60):
    logp = model(inputs)
    loss = F.nll_loss(logp.flatten(0, -2), targets.flatten(), ignore_index=-1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}, perplexity {math.exp(loss.item()):.2f}, {sum(map(torch.numel, model.parameters()))}")
model.eval().requires_grad_(False)


class Hypothesis(NamedTuple):
    tokens: list
    score: float
    state: torch.Tensor

    def normalized(self, alpha=0.7):
        return self.score / len(self.tokens) ** alpha


@dataclass(order=True)
class Ranked:
    score: float
    text: str = field(compare=False)


def text_of(tokens):
    return "".join(chars[t] for t in tokens if t > 1)


def beam_search(width, longest=12):
    beams, finished = [Hypothesis([BOS], 0.0, torch.zeros(1, 32))], []
    for _ in range(longest):
        tokens = torch.tensor([h.tokens[-1] for h in beams])
        logp, states = model.step(tokens, torch.cat([h.state for h in beams]))
        logp[:, BOS] = -math.inf
        total = logp + torch.tensor([h.score for h in beams]).unsqueeze(1)
        scores, flat = total.view(-1).topk(width)
        candidates = []
        for score, index in zip(scores.tolist(), flat.tolist()):
            row, token = divmod(index, len(chars))
            h = Hypothesis(beams[row].tokens + [token], score, states[row : row + 1])
            (finished if token == EOS else candidates).append(h)
        beams = candidates
        if len(finished) >= width or not beams:
            break
    ranked = sorted((Ranked(h.normalized(), text_of(h.tokens)) for h in finished or beams), reverse=True)
    return [(r.text, round(r.score, 3)) for r in ranked[:3]]


for width in (1, 3, 6):
    print("beam", width, beam_search(width))


def top_k_filter(logits, k):
    kth = torch.topk(logits, k).values[..., -1, None]
    return torch.where(logits < kth, torch.full_like(logits, -torch.inf), logits)


def top_p_filter(logits, p):
    ordered, indices = torch.sort(logits, descending=True)
    cumulative = torch.cumsum(F.softmax(ordered, dim=-1), dim=-1)
    remove = cumulative > p
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), float("-inf"))


def penalize(logits, previous, penalty):
    score = torch.gather(logits, 1, previous)
    score = torch.where(score < 0, score * penalty, score / penalty)
    return logits.scatter(1, previous, score)


@torch.no_grad()
def sample(n, temperature=1.0, k=None, p=None, penalty=1.0, generator=None, longest=12):
    tokens = torch.full((n, 1), BOS)
    state, done = torch.zeros(n, 32), torch.zeros(n, dtype=torch.bool)
    for _ in range(longest):
        logits, state = model.step(tokens[:, -1], state)
        logits[:, BOS] = -torch.inf
        logits = penalize(logits, tokens, penalty) / temperature
        logits = logits if k is None else top_k_filter(logits, k)
        logits = logits if p is None else top_p_filter(logits, p)
        following = torch.multinomial(logits.softmax(-1), 1, generator=generator)
        following[done] = EOS
        tokens = torch.cat([tokens, following], dim=1)
        done |= following.squeeze(1) == EOS
        if done.all():
            break
    return [text_of(row) for row in tokens.tolist()]


generator = torch.Generator().manual_seed(7)
for kwargs in (
    {},
    {"temperature": 0.5},
    {"k": 3},
    {"p": 0.8},
    {"k": 5, "p": 0.9, "temperature": 1.5},
    {"penalty": 1.3},
):
    print(kwargs, sample(5, generator=generator, **kwargs))

probs = torch.tensor([[0.5, 0.25, 0.15, 0.1]])
print(top_p_filter(probs.log(), 0.7).softmax(-1), top_k_filter(probs.log(), 2).exp())
gumbel = -torch.log(-torch.log(torch.rand(2000, 4, generator=generator)))
print((probs.log() + gumbel).argmax(-1).bincount(minlength=4))
print(F.gumbel_softmax(probs.log(), tau=0.5, hard=True).sum(), -(probs * probs.log()).sum(-1))

for word in ("monday", "march", "zzz"):
    if not set(word) <= set(chars):
        print(word, "has letters unheard of")
        continue
    ids = torch.tensor([[BOS, *(encode[c] for c in word), EOS]])
    logp = model(ids[:, :-1]).gather(2, ids[:, 1:, None]).squeeze(-1)
    print(word, f"{logp.sum():.3f}", torch.argmin(logp).item(), [f"{v:.2f}" for v in logp[0].exp().tolist()])
