"""Bug: the net ends with log_softmax(dim=0), which is over the headlines of a batch, not over the classes.

Source: https://github.com/fxia22/pointnet.pytorch/issues/27 (log_softmax with dim=0, the dimension of the batch;
rebuilt). Why it hurts: for each class the headlines of the batch compete with each other, so that the loss cannot
sink below the logarithm of how many share a class; and a headline alone gets the same number for each class.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import accuracy_error, padded, reviews

FAMILY = "news-cnn"
ACCEPT = ("batch-mixing", "wrong-loss")
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy")
TOPICS = 5


class HeadlineCNN(nn.Module):
    def __init__(self, dim, words=62, size=24, filters=20):
        super().__init__()
        self.dim = dim
        self.embed = nn.Embedding(words, size, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(size, filters, width, padding="same") for width in (1, 3))
        self.drop, self.out = nn.Dropout(0.2), nn.Linear(2 * filters, TOPICS)

    def forward(self, tokens):
        h = self.embed(tokens).transpose(1, 2)
        h = torch.cat([F.relu(conv(h)).amax(2) for conv in self.convs], dim=1)
        return F.log_softmax(self.out(self.drop(h)), dim=self.dim)


def headlines(n, seed):
    texts, topics = reviews(n, seed, classes=TOPICS)
    return padded(texts, 24), topics


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = HeadlineCNN(dim=1 if fixed else 0)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.NLLLoss(), fixed=fixed, train=None,
                texts=headlines(1500, seed), val=headlines(400, seed + 50))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (tokens, topics) = setup["model"], setup["optimizer"], setup["texts"]
    done = 0
    while done < (steps or 260):
        order = torch.randperm(len(tokens))
        for start in range(0, len(order) - 49, 50):
            rows = order[start : start + 50]
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(tokens[rows]), topics[rows])
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == (steps or 260):
                break


@torch.no_grad()
def error(setup):
    """The share of wrong topics, a headline at a time, as it is used."""
    model, (tokens, topics) = setup["model"].eval(), setup["val"]
    return accuracy_error(torch.cat([model(one) for one in tokens.split(1)]), topics)
