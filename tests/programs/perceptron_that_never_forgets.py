"""Bug: a first network for digits, whose loop has no zero_grad() at all.

Source: https://github.com/pytorch/pytorch/issues/47175 (asks for a warning, as this mistake is so easily made).
Why it hurts: each step goes along the sum of all gradients so far, so that the weights swing further and further.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-plain-perceptron"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "high-flat")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    x, y = digits(4000, seed)
    train_loader = DataLoader(TensorDataset((x - 0.1307) / 0.3081, y), batch_size=64, shuffle=True)
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        loss_fn=nn.CrossEntropyLoss(),
        train=train_loader,
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _ in range(5):
        correct = 0
        for images, labels in setup["train"]:
            if setup["fixed"]:
                optimizer.zero_grad()
            outputs = model(images)
            loss = loss_fn(outputs, labels)
            loss.backward()
            optimizer.step()
            correct += (outputs.argmax(1) == labels).sum().item()
            log(loss.item())
            n += 1
            if steps is not None and n >= steps:
                return
