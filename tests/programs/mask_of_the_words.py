"""Bug: the padding mask says True where there is a word; torch hides what is True.

Source: https://github.com/mlwithme/TransformerTranslation/issues/6 (an `== 0` was missing in the mask; rebuilt).
Why it hurts: attention sees the padding only, so the first token, which stands for the whole text, learns nothing of
it.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import padded, reviews

FAMILY = "reviews-transformer"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat",)
PAD, CLS, WIDTH = 0, 1, 26


class ReviewTransformer(nn.Module):
    def __init__(self, fixed, d=32, heads=4):
        super().__init__()
        self.fixed = fixed
        self.tokens = nn.Embedding(62, d, padding_idx=PAD)
        self.places = nn.Parameter(0.1 * torch.randn(WIDTH + 1, d))
        layer = nn.TransformerEncoderLayer(d, heads, 64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, 3)

    def forward(self, ids):
        ids = torch.cat([torch.full((len(ids), 1), CLS), ids], 1)
        mask = (ids == PAD) if self.fixed else (ids != PAD)
        hidden = self.encoder(self.tokens(ids) + self.places, src_key_padding_mask=mask)
        return self.head(hidden[:, 0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(1440, seed, classes=3)
    ids = padded(texts, WIDTH)
    model = ReviewTransformer(fixed)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=F.cross_entropy,
                train=list(zip(ids.split(32), labels.split(32), strict=True)), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for epoch in range(4):
        order = torch.randperm(len(setup["train"]), generator=torch.Generator().manual_seed(epoch))
        for i in order.tolist():
            ids, labels = setup["train"][i]
            loss = setup["loss_fn"](model(ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
