"""matplotlib's settings for one drawing: changes in one thread are not seen in the others.

``matplotlib.rc_context`` changes the settings of the whole process. At its end it puts all of them back, and so undoes
what the reader has changed meanwhile. Here ``matplotlib.rcParams`` looks first into the settings of the drawing that
goes on in this thread, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib as mpl

_OWN: ContextVar[mpl.RcParams | None] = ContextVar("settings of the drawing that goes on in this thread", default=None)


class RcParams(mpl.RcParams):
    """The class that ``matplotlib.rcParams`` has from now on. Outside of :func:`own_settings` nothing is different."""

    def _get(self, key: str) -> Any:  # this and the next are matplotlib's documented ways to the bare values
        return dict.__getitem__(_seen(self), key)

    def _set(self, key: str, val: Any) -> None:
        dict.__setitem__(_seen(self), key, val)

    def _update_raw(self, other_params: Any) -> None:  # how an rc_context inside a drawing ends
        dict.update(_seen(self), dict.items(other_params))

    if not hasattr(mpl.RcParams, "_update_raw"):  # there rc_context writes into the table of all: let it write the same

        def copy(self) -> mpl.RcParams:
            everybodys = mpl.RcParams()
            dict.update(everybodys, dict.items(self))
            return everybodys


def _seen(settings: Any) -> Any:
    """The drawing's own settings in place of the process's."""
    own = _OWN.get()
    return settings if own is None or settings is not mpl.rcParams else own


mpl.rcParams.__class__ = RcParams


@contextmanager
def own_settings(changed: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Settings for this thread alone: those of the process, some of them changed. At the end they are dropped.

    >>> with own_settings({"lines.linewidth": 7}):
    ...     mpl.rcParams["lines.linewidth"]
    7.0
    >>> mpl.rcParams["lines.linewidth"] == 7
    False
    """
    own = mpl.RcParams()
    for settings in (mpl.rcParamsDefault, _seen(mpl.rcParams)):  # rcdefaults, elsewhere, leaves it empty for a moment
        dict.update(own, dict.copy(settings))  # nothing is validated again, and no backend is chosen
    token = _OWN.set(own)
    try:
        mpl.rcParams.update(dict[Any, Any](changed or {}))
        yield
    finally:
        _OWN.reset(token)
