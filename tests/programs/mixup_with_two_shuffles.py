"""Bug: mixup shuffles the pictures and the labels each with a permutation of its own.

Source: https://github.com/xudonmao/VMT/issues/1 (different combinations for labels and images; rebuilt). Why it
hurts: the second half of each label belongs to a picture that is not in the mix.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-mixup"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("plateau", "slow")


class Mixup:
    def __init__(self, alpha, classes, same):
        self.beta, self.eye, self.same = torch.distributions.Beta(alpha, alpha), torch.eye(classes), same

    def __call__(self, x, y):
        share, labels = self.beta.sample(), self.eye[y]
        order = torch.randperm(len(x))
        mixed = share * x + (1 - share) * x[order]
        if not self.same:
            order = torch.randperm(len(x))
        return mixed, share * labels + (1 - share) * labels[order]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    conv = [nn.Conv2d(1, 12, 5, stride=2), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2)]
    model = nn.Sequential(*conv, nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(), nn.Linear(600, 10))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    setup = dict(model=model, optimizer=opt, mixup=Mixup(1.0, 10, same=fixed), loss_fn=nn.CrossEntropyLoss())
    setup["train"] = DataLoader(TensorDataset(*digits(2500, seed)), batch_size=50, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(*digits(400, seed, train=False)), batch_size=200), "fixed": fixed}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            x, labels = setup["mixup"](x, y)
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), labels)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
