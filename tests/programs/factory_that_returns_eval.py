"""Bug: the function that makes the model was written for predicting and returns model.eval(); training uses it, too.

Source: https://github.com/wkentaro/pytorch-fcn/issues/57 (trained in eval mode for a part of each epoch).
Why it hurts: the first BatchNorm, which was to scale the raw columns, keeps its mean 0 and variance 1 for ever.
"""

import torch
from torch import nn

from programs.data_a import houses

FAMILY = "batchnorm-on-columns"
ACCEPT = ("train-eval-mode", "unscaled-inputs")
SYMPTOMS = ("slow", "plateau", "high-flat")


class PriceNet(nn.Module):
    def __init__(self, columns=5, width=32):
        super().__init__()
        self.scale = nn.BatchNorm1d(columns)
        self.body = nn.Sequential(
            nn.Linear(columns, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.05)
        )
        self.price = nn.Linear(width, 1)

    def forward(self, x):
        return self.price(self.body(self.scale(x))).squeeze(1)


def make_model(weights=None):
    model = PriceNet()
    if weights is not None:
        model.load_state_dict(weights)
    return model.eval()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, price = houses(3000, seed)
    y = (price.log() - 12) / 0.6
    model = make_model()
    if fixed:
        model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.functional.mse_loss, train=(x, y), val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    x, y = setup["train"]
    for step in range(min(steps or 200, 200)):
        rows = torch.randint(len(x), (64,))
        prediction = model(x[rows])
        loss = setup["loss_fn"](prediction, y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 60 == 0:
            print(f"step {step}: {loss.item():.4f}")
        log(loss.item())
