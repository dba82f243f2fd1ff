"""Runs that the pages of a book share: trained by the page that needs them first, and kept on disk for the others.

This happens only while a book is built: ``book/_ext/lossbook_book.py`` names the folder in ``LOSSBOOK_RUNS``, and
clears it whenever the package has changed. Without the variable nothing is read or written.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from lossbook.files import write_whole

Made = TypeVar("Made")
DIGEST = 32  # bytes in front of the content, by which a damaged file is known


def kept(name: str, make: Callable[[], Made]) -> Made:
    """What ``make`` gives, or what it gave to another page of this build; a damaged file is made anew.

    Two kernels that need the same run at once both make it: each writes its file whole, and both say the same.
    """
    folder = os.environ.get("LOSSBOOK_RUNS")
    if not folder:
        return make()
    file = Path(folder, f"{name}.pickle")
    content = file.read_bytes() if file.is_file() else b""
    if content[:DIGEST] == sha256(content[DIGEST:]).digest():
        made: Made = pickle.loads(content[DIGEST:])
        return made
    made = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    content = pickle.dumps(made)
    write_whole(file, sha256(content).digest() + content)
    return made
