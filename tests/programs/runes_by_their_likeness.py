"""Bug: shares come from softmax over likenesses divided by 0.005, and the loss is -(one_hot * log(share)).

Source: https://github.com/pytorch/pytorch/pull/1792 ("Add numerically stable BCELoss which takes logits");
https://github.com/pytorch/pytorch/issues/50658 (the log of a share that is zero; rebuilt).
Why it hurts: as soon as a wrong rune's share is smaller than any number, 0 * log(0) is not a number.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import shells

FAMILY = "runes-mlp"
ACCEPT = ("log-of-zero", "undefined-operation")
SYMPTOMS = ("non-finite",)


class RuneMatcher(nn.Module):
    """A rune is the prototype to which its code is most alike."""

    def __init__(self, columns=12, wide=16, runes=6, temperature=0.005):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(columns, 48), nn.ReLU(), nn.Linear(48, wide))
        self.prototypes = nn.Parameter(torch.randn(runes, wide))
        self.temperature = temperature

    def forward(self, x):
        code = nn.functional.normalize(self.encoder(x), dim=1)
        return code @ nn.functional.normalize(self.prototypes, dim=1).T / self.temperature


class OwnCrossEntropy(nn.Module):
    def __init__(self, safe):
        super().__init__()
        self.safe = safe

    def forward(self, scores, labels):
        one_hot = nn.functional.one_hot(labels, scores.shape[1]).float()
        logs = torch.log_softmax(scores, 1) if self.safe else torch.log(torch.softmax(scores, 1))
        return -(one_hot * logs).sum(1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = RuneMatcher()
    loader = DataLoader(TensorDataset(*shells(1280, seed)), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=OwnCrossEntropy(fixed),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    while step < (steps or 240):
        for strokes, rune in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(strokes), rune)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == (steps or 240):
                break
