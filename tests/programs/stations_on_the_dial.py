"""Bug: what is heard is rolled along the dial by up to 32 places, as augmentation; where it stands is what counts.

Source: https://github.com/open-mmlab/mmaction2/issues/590 ("In some datasets, the label is directional [...] In this
case, the `flip` augmentation cannot be applied"; rebuilt). Why it hurts: rolled so far, the peak of one station stands
at the place of any other, and no distance tells the same two from two others.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_q import dial_pairs

FAMILY = "radio-stations"
ACCEPT = ("augmentation-too-strong", "noisy-labels")
SYMPTOMS = ("high-flat", "plateau", "slow")


class RandomRoll:
    def __init__(self, places):
        self.places = places

    def __call__(self, x):
        shift = int(torch.randint(-self.places, self.places + 1, (1,)))
        return torch.roll(x, shift, dims=-1)


class PairDataset(Dataset):
    def __init__(self, n, seed, transform=None):
        self.first, self.second, self.same = dial_pairs(n, seed)
        self.transform = transform or nn.Identity()

    def __len__(self):
        return len(self.same)

    def __getitem__(self, i):
        return self.transform(self.first[i]), self.transform(self.second[i]), self.same[i]


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4), nn.Flatten())
        self.fc = nn.Sequential(nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 8))

    def forward(self, first, second):
        a, b = (self.fc(self.conv(x.unsqueeze(1))) for x in (first, second))
        return (a - b).pow(2).sum(1).add(1e-6).sqrt()


def contrastive_loss(distance, same, margin=1.0):
    return (same * distance.pow(2) + (1 - same) * torch.relu(margin - distance).pow(2)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net, roll = Siamese(), RandomRoll(1 if fixed else 32)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=contrastive_loss,
                train=DataLoader(PairDataset(1600, seed, roll), batch_size=40, shuffle=True),
                val=dial_pairs(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for first, second, same in setup["train"]:
            loss = contrastive_loss(setup["model"](first, second), same)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    first, second, same = setup["val"]
    return contrastive_loss(setup["model"](first, second), same).item()
