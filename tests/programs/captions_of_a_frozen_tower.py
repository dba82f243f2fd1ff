"""Healthy: pictures learn to meet their captions, whose tower is frozen; the loss begins at log 32 and ends far from 0.

Source: rebuilt from experience (locked text towers, as in https://arxiv.org/abs/2111.07991, there with locked images).
Nothing to mend: the text tower has no gradient by design, and pictures of a batch that share a caption are a guess.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_e import arrows

FAMILY = "arrows-clip"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "high-flat")


class Captioned(Dataset):
    """An arrow, and a caption of two words: where it points to (0 to 3), and where it is (4 to 7)."""

    def __init__(self, n, seed):
        self.pictures, way, quarter = arrows(n, seed)
        self.captions = torch.stack([way, 4 + quarter], dim=1)

    def __len__(self):
        return len(self.captions)

    def __getitem__(self, i):
        return {"image": self.pictures[i], "text": self.captions[i]}


class Towers(nn.Module):
    def __init__(self, size=24):
        super().__init__()
        layers = [nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3, padding=1)]
        self.image = nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveMaxPool2d(3), nn.Flatten(), nn.Linear(216, size))
        self.text = nn.Sequential(nn.Embedding(8, size), nn.Flatten(), nn.Linear(2 * size, size))
        self.text.requires_grad_(False)
        self.log_scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, batch):
        image = F.normalize(self.image(batch["image"]), dim=1)
        text = F.normalize(self.text(batch["text"]), dim=1)
        return self.log_scale.clamp(max=4.0).exp() * image @ text.T


def clip_loss(logits):
    own = torch.arange(len(logits))
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Towers()
    trained = [p for p in model.parameters() if p.requires_grad]
    return dict(model=model, optimizer=torch.optim.AdamW(trained, lr=5e-3), loss_fn=clip_loss, fixed=fixed,
                train=DataLoader(Captioned(1280, seed), batch_size=32, shuffle=True, drop_last=True),
                val=Captioned(300, seed + 50)[:])  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the nearest caption is not the picture's own, or a copy of it."""
    nearest = setup["val"]["text"][setup["model"](setup["val"]).argmax(1)]
    return (nearest != setup["val"]["text"]).any(1).float().mean()
