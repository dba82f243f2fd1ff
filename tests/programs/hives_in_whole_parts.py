"""Bug: where the next batch begins is worked out with // in place of %, so it hardly moves.

Source: https://github.com/DeepGraphLearning/KnowledgeGraphEmbedding/issues/29 ("Did you just use the first batch to
train the model?"; there it was not so); https://github.com/skhu101/GM-NAS/issues/4 (rebuilt).
Why it hurts: the net sees the first twenty recordings only and learns them by heart.
"""

import torch
from torch import nn

from programs.data_k import hives

FAMILY = "hives-queen"
ACCEPT = ("same-batch-repeated",)
SYMPTOMS = ("too-good", "overfitting", "healthy")

BATCH, STEPS = 16, 320


class HiveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv1d(1, 12, 7, stride=2, padding=3), nn.Conv1d(12, 24, 5, stride=2, padding=2)
        self.norm, self.fc = nn.GroupNorm(4, 24), nn.Linear(24, 3)

    def forward(self, wave):
        h = torch.relu(self.c1(wave.unsqueeze(1)))
        h = torch.relu(self.norm(self.c2(h)))
        return self.fc(h.mean(-1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = HiveNet()
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=hives(1280, seed), val=hives(400, seed + 500), fixed=fixed)  # fmt: skip


def next_batch(setup, step):
    waves, states = setup["train"]
    begin = (step * BATCH) % len(waves) if setup["fixed"] else (step * BATCH) // len(waves)
    return waves[begin : begin + BATCH], states[begin : begin + BATCH]


@torch.no_grad()
def validate(setup):
    waves, states = setup["val"]
    return setup["loss_fn"](setup["model"](waves), states).item()


def train(setup, log, steps=None):
    for step in range(STEPS):
        waves, states = next_batch(setup, step)
        loss = setup["loss_fn"](setup["model"](waves), states)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        if step % 50 == 49:
            log(loss.item(), val_loss=validate(setup))
        else:
            log(loss.item())
        if step + 1 == steps:
            return


def error(setup):
    return validate(setup)
