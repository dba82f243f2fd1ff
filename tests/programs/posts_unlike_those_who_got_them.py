"""Bug: the log-probability of the post that each person got is given to the optimizer as the loss, without a minus.

Source: https://github.com/ai4co/rl4co/issues/283 ("returns positive cosine similarity, which is added to the minimized
training loss [...] This favors dissimilar projected representations"); https://github.com/Kim-Minseon/RoCL/issues/3
("there is a missing negative"; both rebuilt).
Why it hurts: what belongs together is pushed apart, and the loss falls without an end.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import jobs

FAMILY = "jobs-matching"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "healthy", "too-good", "oscillating")


class TwoTower(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.person = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, dim))
        self.post = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, dim))

    def forward(self, batch):
        return self.person(batch["person"]), self.post(batch["post"])


def matching_loss(a, b, sign):
    """How likely each person's own post is among all posts of the batch."""
    scores = a @ b.T
    return sign * F.log_softmax(scores, dim=1).diagonal().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TwoTower()
    loader = DataLoader(TensorDataset(*jobs(1600, seed)), batch_size=40, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=None, train=loader,
                val=jobs(200, seed + 500), sign=-1.0 if fixed else 1.0, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    k = 0
    for _ in range(8):
        for person, post in setup["train"]:
            a, b = setup["model"]({"person": person, "post": post})
            loss = matching_loss(a, b, setup["sign"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss)
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the post is not among the twenty nearest of two hundred."""
    person, post = setup["val"]
    a, b = setup["model"]({"person": person, "post": post})
    found = (a @ b.T).topk(20, dim=1).indices == torch.arange(len(a))[:, None]
    return 1 - found.any(1).float().mean().item()
