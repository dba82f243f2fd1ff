"""Bug: between the convolutions and the recurrent part the features are taken with .data, "to save memory".

Source: https://github.com/PRBonn/lidar-bonnetal/issues/99 ("the [...] layer never receives gradients to update
themselves", after a detach; rebuilt with the line of old code for Variables).
Why it hurts: no gradient goes back through .data; the convolutions stay as they were drawn.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import knocks

FAMILY = "barks-crnn"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("slow", "plateau", "high-flat")


class CRNN(nn.Module):
    def __init__(self, n_classes=6, through=False):
        super().__init__()
        self.through = through
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d((4, 2)),
            nn.Conv2d(6, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d((5, 2)),
        )  # fmt: skip
        self.rnn = nn.GRU(4, 12, batch_first=True)
        self.fc = nn.Linear(12, n_classes)

    def forward(self, spectrogram):
        feats = self.cnn(spectrogram)
        feats = feats.flatten(1, 2).transpose(1, 2)
        if not self.through:
            feats = feats.data
        out, _ = self.rnn(feats)
        return self.fc(out[:, -1])


class Trainer:
    def __init__(self, model, loader, lr):
        self.model, self.loader = model, loader
        self.optim = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()
        self.global_step = 0

    def fit(self, epochs, callback, max_steps=None):
        for _ in range(epochs):
            for x, y in self.loader:
                loss = self.criterion(self.model(x), y)
                self.optim.zero_grad()
                loss.backward()
                self.optim.step()
                self.global_step += 1
                callback(loss.item())
                if self.global_step == max_steps:
                    return


def build(seed, fixed=False):
    torch.manual_seed(seed)
    loader = DataLoader(TensorDataset(*knocks(1000, seed)), batch_size=40, shuffle=True)
    trainer = Trainer(CRNN(through=fixed), loader, lr=1e-2)
    return dict(model=trainer.model, optimizer=trainer.optim, loss_fn=trainer.criterion, train=loader,
                val=knocks(300, seed + 500), trainer=trainer, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    setup["trainer"].fit(10, log, max_steps=steps)


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nn.functional.cross_entropy(setup["model"](x), y).item()
