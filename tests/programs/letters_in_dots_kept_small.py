"""Bug: weight_decay=0.3 in Adam, taken over from a recipe that was made for AdamW.

Source: https://github.com/mlfoundations/open_clip/issues/32 ("You also have to be careful to distinguish between when
people say weight decay meaning (weight decay * learning rate) or just straight weight decay"; rebuilt).
Why it hurts: Adam adds 0.3 times the weights to the gradients; soon this is all that counts, and the weights go to 0.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import letters

FAMILY = "fonts-ocr"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")

hparams = dict(lr=3e-3, betas=(0.9, 0.98), batch=48, steps=320)


class DotReader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(32 * 5 * 4, 64), nn.Linear(64, 12)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    reader = DotReader()
    kind = torch.optim.AdamW if fixed else torch.optim.Adam
    optimizer = kind(reader.parameters(), lr=hparams["lr"], betas=hparams["betas"], weight_decay=0.3)
    return dict(model=reader, optimizer=optimizer, loss_fn=F.cross_entropy, train=letters(1600, seed), val=None,
                test=letters(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    images, names = setup["train"]
    for it in range(hparams["steps"]):
        pick = torch.randperm(len(images))[: hparams["batch"]]
        loss = F.cross_entropy(setup["model"](images[pick]), names[pick])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if it + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    images, names = setup["test"]
    return (setup["model"](images).argmax(-1) != names).float().mean().item()
