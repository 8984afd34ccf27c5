"""nn.Transformer learns to sort: positional encoding, masks of each kind, Noam's schedule, greedy and beam decoding."""

import math
import warnings
from timeit import default_timer as timer

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn import Transformer
from torch.nn.utils.rnn import pad_sequence

PAD_IDX, BOS_IDX, EOS_IDX, VOCAB = 0, 1, 2, 13
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class PositionalEncoding(nn.Module):
    def __init__(self, emb_size: int, dropout: float, maxlen: int = 50):
        super().__init__()
        den = torch.exp(-torch.arange(0, emb_size, 2) * math.log(10000) / emb_size)
        pos = torch.arange(0, maxlen).reshape(maxlen, 1)
        pos_embedding = torch.zeros((maxlen, emb_size))
        pos_embedding[:, 0::2] = torch.sin(pos * den)
        pos_embedding[:, 1::2] = torch.cos(pos * den)
        pos_embedding = pos_embedding.unsqueeze(-2)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("pos_embedding", pos_embedding)

    def forward(self, token_embedding: Tensor):
        return self.dropout(token_embedding + self.pos_embedding[: token_embedding.size(0), :])


class TokenEmbedding(nn.Module):
    def __init__(self, vocab_size: int, emb_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, emb_size)
        self.emb_size = emb_size

    def forward(self, tokens: Tensor):
        return self.embedding(tokens.long()) * math.sqrt(self.emb_size)


class Seq2SeqTransformer(nn.Module):
    def __init__(self, num_layers, emb_size, nhead, vocab_size, dim_feedforward=48, dropout=0.1):
        super().__init__()
        self.transformer = Transformer(
            d_model=emb_size,
            nhead=nhead,
            num_encoder_layers=num_layers,
            num_decoder_layers=num_layers,
            dim_feedforward=dim_feedforward,
            dropout=dropout,
        )
        self.generator = nn.Linear(emb_size, vocab_size)
        self.src_tok_emb = TokenEmbedding(vocab_size, emb_size)
        self.tgt_tok_emb = TokenEmbedding(vocab_size, emb_size)
        self.positional_encoding = PositionalEncoding(emb_size, dropout=dropout)

    def forward(self, src, trg, src_mask, tgt_mask, src_padding_mask, tgt_padding_mask, memory_key_padding_mask):
        src_emb = self.positional_encoding(self.src_tok_emb(src))
        tgt_emb = self.positional_encoding(self.tgt_tok_emb(trg))
        outs = self.transformer(
            src_emb, tgt_emb, src_mask, tgt_mask, None, src_padding_mask, tgt_padding_mask, memory_key_padding_mask
        )
        return self.generator(outs)

    def encode(self, src: Tensor, src_mask: Tensor):
        return self.transformer.encoder(self.positional_encoding(self.src_tok_emb(src)), src_mask)

    def decode(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor):
        return self.transformer.decoder(self.positional_encoding(self.tgt_tok_emb(tgt)), memory, tgt_mask)


def generate_square_subsequent_mask(sz):
    mask = (torch.triu(torch.ones((sz, sz), device=DEVICE)) == 1).transpose(0, 1)
    return mask.float().masked_fill(mask == 0, float("-inf")).masked_fill(mask == 1, 0.0)


def create_mask(src, tgt):
    tgt_mask = generate_square_subsequent_mask(tgt.shape[0])
    src_mask = torch.zeros((src.shape[0], src.shape[0]), device=DEVICE).type(torch.bool)
    src_padding_mask = (src == PAD_IDX).transpose(0, 1)
    tgt_padding_mask = torch.zeros(tgt.shape[1], tgt.shape[0]).masked_fill_((tgt == PAD_IDX).t(), -torch.inf)
    return src_mask, tgt_mask, src_padding_mask, tgt_padding_mask


def make_batch(size, generator):
    src, tgt = [], []
    for length in torch.randint(3, 7, (size,), generator=generator):
        digits = torch.randint(3, VOCAB, (int(length),), generator=generator)
        src.append(torch.cat((torch.tensor([BOS_IDX]), digits, torch.tensor([EOS_IDX]))))
        tgt.append(torch.cat((torch.tensor([BOS_IDX]), digits.sort().values, torch.tensor([EOS_IDX]))))
    return pad_sequence(src, padding_value=PAD_IDX), pad_sequence(tgt, padding_value=PAD_IDX)


