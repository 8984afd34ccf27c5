"""Word vectors: skip-gram with negative sampling, CBOW with a softmax, GloVe from counts; neighbours and analogies."""

import random
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torch.utils.data import DataLoader, Dataset

text = """the king rules the land and the queen rules the land . the king is a man . the queen is a woman .
a prince is a young king . a princess is a young queen . the man walks the dog . the woman walks the dog .
the dog chases the cat . the cat chases the mouse . the mouse eats the cheese . the man eats the bread .
the woman eats the bread . a boy is a young man . a girl is a young woman ."""
raw_text = text.split()
counts = Counter(raw_text)
vocab = sorted(counts, key=lambda w: (-counts[w], w))
word_to_idx = {w: i for i, w in enumerate(vocab)}
idx_to_word = dict(enumerate(vocab))
ids = [word_to_idx[w] for w in raw_text]
frequency = np.array([counts[w] for w in vocab], dtype=np.float32)
noise = torch.from_numpy(frequency**0.75)
noise /= noise.sum()
keep = 1 - torch.sqrt(torch.tensor(0.05) / torch.from_numpy(frequency / frequency.sum())).clamp(max=1.0)
print(len(vocab), noise[:5], keep[:4])


class SkipGramDataset(Dataset):
    def __init__(self, ids, window=2, negatives=5):
        self.ids, self.window, self.negatives = torch.tensor(ids), window, negatives

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, idx):
        centre = self.ids[idx]
        around = [i % len(self.ids) for i in range(idx - self.window, idx + self.window + 1) if i != idx]
        positive = self.ids[around]
        return centre, positive, torch.multinomial(noise, self.negatives * positive.shape[0], True)


class SkipGram(nn.Module):
    def __init__(self, vocab_size, embed_size, sparse=False):
        super().__init__()
        initrange = 0.5 / embed_size
        self.in_embed = nn.Embedding(vocab_size, embed_size, sparse=sparse)
        self.in_embed.weight.data.uniform_(-initrange, initrange)
        self.out_embed = nn.Embedding(vocab_size, embed_size, sparse=sparse)
        self.out_embed.weight.data.uniform_(-initrange, initrange)

    def forward(self, input_labels, pos_labels, neg_labels):
        input_embedding = self.in_embed(input_labels).unsqueeze(2)
        log_pos = torch.bmm(self.out_embed(pos_labels), input_embedding).squeeze()
        log_neg = torch.bmm(self.out_embed(neg_labels), -input_embedding).squeeze()
        return -(F.logsigmoid(log_pos).sum(1) + F.logsigmoid(log_neg).sum(1))

    def input_embeddings(self):
        return self.in_embed.weight.data.cpu().numpy()


def find_nearest(word, weights):
    embedding = weights[word_to_idx[word]]
    similarity = F.cosine_similarity(torch.as_tensor(weights), torch.as_tensor(embedding).unsqueeze(0))
    return [idx_to_word[i] for i in similarity.argsort(descending=True)[:4].tolist()]


torch.manual_seed(53113)
random.seed(53113)
np.random.seed(53113)
model = SkipGram(len(vocab), 12)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
loader = DataLoader(SkipGramDataset(ids), batch_size=16, shuffle=True)
for epoch in range(6):
    total = 0.0
    for input_labels, pos_labels, neg_labels in loader:
        optimizer.zero_grad()
        loss = model(input_labels, pos_labels, neg_labels).mean()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 2:
        print(f"epoch {epoch}: {total / len(loader):.3f}")
weights = model.input_embeddings()
print(type(weights).__name__, weights.shape, find_nearest("king", weights), find_nearest("cat", weights))


class CBOW(nn.Module):
    def __init__(self, vocab_size, embedding_dim, context_size):
        super(CBOW, self).__init__()
        self.embeddings = nn.Embedding(vocab_size, embedding_dim, max_norm=1.0)
        self.linear1 = nn.Linear(embedding_dim, 32)
        self.linear2 = nn.Linear(32, vocab_size)

    def forward(self, inputs):
        embeds = sum(self.embeddings(inputs)).view((1, -1))
        return F.log_softmax(self.linear2(F.relu(self.linear1(embeds))), dim=1)


def make_context_vector(context, word_to_ix):
    return torch.tensor([word_to_ix[w] for w in context], dtype=torch.long)


data = [([raw_text[i - 2], raw_text[i - 1], raw_text[i + 1], raw_text[i + 2]], raw_text[i]) for i in range(2, 40)]
model = CBOW(len(vocab), 10, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
losses = []
for epoch in range(4):
    total_loss = torch.Tensor([0])
    for context, target in data:
        context_var = Variable(make_context_vector(context, word_to_idx))
        model.zero_grad()
        loss = F.nll_loss(model(context_var), Variable(torch.tensor([word_to_idx[target]])))
        loss.backward()
        optimizer.step()
        total_loss += loss.data
    losses.append(total_loss)
print(losses)
print((model.embeddings.weight.norm(dim=1) <= 1.0001).sum().item(), "vectors within the unit ball")

# GloVe: weighted least squares on logarithms of counts
X = torch.zeros(len(vocab), len(vocab))
for i, centre in enumerate(ids):
    for distance in range(1, 4):
        if i + distance < len(ids):
            X[centre, ids[i + distance]] += 1 / distance
X = X + X.t()
rows, cols = torch.nonzero(X, as_tuple=True)
weighting = (X[rows, cols] / 10).pow(0.75).clamp(max=1)
w, w_tilde = (nn.Parameter(torch.randn(len(vocab), 6) * 0.1) for _ in range(2))
b, b_tilde = (nn.Parameter(torch.zeros(len(vocab))) for _ in range(2))
optimizer = torch.optim.Adagrad([w, w_tilde, b, b_tilde], lr=0.1)
for step in range(60):
    fit = (w[rows] * w_tilde[cols]).sum(1) + b[rows] + b_tilde[cols]
    loss = (weighting * (fit - X[rows, cols].log()) ** 2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
vectors = F.normalize((w + w_tilde).detach(), dim=1)
print(f"{loss.item():.3f}", len(rows))
wanted = vectors[word_to_idx["king"]] - vectors[word_to_idx["man"]] + vectors[word_to_idx["woman"]]
scores, best = torch.mv(vectors, wanted).topk(5)
print([idx_to_word[i.item()] for i in best], scores)
frozen = nn.Embedding.from_pretrained(vectors, freeze=True, padding_idx=0)
print(frozen, frozen.weight.requires_grad, torch.cdist(frozen(torch.tensor([1, 2])), vectors[:3]))
