"""What a reader can paste for one cause: the bug, its fix, and the test that decides."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook import checks
from lossbook.causes import CAUSES


@dataclass(frozen=True)
class Snippet:
    """One row of ``SNIPPETS``.

    Raises:
        ValueError: there is no such cause.
    """

    key: str  #: of ``CAUSES``
    bug: str  #: lines of torch as people write them, with the fault
    fix: str  #: the same lines, mended
    #: the decisive test in plain torch, which prints; it stands below the definitions of the reader's loop and uses
    #: their names: model, optimizer, loss_fn, loader, and x, y, one batch of the loader
    test: str
    seen: str  #: what it prints if this is the cause, and if it is not; and which other names it uses

    def __post_init__(self) -> None:
        checks.one_of("key", self.key, CAUSES)
