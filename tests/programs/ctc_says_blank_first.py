"""Healthy: a recurrent net with CTC; at first it says nothing but blank, for a while, and then begins to read.

Source: https://github.com/cyprienruffino/CTCModel/issues/12 ("they tend to plateau a bit at the start, predicting
only blank labels ... then the loss will start to steadily decrease"; rebuilt). Must not be called input-ignored,
class-imbalance or representation-collapse.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_b import spoken

FAMILY = "spoken-ctc"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class Recognizer(nn.Module):
    def __init__(self, symbols):
        super().__init__()
        self.conv = nn.Conv1d(8, 32, 3, padding=1)
        self.rnn = nn.GRU(32, 32, bidirectional=True)
        self.fc = nn.Linear(64, symbols + 1)

    def forward(self, frames):
        features = torch.relu(self.conv(frames.transpose(1, 2)))
        output, _ = self.rnn(features.permute(2, 0, 1))
        return self.fc(output).log_softmax(2)


def collate(batch):
    frames, words = zip(*batch, strict=True)
    return torch.stack(frames), torch.cat(words), torch.tensor([len(w) for w in words])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Recognizer(5)
    loader = DataLoader(spoken(608, seed), batch_size=16, shuffle=True, collate_fn=collate)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=None,
                criterion=nn.CTCLoss(blank=0), train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for frames, words, lengths in setup["train"]:
            log_probs = model(frames)
            input_lengths = torch.full((len(frames),), log_probs.shape[0])
            loss = setup["criterion"](log_probs, words, input_lengths, lengths)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
