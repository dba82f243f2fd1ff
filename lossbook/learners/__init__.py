"""The learners of a run (a torch module on any device, or the parameters of a NumPy model), and its recorder."""

from lossbook.learners.checkpoint import Checkpoint
from lossbook.learners.numpy_learner import NumPyLearner
from lossbook.learners.preparing import build, optimizer_of, plain_torch, prepare, refuse_numpy, training_of
from lossbook.learners.reactions import Reactions
from lossbook.learners.recorder import Look, Recorder, Yardstick
from lossbook.learners.rehearsal import check_batches, check_values, first_output, placed, rehearse
from lossbook.learners.torch_learner import TorchLearner

__all__ = [
    "Checkpoint",
    "Look",
    "NumPyLearner",
    "Reactions",
    "Recorder",
    "TorchLearner",
    "Yardstick",
    "build",
    "check_batches",
    "check_values",
    "first_output",
    "optimizer_of",
    "placed",
    "plain_torch",
    "prepare",
    "refuse_numpy",
    "rehearse",
    "training_of",
]
