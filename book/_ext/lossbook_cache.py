"""The cache of executed pages, and whether it can be trusted.

jupyter-cache knows a page by the text of its code alone. What a page shows also depends on the package; so a note
beside the cache says with which state of ``lossbook/`` it was filled. Whoever fills the cache or trusts it asks here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache

EXECUTES_WITH = ("torch", "torchvision", "numpy", "matplotlib")


def fingerprint(package: Path) -> str:
    """A digest of every file of the package and of the versions it computes with."""
    digest = hashlib.sha256(" ".join(version(name) for name in EXECUTES_WITH).encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Executed:
    """The executed pages of a book.

    Args:
        build: the folder that the book is built into.
        package: the folder of the package that its pages import.
    """

    build: Path
    package: Path

    @property
    def folder(self) -> Path:
        return self.build / ".jupyter_cache"

    @property
    def note(self) -> Path:
        return self.build / "package.sha256"

    @property
    def runs(self) -> Path:
        """Where pages keep the runs that they share: see ``lossbook/widgets/kept_runs.py``."""
        return self.build / ".runs"

    def current(self) -> bool:
        """Whether the cache was filled with the package as it is now."""
        return self.note.exists() and self.note.read_text() == fingerprint(self.package)

    def restart(self) -> None:
        """Empty the cache, and forget the runs; from now on both are filled with the package as it is now."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.runs, ignore_errors=True)
        self.build.mkdir(parents=True, exist_ok=True)
        self.note.write_text(fingerprint(self.package))

    def seconds(self) -> dict[str, float]:
        """What pages took when they were last executed, whatever the package was then."""
        note = self.build / "page_seconds.json"
        return json.loads(note.read_text()) if note.exists() else {}

    def note_seconds(self, name: str, seconds: float) -> None:
        """Note what a page took."""
        known = {**self.seconds(), name: round(seconds, 1)}
        (self.build / "page_seconds.json").write_text(json.dumps(known, indent=1))

    def open(self) -> Any:
        return get_cache(str(self.folder))

    def holds(self, notebook: Any) -> bool:
        """Whether a page with this code was executed; of use only if the cache is current."""
        if not self.folder.exists():
            return False
        try:
            self.open().match_cache_notebook(notebook)
        except KeyError:
            return False
        return True
