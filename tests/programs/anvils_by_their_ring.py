"""Bug: a GRU listens to anvils; RMSprop got lr=0.1, the rate of an old script with SGD.

Source: https://github.com/guillaumegenthial/sequence_tagging/issues/47 ("when I use lr = 0.001 in my model, there is no
problem; but lr = 0.01 or 0.1, the train loss decrease first and then increase"; rebuilt).
Why it hurts: RMSprop moves every weight by about the rate; the gates saturate in the first steps.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import anvils

FAMILY = "anvils-rmsprop"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "spiking", "diverging")
CONFIG = {"hidden": 40, "batch_size": 32, "epochs": 7, "optimizer": "RMSprop", "lr": 0.1, "frame": 4}


class AnvilRNN(nn.Module):
    def __init__(self, cfg, makers=5):
        super().__init__()
        self.frame = cfg["frame"]
        self.rnn = nn.GRU(self.frame, cfg["hidden"], batch_first=True)
        self.fc = nn.Linear(cfg["hidden"], makers)

    def forward(self, x):
        _, h = self.rnn(x.reshape(len(x), -1, self.frame))
        return self.fc(h[-1])


class Trainer:
    def __init__(self, cfg, train_set, val_set):
        self.cfg = cfg
        self.model = AnvilRNN(cfg)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = getattr(torch.optim, cfg["optimizer"])(self.model.parameters(), lr=cfg["lr"])
        self.loader = DataLoader(train_set, cfg["batch_size"], shuffle=True)
        self.val_set = val_set

    def fit(self, on_step):
        for _ in range(self.cfg["epochs"]):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                if on_step(loss.item()):
                    return

    @torch.no_grad()
    def validate(self):
        x, y = self.val_set
        return self.criterion(self.model(x), y).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = CONFIG | ({"lr": 2e-3} if fixed else {})
    trainer = Trainer(cfg, TensorDataset(*anvils(1280, seed)), anvils(400, seed + 500))
    return dict(model=trainer.model, optimizer=trainer.optimizer, loss_fn=trainer.criterion, train=trainer.loader,
                val=None, trainer=trainer, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = [0]

    def on_step(loss):
        log(loss)
        count[0] += 1
        return count[0] == steps

    setup["trainer"].fit(on_step)


def error(setup):
    return setup["trainer"].validate()
