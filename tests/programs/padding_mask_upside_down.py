"""Bug: the padding mask says True for the words; nn.MultiheadAttention leaves out what is True.

Source: https://jkschin.com/blog/2024/src-key-padding-mask (how to find out what the mask means); the question is
https://stackoverflow.com/questions/62170439 ("If a BoolTensor is provided, positions with True is not allowed to
attend"; rebuilt). Why it hurts: the question is read from its padding, which is the same for all.
"""

import torch
from torch import nn

from programs.data_f import questions

FAMILY = "queries-padding"
ACCEPT = ("input-ignored", "representation-collapse")
SYMPTOMS = ("high-flat", "plateau", "oscillating")


class Reader(nn.Module):
    """A learnt query looks at the words and says the topic."""

    def __init__(self, inverted, width=24, topics=3):
        super().__init__()
        self.embedding = nn.Embedding(50, width)
        self.query = nn.Parameter(torch.randn(1, 1, width) * width**-0.5)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm, self.out, self.inverted = nn.LayerNorm(width), nn.Linear(width, topics), inverted

    def forward(self, ids):
        mask = ids != 0 if self.inverted else ids == 0
        words = self.embedding(ids)
        looked, _ = self.attention(self.query.expand(len(ids), -1, -1), words, words, key_padding_mask=mask)
        return self.out(self.norm(looked[:, 0]))


def padded(texts, length=16):
    return torch.tensor([text + [0] * (length - len(text)) for text in texts])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, topics = questions(1280, seed)
    model = Reader(inverted=not fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=torch.utils.data.TensorDataset(padded(texts), topics), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None, epochs=6):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    history = {"loss": [], "accuracy": []}
    for _ in range(epochs):
        for ids, topic in torch.utils.data.DataLoader(setup["train"], batch_size=32, shuffle=True):
            scores = model(ids)
            loss = criterion(scores, topic)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history["loss"].append(loss.item())
            history["accuracy"].append((scores.argmax(-1) == topic).float().mean().item())
            log(loss.item(), metric=history["accuracy"][-1])
            if len(history["loss"]) == steps:
                return


@torch.no_grad()
def error(setup):
    texts, topics = questions(400, 999)
    return (setup["model"](padded(texts)).argmax(-1) != topics).float().mean().item()
