"""Healthy: leaves are turned, brightened and partly erased, labels are smoothed, units dropped; for training only.

Source: https://github.com/ultralytics/yolov5/issues/1879 (the validation loss is lower than the training loss:
"Augmentation"). Why it looks ill: the training loss stays high and noisy, above the loss of the held-out leaves.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_f import leaves

FAMILY = "erased-patches"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")


class Leaves(Dataset):
    def __init__(self, n, seed, augmented):
        self.x, self.y = leaves(n, seed)
        self.augmented = augmented

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.augmented:
            turns, flip, row, col = torch.randint(0, 12, (4,)).tolist()
            x = torch.rot90(x, turns % 4, (1, 2)) * (0.6 + 0.8 * torch.rand(1).item())
            x = x.flip(2) if flip % 2 else x.clone()
            x[:, row : row + 5, col : col + 5] = 0.0
        return x, self.y[i]


def small_cnn():
    first = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.3), nn.Linear(512, 4))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = small_cnn()
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=2e-3), val=leaves(300, seed + 500),
                loss_fn=nn.CrossEntropyLoss(label_smoothing=0.1), fixed=fixed,
                train=DataLoader(Leaves(1000, seed, augmented=True), batch_size=25, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    net, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        net.train()
        for i, (x, y) in enumerate(setup["train"]):
            opt.zero_grad()
            loss = setup["loss_fn"](net(x), y)
            loss.backward()
            opt.step()
            n += 1
            if i + 1 < len(setup["train"]):
                log(loss.item())
            else:
                net.eval()
                with torch.no_grad():
                    log(loss.item(), val_loss=F.cross_entropy(net(setup["val"][0]), setup["val"][1]).item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return (setup["model"].eval()(setup["val"][0]).argmax(1) != setup["val"][1]).float().mean().item()
