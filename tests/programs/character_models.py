"""Names from characters: bigram counts, one linear layer, an MLP with batch norm by hand, and an LSTM."""

import builtins
import keyword
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

words = sorted({w.lower() for w in keyword.kwlist + dir(builtins) if w.isalpha()})
random.seed(42)
random.shuffle(words)
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
V = len(itos)
print(len(words), V, words[:5], max(len(w) for w in words))

# 1. counts
N = torch.zeros((V, V), dtype=torch.int32)
for w in words:
    for ch1, ch2 in zip("." + w, w + "."):
        N[stoi[ch1], stoi[ch2]] += 1
P = (N + 1).float()
P /= P.sum(1, keepdim=True)
print(N[0], N.sum(), f"{P[5].sum().item():.4f}", N.argmax().item(), N.max())
g = torch.Generator().manual_seed(2147483647)
for _ in range(5):
    out, ix = [], 0
    while True:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
        out.append(itos[ix])
        if ix == 0:
            break
    print("".join(out), end=" ")
log_likelihood, n = 0.0, 0
for w in words:
    for ch1, ch2 in zip("." + w, w + "."):
        log_likelihood += torch.log(P[stoi[ch1], stoi[ch2]])
        n += 1
print(f"\n{log_likelihood=:.2f} {-log_likelihood / n:.4f}")

# 2. the same as a network
xs, ys = (torch.tensor([stoi[p[k]] for w in words for p in zip("." + w, w + ".")]) for k in (0, 1))
W = torch.randn((V, V), generator=g, requires_grad=True)
xenc = F.one_hot(xs, num_classes=V).float()
for k in range(40):
    logits = xenc @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(len(xs)), ys].log().mean() + 0.01 * (W**2).mean()
    W.grad = None
    loss.backward()
    W.data += -20 * W.grad
print(xenc.shape, xenc.dtype, f"{loss.item():.4f}")


# 3. an MLP with batch normalization by hand
def build_dataset(words, block_size=3):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + ".":
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    X, Y = torch.tensor(X), torch.tensor(Y)
    print(X.shape, Y.shape)
    return X, Y


n1, n2 = int(0.8 * len(words)), int(0.9 * len(words))
(Xtr, Ytr), (Xdev, Ydev), (Xte, Yte) = (build_dataset(part) for part in (words[:n1], words[n1:n2], words[n2:]))
n_embd, n_hidden = 8, 64
C = torch.randn((V, n_embd), generator=g)
W1 = torch.randn((n_embd * 3, n_hidden), generator=g) * (5 / 3) / ((n_embd * 3) ** 0.5)
W2 = torch.randn((n_hidden, V), generator=g) * 0.01
b2 = torch.randn(V, generator=g) * 0
bngain, bnbias = torch.ones((1, n_hidden)), torch.zeros((1, n_hidden))
bnmean_running, bnstd_running = torch.zeros((1, n_hidden)), torch.ones((1, n_hidden))
parameters = [C, W1, W2, b2, bngain, bnbias]
print(sum(p.nelement() for p in parameters))
for p in parameters:
    p.requires_grad = True
lossi, ud = [], []
for i in range(150):
    ix = torch.randint(0, Xtr.shape[0], (32,), generator=g)
    hpreact = C[Xtr[ix]].view(-1, n_embd * 3) @ W1
    bnmeani, bnstdi = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
    hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias
    with torch.no_grad():
        bnmean_running = 0.99 * bnmean_running + 0.01 * bnmeani
        bnstd_running = 0.99 * bnstd_running + 0.01 * bnstdi
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Ytr[ix])
    for p in parameters:
        p.grad = None
    h.retain_grad()
    loss.backward()
    lr = 0.1 if i < 100 else 0.01
    for p in parameters:
        p.data += -lr * p.grad
    lossi.append(loss.log10().item())
    with torch.no_grad():
        ud.append(
            [((lr * p.grad).std() / p.data.std()).log10().item() for p in parameters if p.ndim == 2 and len(p) > 1]
        )
print(torch.tensor(lossi).view(-1, 50).mean(1), [f"{u:.2f}" for u in ud[-1]])
print(f"saturated {(h.abs() > 0.97).float().mean().item() * 100:.2f}%, grad std {h.grad.std():.2e}")


@torch.no_grad()
def split_loss(split):
    x, y = {"train": (Xtr, Ytr), "val": (Xdev, Ydev), "test": (Xte, Yte)}[split]
    hpreact = C[x].flatten(1) @ W1
    hpreact = bngain * (hpreact - bnmean_running) / bnstd_running + bnbias
    return f"{split} {F.cross_entropy(torch.tanh(hpreact) @ W2 + b2, y).item():.4f}"


print(split_loss("train"), split_loss("val"), split_loss("test"))


# 4. an LSTM that reads one name after another
class CharLSTM(nn.Module):
    def __init__(self, vocab, hidden, layers=2):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.lstm = nn.LSTM(16, hidden, layers, batch_first=True, dropout=0.2)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embed(x), state)
        return self.head(out), state

    @torch.no_grad()
    def sample(self, temperature=0.8, longest=20):
        self.eval()
        x, state, name = torch.zeros(1, 1, dtype=torch.long), None, []
        for _ in range(longest):
            logits, state = self(x, state)
            p = logits[0, -1].div(temperature).softmax(-1)
            x = torch.multinomial(p, 1, generator=g).view(1, 1)
            if x.item() == 0:
                break
            name.append(itos[x.item()])
        self.train()
        return "".join(name)


torch.manual_seed(3)
longest = max(map(len, words)) + 1
inputs = torch.zeros(len(words), longest, dtype=torch.long)
targets = torch.full((len(words), longest), -100)
for i, w in enumerate(words):
    codes = torch.LongTensor([stoi[c] for c in w])
    inputs[i, 1 : 1 + len(w)] = codes
    targets[i, : len(w)] = codes
    targets[i, len(w)] = 0
model = CharLSTM(V, 48)
optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
for epoch in range(4):
    total = 0
    for batch in torch.randperm(len(words)).split(40):
        logits, _ = model(inputs[batch])
        loss = F.cross_entropy(logits.permute(0, 2, 1), targets[batch], reduction="sum")
        optimizer.zero_grad()
        (loss / targets[batch].ge(0).sum()).backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.25)
        optimizer.step()
        total += loss.item()
    scheduler.step()
    print(f"epoch {epoch} {total / (targets != -100).sum():.3f} {scheduler.get_last_lr()[0]:.5f}")
print([model.sample() for _ in range(6)])
