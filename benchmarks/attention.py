"""Attention and a small GPT, written as people write one."""

from benchmarks.harness import benchmark
from benchmarks.training import step_of


def gpt(torch, vocabulary=65, length=128, size=128, heads=4, layers=4, dropout=0.0):
    """A GPT: tokens and places embedded, blocks of causal attention and a perceptron, scores for the next token."""
    nn, F = torch.nn, torch.nn.functional

    class CausalSelfAttention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.proj = nn.Linear(size, 3 * size), nn.Linear(size, size)
            self.dropout = nn.Dropout(dropout)

        def forward(self, x):
            b, t, c = x.size()
            q, k, v = (part.view(b, t, heads, c // heads).transpose(1, 2) for part in self.qkv(x).split(size, dim=2))
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout if self.training else 0.0, is_causal=True)
            return self.dropout(self.proj(y.transpose(1, 2).contiguous().view(b, t, c)))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.attention, self.norm2 = nn.LayerNorm(size), CausalSelfAttention(), nn.LayerNorm(size)
            self.mlp = nn.Sequential(
                nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size), nn.Dropout(dropout)
            )

        def forward(self, x):
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(vocabulary, size), nn.Embedding(length, size)
            self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
            self.norm, self.head = nn.LayerNorm(size), nn.Linear(size, vocabulary, bias=False)

        def forward(self, tokens):
            places = torch.arange(tokens.size(1), device=tokens.device)
            x = self.blocks(self.tokens(tokens) + self.places(places))
            return self.head(self.norm(x)).view(-1, vocabulary)

    return GPT()


@benchmark(goal=1.0)
def transformer(torch):
    """A GPT of 4 layers and 128 features, batch 16 of 128 tokens, with AdamW."""
    model = gpt(torch)
    text = torch.randint(0, 65, (16, 129))
    x, y = text[:, :-1], text[:, 1:].reshape(-1)
    return step_of(torch, model, torch.nn.CrossEntropyLoss(), torch.optim.AdamW(model.parameters(), lr=1e-3), x, y)


def attention_step(torch, is_causal):
    q, k, v = (torch.randn(16, 128, 4, 32).transpose(1, 2).requires_grad_() for _ in range(3))
    g = torch.randn(16, 128, 4, 32).transpose(1, 2)

    def step():
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
        torch.autograd.grad(y, (q, k, v), g)  # near zero these differ by rounding; the tests compare them
        return y

    return step


@benchmark()
def causal(torch):
    """Causal attention and its gradients: 16 samples, 4 heads, 128 places, 32 features."""
    return attention_step(torch, is_causal=True)


@benchmark()
def everywhere(torch):
    """The same with nothing hidden."""
    return attention_step(torch, is_causal=False)
