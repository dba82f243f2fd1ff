"""The book's own Sphinx extension: what Jupyter Book 1.x does not do by itself.

1. Pages are executed again when the package has changed. The execution cache compares only the text of a notebook, so
the cache is emptied, and every notebook read again, when the fingerprint of ``lossbook/`` has changed. 2. A build that
failed fails again. Sphinx keeps the pages that it has read, but not their warnings; so after a build with warnings
these pages are deleted too. 3. The kernels know that they run in a build (``LOSSBOOK_FACE=static``): no progress bars,
no live widgets. Their threads wait
   without using the processor (``OMP_WAIT_POLICY=PASSIVE``), so that a build on a busy machine ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

EXECUTES_WITH = ("torch", "torchvision", "numpy", "matplotlib")


def fingerprint(package: Path) -> str:
    """A digest of every file of the package and of the versions it computes with."""
    digest = hashlib.sha256(" ".join(version(name) for name in EXECUTES_WITH).encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def forget_stale_outputs(app: Sphinx) -> None:
    """Empty the execution cache if it was filled by another state of the package."""
    build = Path(app.outdir).parent
    note, now = build / "package.sha256", fingerprint(Path(app.srcdir) / "lossbook")
    app.lossbook_changed = not note.exists() or note.read_text() != now  # type: ignore[attr-defined]
    if app.lossbook_changed:  # type: ignore[attr-defined]
        shutil.rmtree(build / ".jupyter_cache", ignore_errors=True)
        build.mkdir(parents=True, exist_ok=True)
        note.write_text(now)


def read_notebooks_again(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Every notebook that is in the book, if the package changed."""
    if not app.lossbook_changed:  # type: ignore[attr-defined]
        return []
    return [name for name in env.found_docs if env.doc2path(name).endswith(".ipynb")]


def fail_again(app: Sphinx, exception: Exception | None) -> None:
    """After a build with warnings, delete the pages that were read, so that the next build warns again."""
    if exception or app._warncount:
        shutil.rmtree(app.doctreedir, ignore_errors=True)


def setup(app: Sphinx) -> dict[str, Any]:
    os.environ["LOSSBOOK_FACE"] = "static"
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else waiting threads of torch use up a busy machine
    app.connect("builder-inited", forget_stale_outputs)
    app.connect("env-get-outdated", read_notebooks_again)
    app.connect("build-finished", fail_again)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
