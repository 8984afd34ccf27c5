"""Tagging words: an LSTM with masks, and a CRF on top of it, trained by logsumexp and decoded by Viterbi."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

corpus = """
the/DET dog/NN ate/V the/DET green/ADJ apple/NN
everybody/NN read/V that/DET book/NN
the/DET wise/ADJ owl/NN saw/V a/DET small/ADJ mouse/NN today/ADV
she/NN sings/V
a/DET book/NN saw/V the/DET dog/NN
"""
training_data = [list(zip(*(pair.split("/") for pair in line.split()))) for line in corpus.strip().splitlines()]
word_to_ix = {"<pad>": 0}
tag_to_ix = {tag: i for i, tag in enumerate(["DET", "NN", "V", "ADJ", "ADV"])}
for sentence, _ in training_data:
    for word in sentence:
        word_to_ix.setdefault(word, len(word_to_ix))


class Sentences(Dataset):
    def __len__(self):
        return len(training_data)

    def __getitem__(self, i):
        sentence, tags = training_data[i]
        return torch.tensor([word_to_ix[w] for w in sentence]), torch.tensor([tag_to_ix[t] for t in tags])


def collate_fn(batch):
    words, tags = map(list, zip(*batch))
    words = pad_sequence(words, batch_first=True, padding_value=0)
    return words, pad_sequence(tags, batch_first=True, padding_value=-1), words.ne(0)


class LSTMTagger(nn.Module):
    def __init__(self, vocab_size, tagset_size, embedding_dim=8, hidden_dim=12):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim // 2, num_layers=1, bidirectional=True, batch_first=True)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentence):
        lstm_out, _ = self.lstm(self.word_embeddings(sentence))
        return self.hidden2tag(lstm_out)


class CRF(nn.Module):
    """log p(tags | scores), all paths summed by the forward algorithm."""

    def __init__(self, num_tags):
        super().__init__()
        self.start = nn.Parameter(torch.empty(num_tags))
        self.end = nn.Parameter(torch.empty(num_tags))
        self.transitions = nn.Parameter(torch.empty(num_tags, num_tags))
        for p in self.parameters():
            nn.init.uniform_(p, -0.1, 0.1)

    def extra_repr(self):
        return f"num_tags={len(self.start)}"

    def score(self, emissions, tags, mask):
        rows = torch.arange(tags.shape[1])
        total = self.start[tags[0]] + emissions[0, rows, tags[0]]
        for i in range(1, len(tags)):
            step = self.transitions[tags[i - 1], tags[i]] + emissions[i].gather(1, tags[i].unsqueeze(1)).squeeze(1)
            total = total + step * mask[i]
        last = mask.long().sum(dim=0) - 1
        return total + self.end[tags[last, rows]]

    def normalizer(self, emissions, mask):
        alpha = self.start + emissions[0]
        for i in range(1, len(emissions)):
            scores = alpha.unsqueeze(2) + self.transitions + emissions[i].unsqueeze(1)
            alpha = torch.where(mask[i].unsqueeze(1), torch.logsumexp(scores, dim=1), alpha)
        return torch.logsumexp(alpha + self.end, dim=1)

    def forward(self, emissions, tags, mask):
        emissions, tags, mask = emissions.transpose(0, 1), tags.clamp(min=0).transpose(0, 1), mask.transpose(0, 1)
        return (self.normalizer(emissions, mask) - self.score(emissions, tags, mask)).mean()

    @torch.no_grad()
    def viterbi(self, emissions):
        score, backpointers = self.start + emissions[0], []
        for emission in emissions[1:]:
            score, pointers = (score.unsqueeze(1) + self.transitions).max(dim=0)
            score += emission
            backpointers.append(pointers)
        best_score, best = torch.max(score + self.end, 0)
        path = [best.item()]
        for pointers in reversed(backpointers):
            path.insert(0, pointers[path[0]].item())
        return best_score.item(), path


def argmax(vec):
    _, idx = torch.max(vec, 1)
    return idx.item()


# one sentence at a time, with the loss of each word
torch.manual_seed(1)
model = LSTMTagger(len(word_to_ix), len(tag_to_ix))
loss_function = nn.NLLLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(30):
    for words, tags in Sentences():
        model.zero_grad()
        loss = loss_function(F.log_softmax(model(words), dim=1), tags)
        loss.backward()
        optimizer.step()
with torch.no_grad():
    scores = model(Sentences()[0][0])
    print(scores, [list(tag_to_ix)[i] for i in scores.argmax(-1)], f"{loss.item():.4f}")
    print(argmax(scores[2:3]), *scores[:2].max(0))

# padded batches, padding ignored
loader = DataLoader(Sentences(), batch_size=3, collate_fn=collate_fn)
for words, tags, mask in loader:
    with torch.no_grad():
        emissions = model(words)
        loss = F.cross_entropy(emissions.flatten(0, 1), tags.flatten(), ignore_index=-1)
        losses = F.cross_entropy(emissions.transpose(1, 2), tags.clamp_min(0), reduction="none")
        by_hand = (losses * mask).sum() / mask.sum()
        right = (emissions.argmax(-1) == tags).masked_select(mask).float().mean()
        print(words.shape, mask.sum(1).tolist(), f"{loss:.4f} {by_hand:.4f} accuracy {right:.3f}")

# packed: what the LSTM of the longest sentence says, and of all
longest_first = sorted((w for w, _ in Sentences()), key=len, reverse=True)
packed = pack_sequence([model.word_embeddings(w) for w in longest_first])
output, (h_n, c_n) = model.lstm(packed)
padded, lengths = pad_packed_sequence(output, batch_first=True, padding_value=-1.0)
print(packed.batch_sizes, lengths, padded.shape, torch.allclose(padded[-1, 1, :6], h_n[0, -1]))

# with a CRF
torch.manual_seed(2)
model, crf = LSTMTagger(len(word_to_ix), len(tag_to_ix)), CRF(len(tag_to_ix))
params = [{"params": model.parameters()}, {"params": crf.parameters(), "lr": 5e-2}]
optimizer = torch.optim.Adam(params, lr=2e-2, weight_decay=1e-4)
for epoch in range(15):
    for words, tags, mask in loader:
        loss = crf(model(words), tags, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: {loss.item():.4f}")
print(crf, crf.transitions.detach().argmax(1))
for words, tags in Sentences():
    score, path = crf.viterbi(model(words))
    print(f"{score:.3f}", path, path == tags.tolist())
# the sum over all paths, the slow way
words = Sentences()[3][0]
emissions = model(words).unsqueeze(1)
mask = torch.ones(2, 1, dtype=torch.bool)
every = [torch.tensor([[a], [b]]) for a in range(5) for b in range(5)]
total = torch.cat([crf.score(emissions, path, mask) for path in every]).logsumexp(0)
print(torch.isclose(total, crf.normalizer(emissions, mask)[0]).item())
