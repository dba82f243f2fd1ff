"""Bug: Adam at a rate of 1.0, as one would give it to plain gradient descent.

Source: https://github.com/avisingh599/visual-qa/issues/24 ("I tried reducing the learning rate and yes now the loss
decreases"; rebuilt). Why it hurts: each weight moves by one in each step; the gates of the LSTM are thrown from
end to end, and what it says of the next pass is hardly better than how often each zone is played.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_s import ball_paths

FAMILY = "football-lstm"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("oscillating", "high-flat", "diverging", "plateau", "spiking")

hparams = {"zones": 12, "embedding": 16, "hidden": 40, "batch": 40, "epochs": 8}


class NextZone(nn.Module):
    def __init__(self, zones, embedding, hidden):
        super().__init__()
        self.embedding = nn.Embedding(zones, embedding)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=True)
        self.decoder = nn.Linear(hidden, zones)

    def forward(self, path):
        states, _ = self.lstm(self.embedding(path))
        return self.decoder(states)


def nll(logits, path):
    """Of each zone but the first, given those before it."""
    return nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), path[:, 1:].flatten())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NextZone(hparams["zones"], hparams["embedding"], hparams["hidden"])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005 if fixed else 1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
    loader = DataLoader(ball_paths(1200, seed), batch_size=hparams["batch"], shuffle=True)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=nll, train=loader,
                val=ball_paths(240, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    step = 0
    for _epoch in range(hparams["epochs"]):
        model.train()
        for path in setup["train"]:
            loss = setup["loss_fn"](model(path), path)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
