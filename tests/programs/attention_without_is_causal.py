"""Bug: a language model over words calls scaled_dot_product_attention without is_causal=True.

Source: https://github.com/karpathy/minGPT/issues/75 (loss near 0 and terrible completions, as the mask did not mask).
Why it hurts: the input at place t + 1 is the target of place t; the model looks it up and cannot continue a text.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_c import sentences

FAMILY = "word-gpt"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")
BLOCK = 16


class Attention(nn.Module):
    def __init__(self, dim, heads, causal):
        super().__init__()
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.heads, self.causal = heads, causal

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.proj(y.transpose(1, 2).reshape(b, t, c))


class WordGPT(nn.Module):
    def __init__(self, vocabulary, dim=48, heads=4, causal=False):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocabulary, dim), nn.Embedding(BLOCK, dim)
        self.ln1, self.ln2, self.ln3 = nn.LayerNorm(dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = Attention(dim, heads, causal)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.head = nn.Linear(dim, vocabulary, bias=False)

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        x = x + self.attn(self.ln1(x))
        x = x + self.mlp(self.ln2(x))
        return self.head(self.ln3(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    words, vocabulary = sentences(1500, seed)
    data = torch.tensor([vocabulary.index(word) for word in words])
    model = WordGPT(len(vocabulary), causal=fixed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01)
    return dict(model=model, optimizer=optimizer, loss_fn=F.cross_entropy, train=data[:-1500], val=data[-1500:],
                fixed=fixed)  # fmt: skip


def get_batch(data, size=16):
    starts = torch.randint(len(data) - BLOCK - 1, (size,))
    rows = torch.stack([data[i : i + BLOCK + 1] for i in starts])
    return rows[:, :-1], rows[:, 1:]


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for _ in range(min(steps or 200, 200)):
        x, y = get_batch(setup["train"])
        loss = setup["loss_fn"](model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup, prefix=9):
    """The loss of the next word when it is really not there yet."""
    starts = torch.arange(0, 1400, 10)
    x = torch.stack([setup["val"][i : i + prefix] for i in starts])
    return float(F.cross_entropy(setup["model"](x)[:, -1], setup["val"][starts + prefix]))
