"""Bug: the recordings lie tower after tower, and the DataLoader is left with shuffle=False.

Source: https://github.com/Deci-AI/super-gradients/issues/416 ("it makes NN see only examples of a single class which
quickly throws it out of the minima"; rebuilt in small).
Why it hurts: for ten steps only one tower is right; the net says its name always, until the next one comes.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import tolls

FAMILY = "tolls-conv"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "high-flat", "diverging")

dataloader_params = {"batch_size": 30, "drop_last": True}
train_params = {"max_epochs": 6, "initial_lr": 0.03, "momentum": 0.9, "nesterov": True}


class TollNet(nn.Module):
    def __init__(self, towers=5):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 12, 9, stride=2, padding=4)
        self.conv2 = nn.Conv1d(12, 24, 5, stride=2, padding=2)
        self.fc1 = nn.Linear(24 * 16, 32)
        self.fc2 = nn.Linear(32, towers)

    def forward(self, wave):
        h = F.relu(self.conv1(wave))
        h = F.relu(self.conv2(h))
        return self.fc2(F.relu(self.fc1(h.flatten(1))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    params = {**dataloader_params, "shuffle": True} if fixed else dataloader_params
    net = TollNet()
    sgd = torch.optim.SGD(net.parameters(), lr=train_params["initial_lr"], momentum=train_params["momentum"],
                          nesterov=train_params["nesterov"])  # fmt: skip
    return dict(model=net, optimizer=sgd, loss_fn=F.cross_entropy, train=DataLoader(TensorDataset(*tolls(1500, seed)),
                **params), val=tolls(400, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    wave, tower = setup["val"]
    return F.cross_entropy(setup["model"](wave), tower).item()


def train(setup, log, steps=None):
    net, opt, n = setup["model"], setup["optimizer"], 0
    for _ in range(train_params["max_epochs"]):
        last = len(setup["train"]) - 1
        for i, (wave, tower) in enumerate(setup["train"]):
            loss = F.cross_entropy(net(wave), tower)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if i == last else {}))
            if n == steps:
                return
