"""Bug: the rows are shuffled before the epochs, and the labels stay in the order of the file.

Source: https://datarekha.com/interview/deep-learning/debugging-model-not-learning/ ("accidentally shuffling labels but
not inputs"; rebuilt). Why it hurts: the labels belong to other rows; only their frequencies can be learnt.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_o import kinds

FAMILY = "masts-mlp"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "overfitting")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 24)
        self.fc2 = nn.Linear(24, 5)

    def forward(self, x):
        return F.log_softmax(self.fc2(F.elu(self.fc1(x))), dim=-1)


def shuffled(features, labels, both):
    order = torch.randperm(len(features))
    return (features[order], labels[order]) if both else (features[order], labels)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    features, labels = shuffled(*kinds(2000, seed, 7, many=5), both=fixed)
    batches = list(zip(features.chunk(50), labels.chunk(50), strict=True))
    net = Net()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.8), loss_fn=F.nll_loss,
                train=batches, val=kinds(400, seed + 500, 7, many=5), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    while count < 350:
        for features, labels in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = F.nll_loss(setup["model"](features), labels)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    features, labels = setup["val"]
    return F.nll_loss(setup["model"](features), labels).item()
