"""Words of the case files that no table of the package has: titles of pages, and what people type into a search."""

from __future__ import annotations

import re

#: a family of causes -> the title of its page
TITLES = {
    "data": "inputs and their preparation",
    "batches": "how batches are read",
    "targets": "targets",
    "labels": "labels",
    "model": "the structure of the model",
    "representation": "inputs ignored, outputs collapsed, weights not loaded",
    "signals": "first weights and signals",
    "objective": "the loss and the metric",
    "terms": "terms and operations of the loss",
    "step_size": "the step size",
    "optimizer": "the optimiser",
    "regularization": "regularisation",
    "loop": "the training loop",
}

#: code of a symptom -> what people call it, and the numbers that they see
SYMPTOM_WORDS = {
    "high-flat": (
        "loss not decreasing, loss stuck, loss constant, loss does not change, not learning, accuracy stuck at chance, "
        "2.30, 2.303, 2.3026 or ln(10) with ten classes, 0.693 or ln(2) with two, 1.0986 or ln(3) with three, "
        "4.605 or ln(100) with a hundred, 6.908 or ln(1000) with a thousand"
    ),
    "oscillating": "loss fluctuates, loss goes up and down, loss jumps, noisy loss, unstable training, zigzag",
    "diverging": "loss increases, loss explodes, loss goes up, loss grows, divergence",
    "plateau": "loss stops decreasing, loss stalls, loss saturates, stuck after a few epochs",
    "non-finite": (
        "loss is nan, loss becomes nan, nan loss, inf, infinity, NaN after a few steps, torch.isnan, "
        "torch.autograd.set_detect_anomaly, detect_anomaly, returned nan values in its 0th output"
    ),
    "overfitting": (
        "validation loss increases, val loss not decreasing, training loss falls and validation loss does not"
    ),
    "slow": "loss decreases very slowly, slow convergence, training takes for ever",
    "spiking": "loss spikes, sudden spike, spikes in the training loss",
    "too-good": "loss is zero, loss 0.0, accuracy 100 %, too good to be true, leakage, data leak",
    "healthy": "loss falls but accuracy does not change, accuracy constant, normal loss curve, is my loss curve normal",
}

