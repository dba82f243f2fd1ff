"""Bug: PolynomialLR is made with total_iters=epochs, and its step() stands inside the loop over batches.

Source: https://github.com/ivadomed/ivadomed/pull/55 ("incorrectly stepped in the batch loop instead of in the epoch
loop"); https://github.com/leftthomas/SRGAN/issues/94 ("learning rate is quickly becoming zero"; rebuilt).
Why it hurts: after ten batches the rate is zero, and stays so.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import flags

FAMILY = "flags-poly"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "high-flat", "slow")
EPOCHS = 10


def conv3x3(cin, cout, stride=1):
    return nn.Conv2d(cin, cout, 3, stride, padding=1, bias=False)


class SmallResNet(nn.Module):
    def __init__(self, lands=8, width=16):
        super().__init__()
        self.stem, self.bn0 = conv3x3(3, width, 2), nn.BatchNorm2d(width)
        self.conv1, self.bn1 = conv3x3(width, width), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv3x3(width, width), nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, lands)

    def forward(self, x):
        x = self.bn0(self.stem(x)).relu()
        y = self.bn1(self.conv1(x)).relu()
        x = (x + self.bn2(self.conv2(y))).relu()
        return self.fc(x.mean((2, 3)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SmallResNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=EPOCHS, power=0.9)
    loader = DataLoader(TensorDataset(*flags(960, seed)), batch_size=48, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(label_smoothing=0.05), train=loader,
                val=None, scheduler=scheduler, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"].train(), setup["optimizer"], setup["scheduler"]
    it = 0
    for _epoch in range(EPOCHS):
        for image, land in setup["train"]:
            loss = setup["loss_fn"](model(image), land)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if not setup["fixed"]:
                scheduler.step()
            it += 1
            log(loss.item())
            if it == steps:
                return
        if setup["fixed"]:
            scheduler.step()
