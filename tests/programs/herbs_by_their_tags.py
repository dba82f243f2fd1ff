"""Bug: Adam is given weight_decay=0.1 "against overfitting", a figure that was meant for AdamW.

Source: https://github.com/MdAsifKhan/DNGR-Keras/issues/1 (a regularization "makes most of them zero. I have removed
regularization, now it seems to work well"); https://github.com/zalandoresearch/pytorch-vq-vae/issues/10 (rebuilt).
Why it hurts: within Adam the penalty is part of the gradient, and larger than what the labels say; weights go to zero.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_l import herbs

FAMILY = "herbs-tags"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")


def collate_batch(rows):
    """Tags in one long row, with offsets, as EmbeddingBag likes them."""
    tags, offsets, uses = [], [0], []
    for tag, use in rows:
        tags.append(tag)
        offsets.append(len(tag))
        uses.append(use)
    return torch.cat(tags), torch.tensor(offsets[:-1]).cumsum(0), torch.stack(uses)


class HerbModel(nn.Module):
    def __init__(self, vocab_size=60, embed_dim=32, num_class=6):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, mode="mean")
        self.fc1, self.fc2 = nn.Linear(embed_dim, 32), nn.Linear(32, num_class)

    def forward(self, text, offsets):
        return self.fc2(torch.relu(self.fc1(self.embedding(text, offsets))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = HerbModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-4 if fixed else 0.1)
    data = list(zip(*herbs(1280, seed), strict=True))
    loader = DataLoader(data, batch_size=32, shuffle=True, collate_fn=collate_batch)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, idx = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(7):
        model.train()
        for text, offsets, label in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(text, offsets), label)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            idx += 1
            log(loss.item())
            if idx == steps:
                return