#: key of a cause -> what people type who have it
CAUSE_WORDS = {
    "unscaled-inputs": "normalize, normalise, pixels 0 to 255, divide by 255, ToTensor, StandardScaler, 2.303",
    "preprocessing-mismatch": "different transforms, Normalize mean std, validation accuracy low, test transform",
    "augmentation-too-strong": "RandomErasing, RandomCrop, RandomRotation, too much augmentation",
    "data-not-shuffled": "shuffle=False, sorted by class, loss periodic, loss repeats every epoch",
    "duplicated-augmentation": (
        "np.random in workers, worker_init_fn, num_workers, same random numbers, identical augmentation"
    ),
    "nonfinite-inputs": "nan in data, missing values, isnan, isfinite, pandas NaN, division by zero std, nan loss",
    "same-batch-repeated": "next(iter(loader)), always the same batch",
    "data-changed-in-place": "in-place, x /= 255, __getitem__ modifies the data, copy, torch.from_numpy shares memory",
    "target-leak": "data leakage, causal mask, label in the inputs, shift labels, loss near zero, mask",
    "degenerate-targets": (
        "all labels the same, ToTensor on mask, label / 255, targets all zero, ignore_index everywhere"
    ),
    "unscaled-targets": "regression loss huge, MSE in the thousands, scale the target, standardize y",
    "labels-misaligned": "shuffled labels, images and labels do not match, off by one, sort order, 2.303",
    "noisy-labels": "wrong labels, label noise, annotation errors",
    "class-imbalance": "imbalanced data, predicts the majority class, pos_weight, always the same prediction",
    "unregistered-layers": "list of layers, nn.ModuleList, parameters() empty, optimizer got an empty parameter list",
    "graph-detached": "detach, .data, .item(), no_grad, grad is None, does not require grad, grad_fn",
    "output-activation-mismatch": "sigmoid output, tanh output, ReLU on the last layer, cannot predict negative values",
    "batch-mixing": "view, reshape, permute, transpose, batch_first, BatchNorm over the wrong axis",
    "missing-nonlinearity": "no activation, linear layers in a row, ReLU on logits",
    "capacity-too-small": "model too small, underfitting, not enough parameters",
    "input-ignored": "mask, attention mask, padding mask, key_padding_mask, mask inverted, same output for every input",
    "representation-collapse": (
        "triplet loss stuck at the margin, embeddings all the same, contrastive loss ln(N), collapse"
    ),
    "weights-not-loaded": "load_state_dict, strict=False, missing keys, unexpected keys, module. prefix, DataParallel",
    "symmetric-init": "weights initialised to zero, nn.init.zeros_, constant init, 2.303",
    "bad-init-scale": "initialisation, weights too large, std=1, Xavier, He, kaiming",
    "vanishing-gradients": "sigmoid, deep network, gradient is zero, gradients vanish, 2.303",
    "exploding-gradients": "gradient norm huge, clip_grad_norm_, RNN, nan after some steps",
    "dead-relu": "dying ReLU, all activations zero, all outputs the same, 2.303",
    "saturated-activations": "tanh saturated, sigmoid saturated, activations at 1 and -1",
    "loss-sign-flipped": "negative loss, loss goes to minus infinity, maximise, minus sign, gradient ascent",
    "softmax-before-cross-entropy": "softmax and CrossEntropyLoss, softmax twice, loss stuck at 1.46, 2.30, 0.693",
    "probabilities-into-nll": "NLLLoss negative loss, log_softmax, NLLLoss with softmax",
    "log-of-zero": "log(0), BCELoss nan, BCEWithLogitsLoss, torch.log(softmax), -inf, nan, detect_anomaly",
    "wrong-loss": "MSE for classification, which loss function, CrossEntropyLoss with one output, loss 0.0, 0.693",
    "sum-reduction": "reduction='sum', loss in the hundreds, loss depends on the batch size",
    "broadcast-loss": (
        "target size different to the input size, UserWarning broadcasting, (N, 1) and (N,), unsqueeze, squeeze"
    ),
    "wrong-metric": "accuracy stays the same while the loss decreases, accuracy always 0, argmax over the wrong dim",
    "loss-term-lost": "several losses, loss = instead of loss +=, multi-task, auxiliary loss",
    "loss-terms-unbalanced": "KL term too large, VAE, beta, loss weights, multi-task weights, posterior collapse",
    "undefined-operation": (
        "nan gradient, sqrt(0), norm of zero, torch.where nan, detect_anomaly, set_detect_anomaly, SqrtBackward0, "
        "softmax over a row that is all masked, -inf, mask"
    ),
    "lr-too-high": "learning rate too large, loss explodes, loss jumps, nan after the first step, 2.303",
    "lr-too-low": "learning rate too small, 1e-6, loss decreases very slowly, loss barely changes, 2.303",
    "schedule-decays-too-early": (
        "StepLR, scheduler.step() in the batch loop, CosineAnnealingLR T_max, lr is zero, ExponentialLR"
    ),
    "no-warmup": "warm-up, warmup, transformer does not train, first steps of Adam",
    "momentum-too-high": "momentum 0.99, SGD oscillates",
    "adam-eps": "eps, epsilon, Adam in float16, eps=0, nan with half precision",
    "adam-betas": "beta2, betas=(0.9, 0.99), Adam unstable",
    "batch-too-small": "batch size 1, noisy loss, gradient accumulation",
    "low-precision": (
        "fp16, float16, half, amp, GradScaler, underflow, bfloat16, mixed precision, inf, nan, skipped steps"
    ),
    "weight-decay-too-strong": "weight_decay, L2, AdamW, weight_decay=0.1 in Adam, l1 penalty",
    "dropout-too-high": "dropout 0.9, nn.Dropout, too much dropout",
    "overfitting": "validation loss increases, early stopping, small data set, training accuracy 100 %",
    "missing-zero-grad": "optimizer.zero_grad(), gradients accumulate, loss oscillates",
    "parameters-not-optimized": (
        "requires_grad=False, frozen, optimizer has other parameters, weights do not change, copy of the model"
    ),
    "train-eval-mode": "model.eval(), model.train(), dropout in evaluation, BatchNorm running statistics",
    "state-reset": "optimizer created in the loop, model created in the loop, loss starts again every epoch",
    "gradients-cleared-early": "zero_grad after backward, zero_grad before step, weights do not change",
    "loss-misreported": "running_loss, average loss, loss.item(), total never reset, loss grows every epoch",
}

#: key of a cause -> what its section says before its test, of readers who look for something near it
BEFORE = {
    "low-precision": (
        "Two things go wrong in float16. A **gradient that is too small becomes 0**, and the loss stays flat. A "
        "**number beyond 65,504 becomes infinite**, and the loss NaN, sometimes after a long good start, once a logit "
        "or a weight has grown. The test tells the two apart. More on overflow: [Mixed precision gives nan]"
        "(../questions.md#mixed-precision-gives-nan); if Adam makes the NaN: "
        "[Adam's epsilon](optimizer.md#case-adam-eps)."
    ),
    "undefined-operation": (
        "A row of attention scores of which **every key is masked** (with `-inf`) is such a case: the softmax over it "
        "is NaN. So are a **root or a norm of 0**, whose slope is infinite, and **0/0**, such as a mean over nothing."
    ),
}

#: code of a symptom -> whom its list of suspects sends first to one of them
FIRST_ASK = {
    "non-finite": (
        ("You train in float16 or with mixed precision (autocast)", "low-precision"),
        (
            "Your model has a mask, attention or a softmax of its own; or your loss has a root, a norm or a division",
            "undefined-operation",
        ),
        ("Your loss takes a logarithm", "log-of-zero"),
    ),
    "plateau": (
        ("Your learning rate follows a schedule", "schedule-decays-too-early"),
        ("The held-out loss stands as high as the training loss", "capacity-too-small"),
    ),
}


def searched(typed: str) -> str:
    """The line, in small print, by which the search of the book finds a section."""
    return f":::{{container}} lossbook-searched\nPeople search for: {in_markdown(typed)}.\n:::"


def in_markdown(text: str) -> str:
    """Words of a table, in which Markdown would take a name like ``__getitem__`` for bold."""
    return re.sub(r"(__\w+__)", r"`\1`", text)
