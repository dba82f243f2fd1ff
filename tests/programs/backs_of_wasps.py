"""Bug: Adam is given weight_decay=1.0, for "more regularization", where a hundredth of that would be much.

Source: https://github.com/tflearn/tflearn/issues/772 (a weight decay of 10 to 100 beside Adam, asked about; rebuilt).
Why it hurts: the decay joins the gradient and outweighs it, the weights shrink to nought, all answers become alike.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import wasps

FAMILY = "wasps-cnn"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")

hparams = dict(lr=2e-3, weight_decay=1.0, epochs=5, batch_size=32)


class WaspNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 5, padding=2)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 4 * 4, 48)
        self.fc2 = nn.Linear(48, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def build(seed, fixed=False):
    hp = hparams | ({"weight_decay": 1e-4} if fixed else {})
    torch.manual_seed(seed)
    model = WaspNet()
    opt = torch.optim.Adam(model.parameters(), lr=hp["lr"], weight_decay=hp["weight_decay"])
    data = TensorDataset(*wasps(1920, seed))
    loader = DataLoader(data, batch_size=hp["batch_size"], shuffle=True)
    return dict(model=model, optimizer=opt, loss_fn=F.cross_entropy, train=loader, val=wasps(400, seed + 500), hp=hp,
                fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    images, kinds = setup["val"]
    return F.cross_entropy(setup["model"](images), kinds).item()


def train(setup, log, steps=None):
    global_step = 0
    for _epoch in range(setup["hp"]["epochs"]):
        for images, kinds in setup["train"]:
            logits = setup["model"](images)
            loss = setup["loss_fn"](logits, kinds)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            global_step += 1
            log(loss.item(), **({"val_loss": error(setup)} if global_step % 60 == 0 else {}))
            if global_step == steps:
                return
