"""What a chapter sets up in its first cell: the looks of its figures, and help for a reader who changes a value."""

from __future__ import annotations

import os
import sys
from typing import Any

from lossbook.plotting import use_style

CHECKED = "# checked: "  #: begins a cell that only checks; the rest of the line says what
#: JupyterLab's dark theme: lightness is turned round and hue is kept, as on the book's pages; what folds shows that it
#: does, with the triangle that an extension takes away
DARK = """<style>
body[data-jp-theme-light="false"] .jp-OutputArea-output img { filter: invert(0.93) hue-rotate(180deg); }
.jp-OutputArea-output details > summary { list-style: revert; }
</style>"""
CHANGED = (
    "This cell checks what the page says{what}. It holds for the values that the page came with. "
    "If you have changed one, that is fine: go on with the next cell."
)


def begin() -> None:
    """Set the book's style; in a live notebook, let figures follow the theme, and failed checks explain themselves."""
    use_style()
    shell = live_shell()
    if shell is not None:
        from IPython.display import HTML, display

        display(HTML(DARK))
        shell.set_custom_exc((AssertionError,), _explain)


def live_shell() -> Any:
    """The IPython shell of a notebook that somebody works in; None in a script, a terminal, and the book's build."""
    if os.environ.get("LOSSBOOK_FACE") == "static" or "ipykernel" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _explain(shell: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None) -> None:
    """Show the traceback of a failed assert, and below it what the cell was to check."""
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    print(CHANGED.format(what=_claim(shell.user_ns.get("In", [""])[-1])))


def _claim(source: str) -> str:
    """Of a cell that only checks: what.

    >>> _claim("# checked: the good range is narrow\\nassert width < 10")
    ': the good range is narrow'
    """
    first = source.lstrip().replace(" …\n# ", " ").partition("\n")[0]  # tools/lab.py breaks a long line so
    return f": {first.removeprefix(CHECKED)}" if first.startswith(CHECKED) else ""
