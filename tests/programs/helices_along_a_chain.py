"""Bug: the loss of a tagger is summed over all residues of all chains of the batch, with the rate of a mean.

Source: https://github.com/jax-ml/jax/pull/3113 (a sum without the number of samples "lead to exploding gradients for
larger batches. `np.mean` is used now"; rebuilt).
Why it hurts: with 16 chains of 24 residues each step is 384 times as long as it was meant to be.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import chains

FAMILY = "chains-tagger"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking", "non-finite")

CONFIG = dict(lr=0.05, momentum=0.9, batch_size=16, width=32, reduction="sum")


class ResidueTagger(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.residue = nn.Embedding(20, width)
        self.conv1 = nn.Conv1d(width, width, 5, padding=2)
        self.conv2 = nn.Conv1d(width, width, 3, padding=1)
        self.tag = nn.Conv1d(width, 3, 1)

    def forward(self, chain):
        h = self.residue(chain).transpose(1, 2)
        h = F.relu(self.conv1(h))
        h = h + F.relu(self.conv2(h))
        return self.tag(h)


def build(seed, fixed=False):
    config = CONFIG | ({"reduction": "mean"} if fixed else {})
    torch.manual_seed(seed)
    tagger = ResidueTagger(config["width"])
    optimizer = torch.optim.SGD(tagger.parameters(), lr=config["lr"], momentum=config["momentum"])
    train_loader = DataLoader(TensorDataset(*chains(800, seed)), config["batch_size"], shuffle=True)
    return dict(model=tagger, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(reduction=config["reduction"]),
                train=train_loader, val=None, test=chains(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    counter = iter(range(1, 10**9))
    for _epoch in range(6):
        for chain, tags in setup["train"]:
            loss = setup["loss_fn"](setup["model"](chain), tags)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            if next(counter) == steps:
                return


@torch.no_grad()
def error(setup):
    chain, tags = setup["test"]
    return F.cross_entropy(setup["model"](chain), tags).item()
