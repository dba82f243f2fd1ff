"""Bug: ReduceLROnPlateau was made with mode="max" for the accuracy, and gets the validation loss.

Source: https://github.com/FunctionLab/selene/issues/115 ("reduces LR when the maximum loss is not increased [...] the
mode was not switched from `max` to `min`"; rebuilt).
Why it hurts: the better the loss, the smaller the rate; after some epochs nothing moves.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from programs.data_h import complaints

FAMILY = "complaints-bilstm"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class BiLSTM(nn.Module):
    def __init__(self, vocab_size=62, embedding_dim=16, hidden_dim=24, tagset_size=4):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, bidirectional=True, batch_first=True)
        self.hidden2tag = nn.Linear(2 * hidden_dim, tagset_size)

    def forward(self, sentence):
        lstm_out, _ = self.lstm(self.word_embeddings(sentence))
        return self.hidden2tag(lstm_out.masked_fill((sentence == 0).unsqueeze(2), -1.0).amax(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BiLSTM()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    scheduler = ReduceLROnPlateau(optimizer, mode="min" if fixed else "max", factor=0.3, patience=1)
    train_loader = DataLoader(TensorDataset(*complaints(800, seed, own=0.25)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(*complaints(200, seed + 500, own=0.25)), batch_size=100)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.CrossEntropyLoss(),
                train=train_loader, val=val_loader, fixed=fixed)  # fmt: skip


def validate(setup):
    model = setup["model"].eval()
    with torch.no_grad():
        found = [setup["loss_fn"](model(sentence), tag).item() for sentence, tag in setup["val"]]
    model.train()
    return sum(found) / len(found)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(12):
        for sentence, tag in setup["train"]:
            model.zero_grad()
            loss = criterion(model(sentence), tag)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["scheduler"].step(validate(setup))


def error(setup):
    return validate(setup)
