"""The parts of a recent language model: RMSNorm, rotary positions, grouped queries, SwiGLU, a cache, experts, LoRA."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class ModelArgs:
    dim: int = 32
    n_layers: int = 2
    n_heads: int = 4
    n_kv_heads: int | None = 2
    vocab_size: int = 40
    multiple_of: int = 8
    norm_eps: float = 1e-5
    rope_theta: float = 10000.0
    max_batch_size: int = 3
    max_seq_len: int = 24
    num_experts: int = 0


class RMSNorm(torch.nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


def precompute_rope(dim: int, end: int, theta: float):
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
    angles = torch.outer(torch.arange(end, dtype=torch.float32), freqs)
    return torch.cat((angles, angles), dim=-1).cos(), torch.cat((angles, angles), dim=-1).sin()


def rotate_half(x):
    x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return torch.cat((-x2, x1), dim=-1)


def apply_rotary_emb(xq, xk, cos, sin) -> tuple[torch.Tensor, torch.Tensor]:
    cos, sin = (t[None, :, None, :] for t in (cos, sin))
    return (xq * cos + rotate_half(xq) * sin).type_as(xq), (xk * cos + rotate_half(xk) * sin).type_as(xk)


def repeat_kv(x: torch.Tensor, n_rep: int) -> torch.Tensor:
    bs, slen, n_kv_heads, head_dim = x.shape
    if n_rep == 1:
        return x
    x = x[:, :, :, None, :].expand(bs, slen, n_kv_heads, n_rep, head_dim)
    return x.reshape(bs, slen, n_kv_heads * n_rep, head_dim)


class Attention(nn.Module):
    def __init__(self, args: ModelArgs):
        super().__init__()
        self.n_kv_heads = args.n_heads if args.n_kv_heads is None else args.n_kv_heads
        self.n_heads, self.n_rep = args.n_heads, args.n_heads // self.n_kv_heads
        self.head_dim = args.dim // args.n_heads
        self.wq = nn.Linear(args.dim, args.n_heads * self.head_dim, bias=False)
        self.wk = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
        self.wv = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
        self.wo = nn.Linear(args.n_heads * self.head_dim, args.dim, bias=False)
        shape = (args.max_batch_size, args.max_seq_len, self.n_kv_heads, self.head_dim)
        self.register_buffer("cache_k", torch.zeros(shape), persistent=False)
        self.register_buffer("cache_v", torch.zeros(shape), persistent=False)

    def forward(self, x, start_pos: int | None, cos, sin, mask: torch.Tensor | None):
        bsz, seqlen, _ = x.shape
        xq = self.wq(x).view(bsz, seqlen, self.n_heads, self.head_dim)
        xk = self.wk(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
        xv = self.wv(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
        xq, xk = apply_rotary_emb(xq, xk, cos, sin)
        if start_pos is None:
            keys, values = xk, xv
        else:
            self.cache_k[:bsz, start_pos : start_pos + seqlen] = xk
            self.cache_v[:bsz, start_pos : start_pos + seqlen] = xv
            keys, values = self.cache_k[:bsz, : start_pos + seqlen], self.cache_v[:bsz, : start_pos + seqlen]
        q, k, v = (t.transpose(1, 2) for t in (xq, repeat_kv(keys, self.n_rep), repeat_kv(values, self.n_rep)))
        scores = torch.einsum("b h i d, b h j d -> b h i j", q, k) / math.sqrt(self.head_dim)
        if mask is not None:
            scores = scores + mask
        output = torch.einsum("bhij,bhjd->bhid", F.softmax(scores.float(), dim=-1).type_as(xq), v)
        return self.wo(output.transpose(1, 2).contiguous().view(bsz, seqlen, -1))


class FeedForward(nn.Module):
    def __init__(self, dim, hidden_dim, multiple_of):
        super().__init__()
        hidden_dim = multiple_of * ((int(2 * hidden_dim / 3) + multiple_of - 1) // multiple_of)
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden_dim, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class MoE(nn.Module):
    """The two best experts of each token, weighted; the load is balanced by a loss of its own."""

    def __init__(self, dim, num_experts, top_k=2):
        super().__init__()
        self.gate = nn.Linear(dim, num_experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(dim, 2 * dim, 8) for _ in range(num_experts))
        self.top_k, self.num_experts, self.aux_loss = top_k, num_experts, None

    def forward(self, x):
        flat = x.view(-1, x.shape[-1])
        probs = self.gate(flat).softmax(dim=-1)
        weights, chosen = torch.topk(probs, self.top_k, dim=-1)
        weights = weights / weights.sum(-1, keepdim=True)
        out = torch.zeros_like(flat)
        for i, expert in enumerate(self.experts):
            rows, nth = torch.where(chosen == i)
            if rows.numel() == 0:
                continue
            out.index_add_(0, rows, weights[rows, nth, None] * expert(flat[rows]))
        load = torch.zeros_like(probs).scatter_(1, chosen, 1.0).mean(0)
        self.aux_loss = self.num_experts * torch.dot(load, probs.mean(0))
        return out.view_as(x)


class TransformerBlock(nn.Module):
    def __init__(self, layer_id: int, args: ModelArgs):
        super().__init__()
        self.attention = Attention(args)
        experts = args.num_experts
        self.feed_forward = MoE(args.dim, experts) if experts else FeedForward(args.dim, 4 * args.dim, args.multiple_of)
        self.attention_norm = RMSNorm(args.dim, eps=args.norm_eps)
        self.ffn_norm = nn.RMSNorm(args.dim, eps=args.norm_eps)
        self.layer_id = layer_id

    def forward(self, x, *rest):
        h = x + self.attention(self.attention_norm(x), *rest)
        return h + self.feed_forward(self.ffn_norm(h))


class Llama(nn.Module):
    def __init__(self, params: ModelArgs):
        super().__init__()
        self.params = params
        self.tok_embeddings = nn.Embedding(params.vocab_size, params.dim)
        self.layers = torch.nn.ModuleList()
        for layer_id in range(params.n_layers):
            self.layers.append(TransformerBlock(layer_id, params))
        self.norm = RMSNorm(params.dim, eps=params.norm_eps)
        self.output = nn.Linear(params.dim, params.vocab_size, bias=False)
        cos, sin = precompute_rope(params.dim // params.n_heads, params.max_seq_len, params.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens, start_pos=None):
        _bsz, seqlen = tokens.shape
        begin = start_pos or 0
        h = self.tok_embeddings(tokens)
        cos, sin = self.cos[begin : begin + seqlen], self.sin[begin : begin + seqlen]
        mask = None
        if seqlen > 1:
            mask = torch.full((seqlen, seqlen), float("-inf"), device=tokens.device)
            mask = torch.triu(mask, diagonal=1)
            mask = torch.hstack([torch.zeros((seqlen, begin)), mask]).type_as(h)
        for layer in self.layers:
            h = layer(h, start_pos, cos, sin, mask)
        return self.output(self.norm(h)).float()


def sample_top_p(probs, p):
    probs_sort, probs_idx = torch.sort(probs, dim=-1, descending=True)
    probs_sum = torch.cumsum(probs_sort, dim=-1)
    probs_sort[probs_sum - probs_sort > p] = 0.0
    probs_sort.div_(probs_sort.sum(dim=-1, keepdim=True))
    return torch.gather(probs_idx, -1, torch.multinomial(probs_sort, num_samples=1))


@torch.inference_mode()
def generate(model, prompts, max_gen_len, temperature=0.6, top_p=0.9, pad_id=-1):
    lengths = [len(t) for t in prompts]
    total = min(model.params.max_seq_len, max_gen_len + max(lengths))
    tokens = torch.full((len(prompts), total), pad_id, dtype=torch.long)
    for k, t in enumerate(prompts):
        tokens[k, : len(t)] = torch.tensor(t, dtype=torch.long)
    prev_pos, text_mask = 0, tokens != pad_id
    for cur_pos in range(min(lengths), total):
        logits = model.forward(tokens[:, prev_pos:cur_pos], prev_pos)
        if temperature > 0:
            next_token = sample_top_p(torch.softmax(logits[:, -1] / temperature, dim=-1), top_p)
        else:
            next_token = torch.argmax(logits[:, -1], dim=-1)
        next_token = next_token.reshape(-1)
        next_token = torch.where(text_mask[:, cur_pos], tokens[:, cur_pos], next_token)
        tokens[:, cur_pos] = next_token
        prev_pos = cur_pos
    return tokens


class LoRALinear(nn.Module):
    def __init__(self, linear: nn.Linear, rank=2, alpha=4):
        super().__init__()
        self.linear, self.scaling = linear, alpha / rank
        linear.weight.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.empty(rank, linear.in_features))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x):
        return self.linear(x) + (x @ self.lora_A.T @ self.lora_B.mT) * self.scaling

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scaling * self.lora_B @ self.lora_A
        return self.linear


def counting(n, length, step):
    start = torch.randint(0, 40, (n, 1))
    return (start + step * torch.arange(length)) % 40


def fit(model, steps, step_size, lr=1e-2):
    optimizer = torch.optim.AdamW(filter(lambda p: p.requires_grad, model.parameters()), lr=lr, betas=(0.9, 0.95))
    for _ in range(steps):
        batch = counting(12, 14, step_size)
        logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, logits.size(-1)), batch[:, 1:].reshape(-1))
        aux = [m.aux_loss for m in model.modules() if isinstance(m, MoE)]
        optimizer.zero_grad()
        (loss + 0.01 * sum(aux)).backward()
        optimizer.step()
    return f"loss {loss.item():.4f}, load {[f'{a.item():.3f}' for a in aux]}"


for num_experts in (0, 3):
    torch.manual_seed(0)
    model = Llama(ModelArgs(num_experts=num_experts))
    print(sum(p.numel() for p in model.parameters()), "parameters", len(model.state_dict()), len(list(model.buffers())))
    print(fit(model, 25, 3))
    model.eval()
    prompts = [[1, 4, 7], [2, 5, 8, 11, 14], [30, 33]]
    print(generate(model, prompts, 6, temperature=0), generate(model, prompts, 6)[:, 5:].tolist())
    with torch.no_grad():
        tokens = counting(2, 10, 3)
        whole = model(tokens)
        cached = torch.cat([model(tokens[:, :4], 0), *(model(tokens[:, i : i + 1], i) for i in range(4, 10))], dim=1)
        print("with a cache:", torch.allclose(whole, cached, atol=1e-5), whole.shape)

for p in model.parameters():
    p.requires_grad = False
for layer in model.layers:
    for name in ("wq", "wv"):
        setattr(layer.attention, name, LoRALinear(getattr(layer.attention, name)))
print([n for n, p in model.named_parameters() if p.requires_grad][:4])
print(fit(model, 15, 2))
for module in list(model.modules()):
    for name, child in module.named_children():
        if isinstance(child, LoRALinear):
            setattr(module, name, child.merge())
torch.manual_seed(5)
tokens = counting(2, 8, 2)
print(model.layers[0].attention, model(tokens).logsumexp(-1).mean())
q, k, v = torch.randn(2, 4, 5, 8), torch.randn(2, 2, 5, 8), torch.randn(2, 2, 5, 8)
grouped = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
plain = F.scaled_dot_product_attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1), is_causal=True)
print(torch.allclose(grouped, plain, atol=1e-6), grouped.sum((1, 2))[0])
