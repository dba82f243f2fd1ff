"""Bug: the hours lie in the second dimension of the batch, and the GRU was made without batch_first=True.

Source: https://taourl.com/read-2624309.html ("the RNN processes the data in an unintended order"; rebuilt);
https://discuss.pytorch.org/t/lstm-change-batch-first-true-loss-does-not-decrease/62364 is akin.
Why it hurts: it reads along the batch, so that each place is told of others, and sees only its own last hour.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import fog

FAMILY = "fog-gru"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class FogForecast(nn.Module):
    def __init__(self, n_features=3, hidden=32, **kwargs):
        super().__init__()
        self.rnn = nn.GRU(n_features, hidden, **kwargs)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _h = self.rnn(x)
        return self.fc(out[:, -1]).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    extra = {"batch_first": True} if fixed else {}
    model = FogForecast(**extra)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    train_loader = DataLoader(TensorDataset(*fog(2000, seed)), batch_size=40, shuffle=True)
    val_loader = DataLoader(TensorDataset(*fog(400, seed + 500)), batch_size=40)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=train_loader, val=val_loader, fixed=fixed)


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](x), y) for x, y in setup["val"]]
    return torch.stack(losses).mean().item()


def train(setup, log, steps=None):
    model, optimizer, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    for _epoch in range(6):
        for hours, sight in setup["train"]:
            optimizer.zero_grad()
            loss = mse(model(hours), sight)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            count += 1
            log(loss.item(), **({"val_loss": error(setup)} if count % 50 == 0 else {}))
            if count == steps:
                return
