"""Bug: sentence embeddings are trained on pairs that say the same, and on nothing else.

Source: https://github.com/huggingface/sentence-transformers/issues/326 ("providing only positive/similar example pairs"
- "you can construct negative pairs by randomly selecting two pairs"; rebuilt).
Why it hurts: one vector for all sentences makes the loss zero.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_h import complaints

FAMILY = "paraphrase-cosine"
ACCEPT = ("representation-collapse", "degenerate-targets")
SYMPTOMS = ("too-good", "healthy")


class Paraphrases(Dataset):
    """Two texts on one thing; with `contrast`, every second pair is of two things."""

    def __init__(self, n, seed, contrast):
        self.texts, self.topic = complaints(n, seed, kinds=4, own=0.5)
        self.of = [torch.nonzero(self.topic == k).flatten() for k in range(4)]
        self.contrast, self.g = contrast, torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        topic, label = int(self.topic[i]), 1.0
        if self.contrast and i % 2:
            topic, label = (topic + 1 + int(torch.randint(3, (1,), generator=self.g))) % 4, -1.0
        other = self.of[topic]
        j = other[int(torch.randint(len(other), (1,), generator=self.g))]
        return {"a": self.texts[i], "b": self.texts[j], "label": torch.tensor(label)}


class MeanPooling(nn.Module):
    def __init__(self, vocab=62, dim=32):
        super().__init__()
        self.words = nn.Embedding(vocab, dim, padding_idx=0)
        self.dense = nn.Sequential(nn.Linear(dim, 48), nn.Tanh(), nn.Linear(48, 24))

    def forward(self, ids):
        mask = (ids != 0).float().unsqueeze(-1)
        return self.dense((self.words(ids) * mask).sum(1) / mask.sum(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MeanPooling()
    loader = DataLoader(Paraphrases(1600, seed, contrast=fixed), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
                loss_fn=nn.CosineEmbeddingLoss(margin=0.0), train=loader, val=None,
                test=complaints(400, seed + 500, kinds=4, own=0.5), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch["a"]), model(batch["b"]), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """Minus how much nearer two texts on one thing are to each other than two on different things."""
    ids, topic = setup["test"]
    e = nn.functional.normalize(setup["model"](ids), dim=1)
    same = topic[:, None] == topic
    return float((e @ e.T)[~same].mean() - (e @ e.T)[same].mean())
