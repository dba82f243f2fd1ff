"""What to change, as a line of plain torch; for each cause, in case the words of the catalogue are not enough."""

from __future__ import annotations

from lossbook.causes import CAUSES

#: key of the cause -> the line as it should be
LINES: dict[str, str] = {
    # data
    "unscaled-inputs": "x = (x - train_mean) / train_std  # the same two numbers for training and validation",
    "preprocessing-mismatch": "valid_set = MyDataset(valid_files, transform=same_transform)  # as in training",
    "augmentation-too-strong": "transform = transforms.RandomRotation(10)  # look at what comes out: can you tell it?",
    "duplicated-augmentation": "rng = np.random.default_rng(torch.initial_seed())  # in each worker",
    "data-not-shuffled": "loader = DataLoader(data, batch_size=64, shuffle=True)",
    "nonfinite-inputs": "x = torch.nan_to_num(x, posinf=0.0, neginf=0.0)  # or drop the row; find where it comes from",
    "same-batch-repeated": "for x, y in loader:  # not x, y = next(iter(loader)) in each step",
    "data-changed-in-place": "x = x / 255  # not x /= 255, which changes the stored data",
    # targets
    "labels-misaligned": "order = torch.randperm(len(x)); x, y = x[order], y[order]  # one order for both",
    "noisy-labels": "loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)  # and look at the examples that cost most",
    "class-imbalance": "loss_fn = nn.CrossEntropyLoss(weight=counts.sum() / (len(counts) * counts))",
    "target-leak": "loss = loss_fn(model(ids[:, :-1]), ids[:, 1:])  # the inputs end before what is asked",
    "degenerate-targets": "assert y.unique().numel() > 1  # and then find out where they became the same",
    "unscaled-targets": "y = (y - train_y.mean()) / train_y.std()  # and scale the predictions back",
    # model
    "unregistered-layers": "self.layers = nn.ModuleList(layers)  # not a Python list",
    "graph-detached": "h = self.encoder(x)  # no .detach(), .data, .item() or torch.no_grad() on the way to the loss",
    "output-activation-mismatch": "return self.last(h)  # no activation that cannot reach the targets",
    "batch-mixing": "x = x.flatten(1)  # keeps the axis of the examples; view(-1, n) and permute may not",
    "missing-nonlinearity": "nn.Sequential(nn.Linear(n, h), nn.ReLU(), nn.Linear(h, k))  # none at the end",
    "capacity-too-small": "nn.Linear(n, 256)  # wider layers, or one more",
    "input-ignored": "return self.head(h)  # the tensor that was computed from x",
    "weights-not-loaded": "model.load_state_dict(state, strict=True)  # after the prefix is taken off its keys",
    "representation-collapse": "z = F.normalize(model(x), dim=1)  # and other pairs than the hardest",
    # signals
    "symmetric-init": "nn.init.kaiming_normal_(layer.weight)  # not zeros, not a constant",
    "bad-init-scale": "nn.init.kaiming_normal_(layer.weight); nn.init.zeros_(layer.bias)",
    "vanishing-gradients": "nn.ReLU()  # in the place of nn.Sigmoid() between layers; or residual connections",
    "exploding-gradients": "nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # between backward() and step()",
    "dead-relu": "nn.LeakyReLU(0.01)  # or a lower learning rate, and nn.init.kaiming_normal_",
    "saturated-activations": "nn.init.xavier_normal_(layer.weight)  # and inputs of mean 0 and deviation 1",
    # objective
    "loss-sign-flipped": "loss.backward()  # not (-loss).backward(), and no minus in a loss that has its own",
    "softmax-before-cross-entropy": "loss = F.cross_entropy(logits, y)  # no softmax or sigmoid before it",
    "probabilities-into-nll": "loss = F.nll_loss(F.log_softmax(logits, 1), y)",
    "log-of-zero": "loss = F.binary_cross_entropy_with_logits(logits, y)  # or cross_entropy; no log of your own",
    "wrong-loss": "loss = F.cross_entropy(logits, y)  # one class; of several binary_cross_entropy_with_logits",
    "sum-reduction": "loss_fn = nn.CrossEntropyLoss(reduction='mean')",
    "broadcast-loss": "loss = loss_fn(output.squeeze(1), y)  # both of one shape",
    "wrong-metric": "accuracy = (logits.argmax(1) == y).float().mean()",
    "loss-term-lost": "loss = loss + weight * other  # +=, not =, and one backward() on the sum",
    "loss-terms-unbalanced": "loss = a.mean() + weight * b.mean()  # one reduction, comparable sizes",
    "undefined-operation": "torch.sqrt(x + 1e-8)  # an epsilon within; where() around the argument; no row all masked",
    # step size and optimiser
    "lr-too-high": "optimizer = torch.optim.Adam(model.parameters(), lr=lr / 10)",
    "lr-too-low": "optimizer = torch.optim.Adam(model.parameters(), lr=lr * 10)  # lossbook.lr_range_test says how far",
    "schedule-decays-too-early": "scheduler = CosineAnnealingLR(optimizer, T_max=all_steps)  # in calls of step()",
    "no-warmup": "scheduler = LinearLR(optimizer, start_factor=0.01, total_iters=warmup_steps)",
    "momentum-too-high": "optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)",
    "adam-eps": "optimizer = torch.optim.Adam(model.parameters(), lr=lr, eps=1e-8)",
    "adam-betas": "optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.999))",
    "batch-too-small": "loader = DataLoader(data, batch_size=64, shuffle=True)  # or add up gradients, or a lower rate",
    "low-precision": "with torch.autocast(device, dtype=torch.bfloat16):  # or scaler.scale(loss).backward()",
    # regularisation
    "weight-decay-too-strong": "optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)",
    "dropout-too-high": "nn.Dropout(0.1)",
    "overfitting": "optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1)  # or more data, or stop",
    # loop
    "missing-zero-grad": "optimizer.zero_grad()  # in each step, before loss.backward()",
    "parameters-not-optimized": "optimizer = torch.optim.Adam(model.parameters(), lr=lr)  # after the model is final",
    "train-eval-mode": "model.train()  # before training; model.eval() before validation",
    "state-reset": "optimizer = torch.optim.Adam(model.parameters())  # once, before the loop",
    "gradients-cleared-early": "optimizer.zero_grad(); loss.backward(); optimizer.step()  # in this order",
    "loss-misreported": "total = 0.0  # at the start of each epoch; total / batches at its end",
}


def line_of(cause: str) -> str:
    """The line as it should be; of a cause that has none, the words of the catalogue.

    >>> line_of("missing-zero-grad")
    'optimizer.zero_grad()  # in each step, before loss.backward()'
    """
    return LINES.get(cause, CAUSES[cause].fix)
