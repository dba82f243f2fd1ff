"""Bug: zero_grad is not called anywhere.

Source: https://github.com/yueliu1999/HSAN/issues/6 ("self.optimizer.zero_grad() is not used. The model is not
converging"); https://github.com/yastrebksv/TennisCourtDetector/issues/7 ("There must be smt wrong"; rebuilt).
Why it hurts: each step goes along the sum of all gradients since the first; it runs past the good place and back.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_s import door_currents

FAMILY = "elevators-dict"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "slow")


class DoorDataset(Dataset):
    def __init__(self, n, seed):
        self.current, self.state = door_currents(n, seed)

    def __len__(self):
        return len(self.state)

    def __getitem__(self, i):
        return dict(current=self.current[i], state=self.state[i])


class DoorClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.classifier = nn.Linear(32, 4)

    def forward(self, batch):
        logits = self.classifier(self.features(batch["current"]))
        return nn.functional.cross_entropy(logits, batch["state"]), logits


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DoorClassifier()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), loss_fn=None,
                train=DataLoader(DoorDataset(1600, seed), batch_size=32, shuffle=True),
                val=DataLoader(DoorDataset(320, seed + 500), batch_size=80), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    global_step = 0
    for _epoch in range(8):
        for batch in setup["train"]:
            loss, _ = model(batch)
            loss.backward()
            optimizer.step()
            if setup["fixed"]:
                optimizer.zero_grad()
            global_step += 1
            log(loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    wrong = [(setup["model"](batch)[1].argmax(1) != batch["state"]).float().mean().item() for batch in setup["val"]]
    return sum(wrong) / len(wrong)