def noam(step, d_model=32, factor=0.3, warmup=20):
    step = max(step, 1)
    return factor * (d_model ** (-0.5) * min(step ** (-0.5), step * warmup ** (-1.5)))


def greedy_decode(model, src, src_mask, max_len):
    memory = model.encode(src, src_mask)
    ys = torch.ones(1, 1).fill_(BOS_IDX).type(torch.long).to(DEVICE)
    for _ in range(max_len - 1):
        tgt_mask = (generate_square_subsequent_mask(ys.size(0)).type(torch.bool)).to(DEVICE)
        out = model.decode(ys, memory, tgt_mask).transpose(0, 1)
        _, next_word = torch.max(model.generator(out[:, -1]), dim=1)
        ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(next_word.item())], dim=0)
        if next_word == EOS_IDX:
            break
    return ys


def beam_search(model, src, src_mask, width, max_len):
    memory = model.encode(src, src_mask)
    beams = torch.full((1, 1), BOS_IDX)
    scores = torch.zeros(1)
    finished = []
    for _ in range(max_len):
        mask = nn.Transformer.generate_square_subsequent_mask(len(beams))
        out = model.generator(model.decode(beams, memory.expand(-1, beams.size(1), -1), mask)[-1])
        total = scores[:, None] + out.log_softmax(-1)
        scores, flat = total.flatten().topk(width)
        parents, tokens = torch.div(flat, VOCAB, rounding_mode="floor"), flat % VOCAB
        beams = torch.cat([beams.index_select(1, parents), tokens[None]])
        done = tokens.eq(EOS_IDX)
        for i in done.nonzero(as_tuple=True)[0]:
            finished.append((scores[i].item() / len(beams), beams[:, i].tolist()))
        if done.all():
            break
        beams, scores = beams[:, ~done], scores[~done]
    return sorted(finished, reverse=True)[0] if finished else None


torch.manual_seed(0)
warnings.filterwarnings("ignore", message="enable_nested_tensor is True")
transformer = Seq2SeqTransformer(2, 32, 4, VOCAB)
for p in transformer.parameters():
    if p.dim() > 1:
        nn.init.xavier_uniform_(p)
transformer = transformer.to(DEVICE)
loss_fn = torch.nn.CrossEntropyLoss(ignore_index=PAD_IDX, label_smoothing=0.1)
optimizer = torch.optim.Adam(transformer.parameters(), lr=1, betas=(0.9, 0.98), eps=1e-9)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda step: noam(step))
generator = torch.Generator().manual_seed(3)
start = timer()
transformer.train()
for step in range(40):
    src, tgt = make_batch(24, generator)
    tgt_input, tgt_out = tgt[:-1, :], tgt[1:, :]
    src_mask, tgt_mask, src_padding_mask, tgt_padding_mask = create_mask(src, tgt_input)
    logits = transformer(src, tgt_input, src_mask, tgt_mask, src_padding_mask, tgt_padding_mask, src_padding_mask)
    optimizer.zero_grad()
    loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 8 == 7:
        print(f"step {step}: loss {loss.item():.3f} lr {scheduler.get_last_lr()[0]:.5f}")
assert timer() > start
transformer.eval()
with torch.no_grad():
    for sentence in ([1, 7, 3, 9, 4, 2], [1, 12, 5, 5, 2]):
        src = torch.tensor(sentence).view(-1, 1)
        src_mask = (torch.zeros(len(src), len(src))).type(torch.bool)
        print(sentence, greedy_decode(transformer, src, src_mask, max_len=len(src) + 5).flatten().tolist())
        best = beam_search(transformer, src, src_mask, 3, 9)
        print(best if best is None else (f"{best[0]:.4f}", best[1]))
print(transformer.transformer.encoder.layers[0])
print(sum(p.numel() for p in transformer.parameters()), len(transformer.state_dict()))
