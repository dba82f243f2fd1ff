"""Healthy: a U-Net trained by cross entropy plus Dice, with a plateau rule for the rate that looks at the validation.

Source: https://github.com/milesial/Pytorch-UNet/issues/378 (a loop of this kind: zero_grad after the forward pass).
Nothing to mend.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import shapes

FAMILY = "shapes-unet-multiclass"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def double(n_in, n_out):
    layers = [nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(n_out, n_out, 3, padding=1), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, classes=2):
        super().__init__()
        self.enc1, self.enc2, self.mid = double(1, 6), double(6, 12), double(12, 16)
        self.dec2, self.dec1, self.out = double(28, 12), double(18, 6), nn.Conv2d(6, classes, 1)

    def forward(self, x):
        a = self.enc1(x)
        b = self.enc2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        b = self.dec2(torch.cat([b, F.interpolate(c, scale_factor=2.0)], 1))
        return self.out(self.dec1(torch.cat([a, F.interpolate(b, scale_factor=2.0)], 1)))


def combined(logits, mask):
    p, truth = logits.softmax(1), F.one_hot(mask, 2).permute(0, 3, 1, 2).float()
    overlap, size = (p * truth).sum((0, 2, 3)), (p + truth).sum((0, 2, 3))
    return F.cross_entropy(logits, mask) + 1 - ((2 * overlap + 1) / (size + 1)).mean()


def load(n, seed):
    x, mask, _ = shapes(n, seed)
    return TensorDataset(x, (mask > 0).long())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = UNet()
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
    setup = dict(model=model, optimizer=opt, scheduler=ReduceLROnPlateau(opt, "min", patience=2), loss_fn=combined)
    setup["train"] = DataLoader(load(480, seed), batch_size=12, shuffle=True)
    return setup | {"val": DataLoader(load(60, seed + 6), batch_size=30), "fixed": fixed}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(3):
        model.train()
        for image, mask in setup["train"]:
            loss = setup["loss_fn"](model(image), mask)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 1.0)
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            setup["scheduler"].step(sum(float(setup["loss_fn"](model(x), y)) for x, y in setup["val"]))
