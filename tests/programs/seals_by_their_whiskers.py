"""Bug: the validation after the first epoch sets the net to eval(), and nothing sets it back to train().

Source: https://github.com/shubhamagarwal92/mmd/issues/14 ("once evaluate called, dropout will be disabled");
https://github.com/fartashf/vsepp/issues/4 (the same; rebuilt).
Why it hurts: from the second epoch on nothing is dropped; a wide net learns its few seals by heart.
"""

import torch
from torch import nn

from programs.data_n import seals

FAMILY = "seals-dropout"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("overfitting",)


class WhiskerNet(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.drop_in, self.drop = nn.Dropout(0.2), nn.Dropout(p)
        self.fc1, self.fc2, self.fc3 = nn.Linear(30, 128), nn.Linear(128, 128), nn.Linear(128, 5)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(self.drop_in(x))))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.fc3(x)


class Trainer:
    def __init__(self, net, optimizer, criterion, back_to_train):
        self.net, self.optimizer, self.criterion = net, optimizer, criterion
        self.back_to_train = back_to_train

    def fit_batch(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.net(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def evaluate(self, x, y):
        self.net.eval()
        with torch.no_grad():
            loss = self.criterion(self.net(x), y).item()
        if self.back_to_train:
            self.net.train()
        return loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = WhiskerNet()
    optimizer, criterion = torch.optim.Adam(net.parameters(), lr=1e-3), nn.CrossEntropyLoss()
    return dict(model=net, optimizer=optimizer, loss_fn=criterion, train=seals(400, seed), val=seals(400, seed + 500),
                trainer=Trainer(net, optimizer, criterion, back_to_train=fixed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    trainer, (x, y) = setup["trainer"], setup["train"]
    setup["model"].train()
    step = 0
    for _epoch in range(30):
        batches = torch.randperm(len(x)).split(20)
        for k, rows in enumerate(batches, start=1):
            loss = trainer.fit_batch(x[rows], y[rows])
            step += 1
            if k == len(batches):
                log(loss, val_loss=trainer.evaluate(*setup["val"]))
            else:
                log(loss)
            if step == steps:
                return


def error(setup):
    return setup["trainer"].evaluate(*setup["val"])
