"""Bug: a classifier takes the state of the first token, as with BERT, from a net whose attention is causal.

Source: https://github.com/salesforce/progen/issues/8 ("the predictions end up being exactly the same no matter the
input sequence"; rebuilt). Why it hurts: the first place is the same sign in every text, and it sees nothing but itself.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import padded, reviews

FAMILY = "causal-reader"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat", "plateau")
START, WIDTH = 1, 20


class CausalClassifier(nn.Module):
    def __init__(self, vocab=62, dim=32, classes=3, last=False):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, dim, padding_idx=0), nn.Embedding(WIDTH, dim)
        layer = nn.TransformerEncoderLayer(dim, 2, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.norm, self.score = nn.LayerNorm(dim), nn.Linear(dim, classes)
        self.last = last

    def forward(self, ids):
        width = ids.shape[1]
        future = torch.ones(width, width).triu(1).bool()
        h = self.tokens(ids) + self.places.weight[:width]
        h = self.norm(self.blocks(h, mask=future))
        pooled = h[torch.arange(len(ids)), (ids != 0).sum(1) - 1] if self.last else h[:, 0]
        return self.score(pooled)


def texts(n, seed):
    found, labels = reviews(n, seed, classes=3, longest=WIDTH - 1)
    start = torch.tensor([START])
    return TensorDataset(padded([torch.cat([start, text]) for text in found], WIDTH), labels)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CausalClassifier(last=fixed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    train = DataLoader(texts(512, seed), batch_size=32, shuffle=True)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.CrossEntropyLoss(),
        train=train,
        val=DataLoader(texts(200, seed + 400), batch_size=100),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    model.train()
    for _ in range(6):
        for ids, label in setup["train"]:
            loss = setup["loss_fn"](model(ids), label)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            n += 1
            log(loss)
            if n == steps:
                return
