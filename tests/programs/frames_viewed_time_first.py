"""Bug: the LSTM wants time first, and the features of a clip's frames are brought to that shape by view, not transpose.

Source: https://github.com/HHTseng/video-classification/issues/42 (view and transpose give the same shape, and
view mixes the clips; rebuilt in own words). Why it hurts: what the LSTM reads as one clip are frames of several clips.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_d import clips

FAMILY = "clips-cnn-lstm"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class FrameEncoder(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 6, 3, stride=2), nn.ReLU(), nn.Conv2d(6, 12, 3, stride=2), nn.ReLU(), nn.Flatten()
        )
        self.out = nn.Linear(48, width)

    def forward(self, x):
        return self.out(self.net(x))


class ClipClassifier(nn.Module):
    def __init__(self, classes=4, width=24, transpose=False):
        super().__init__()
        self.encoder, self.lstm = FrameEncoder(width), nn.LSTM(width, 32)
        self.head, self.transpose = nn.Linear(32, classes), transpose

    def forward(self, clip):
        batch, time = clip.shape[:2]
        frames = self.encoder(clip.flatten(0, 1))
        by_time = frames.view(batch, time, -1).transpose(0, 1) if self.transpose else frames.view(time, batch, -1)
        out, _ = self.lstm(by_time)
        return self.head(out[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ClipClassifier(transpose=fixed)
    train = DataLoader(TensorDataset(*clips(320, seed)), batch_size=20, shuffle=True)
    val = DataLoader(TensorDataset(*clips(120, seed + 30)), batch_size=60)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=train, val=val, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _ in range(6):
        for clip, label in setup["train"]:
            loss = setup["loss_fn"](model(clip), label)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
