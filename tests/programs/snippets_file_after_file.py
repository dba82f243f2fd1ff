"""Bug: the texts of each language stand in a file of their own, the files are read one after the other, shuffle is off.

Source: https://github.com/Deci-AI/super-gradients/issues/416 ("it makes NN see only examples of a single class which
quickly throws it out of the minima. Passing shuffle=True to the dataloader params solves the issue"; rebuilt).
Why it hurts: for sixteen steps each answer is the same; the net learns to say it, and forgets the others.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import snippets

FAMILY = "snippets-tongues"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "overfitting", "plateau", "slow", "diverging")


class LanguageDetector(nn.Module):
    def __init__(self, n_letters=20, n_languages=4):
        super().__init__()
        self.emb = nn.Embedding(n_letters, 12)
        self.conv = nn.Conv1d(12, 32, 3)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(32, n_languages)

    def forward(self, text):
        h = torch.relu(self.conv(self.emb(text).transpose(1, 2)))
        return self.out(self.drop(h.mean(2)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = LanguageDetector()
    loader = DataLoader(TensorDataset(*snippets(2048, seed)), batch_size=32, shuffle=fixed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.5)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=snippets(400, seed + 500), fixed=fixed)  # fmt: skip


def train_one_epoch(setup):
    setup["model"].train()
    for text, language in setup["train"]:
        loss = setup["loss_fn"](setup["model"](text), language)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        yield loss.item()


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for loss in train_one_epoch(setup):
            log(loss)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    text, language = setup["val"]
    return (setup["model"].eval()(text).argmax(1) != language).float().mean().item()
