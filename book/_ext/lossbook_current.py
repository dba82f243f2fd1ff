"""Whether the built book is current, and ``make book`` if it is not.

Jupyter Book takes twenty seconds to see that nothing changed, and writes half of the pages again. So a build without a
warning notes a digest of all that it was made of; ``python book/_ext/lossbook_current.py`` builds if it is another now.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

FOLDERS = ("book", "notebooks", "lossbook", "tools", "tests/programs")
ENDS = (".ipynb", ".md", ".toml", ".yml")  # of files beside them
WRITTEN = ("checklist.md", "index_of_all.md", "for_teachers.md", "map_of_all.md")  # by a build; so is book/cases


def sources(root: Path) -> Iterator[Path]:
    """The files that a book is made of."""
    yield from (path for path in root.iterdir() if path.is_file() and path.suffix in ENDS)
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            place = path.relative_to(root / folder)
            written = folder == "book" and (place.parts[0] == "cases" or str(place) in WRITTEN)
            hidden = any(part.startswith((".", "__pycache__")) for part in place.parts)
            if path.is_file() and not written and not hidden:
                yield path


def digest(root: Path) -> str:
    """A digest of these files, and of all that is installed."""
    installed = sorted(f"{one.name} {one.version}" for one in distributions())
    found = hashlib.sha256("\n".join([sys.version, *installed]).encode())
    for path in sorted(sources(root)):
        found.update(f"\n{path.relative_to(root).as_posix()}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def note(root: Path) -> Path:
    """Where a build writes its digest."""
    return root / "_build" / "book.sha256"


def current(root: Path) -> bool:
    """Whether the last build of this book had no warning, and was made of what is here now."""
    built = (root / "_build" / "html" / "index.html").is_file() and note(root).is_file()
    return built and note(root).read_text() == digest(root)


def command(root: Path) -> list[str]:
    """The strict build of ``make book``, with this environment's Jupyter Book."""
    return [str(Path(sys.executable).parent / "jupyter-book"), "build", "-W", "-n", "--keep-going", str(root)]


def begin(app: Any, config: Any) -> None:
    """A build that is stopped leaves no note; one that ends was made of what was here when it began."""
    root = Path(app.srcdir)
    note(root).unlink(missing_ok=True)
    app.lossbook_sources = digest(root)


def end(app: Any, exception: Exception | None) -> None:
    """Note the digest of a build into the usual folder that had neither an error nor a warning."""
    root = Path(app.srcdir)
    if not exception and not app._warncount and Path(app.outdir) == root / "_build" / "html":
        note(root).write_text(app.lossbook_sources)


def setup(app: Any) -> dict[str, Any]:
    app.connect("config-inited", begin, priority=1)
    app.connect("build-finished", end, priority=900)  # when no other extension can fail any more
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    here = Path.cwd()
    if not current(here):
        sys.exit(subprocess.run(command(here), check=False).returncode)
    print(f"the book is current: {here / '_build' / 'html' / 'index.html'}")
