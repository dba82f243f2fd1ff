"""Finds the row of a table that somebody means by what they type."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from lossbook import checks
from lossbook.causes import CAUSES, symptoms_meant
from lossbook.cli.layout import labelled
from lossbook.symptoms import SYMPTOMS


def find_key(typed: str, titles: Mapping[str, str], kind: str) -> str:
    """The key that is meant. It may be typed in capitals, and only its beginning if no other key begins so.

    Args:
        typed: what was typed.
        titles: key -> title.
        kind: "scenario" or "cause", for messages.

    Raises:
        ValueError: no key fits, or more than one; the message names those that are near.
    """
    wanted = dashed(typed)
    begun = [key for key in titles if wanted and key.startswith(wanted)]
    if wanted in titles or len(begun) == 1:
        return wanted if wanted in titles else begun[0]
    if begun:
        width = max(map(len, begun))
        rows = "\n".join(labelled(key, titles[key], width) for key in begun)
        raise ValueError(
            f"{typed!r} is the beginning of {len(begun)} {kind}s. Give more of the one that you mean:\n{rows}"
        )
    if kind == "scenario":
        for flag, table in (("cause", CAUSES), ("symptom", SYMPTOMS)):
            if wanted in table:
                way = f"lossbook scenarios --{flag} {wanted}"
                raise ValueError(f"there is no scenario {typed!r}, but a {flag}; `{way}` lists its scenarios.")
    near = difflib.get_close_matches(wanted, titles, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise ValueError(f"there is no {kind} {typed!r}, as `lossbook {kind}s` lists them{hint}")


def find_symptom(typed: str) -> str:
    """The symptom that is meant, by its code or by a word that means one symptom only.

    Raises:
        ValueError: no symptom fits, or more than one; the message offers them.
    """
    meant = symptoms_meant(typed) or [code for code in SYMPTOMS if dashed(typed) and code.startswith(dashed(typed))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        offered = " or ".join(map(repr, meant))
        raise ValueError(
            f"symptom must be one of {', '.join(map(repr, SYMPTOMS))}, got {typed!r}. Did you mean {offered}?"
        )
    checks.one_of("symptom", typed, SYMPTOMS)
    return typed


def dashed(typed: str) -> str:
    """As keys are written: ``LR too_high`` is ``lr-too-high``."""
    return "-".join(typed.lower().replace("_", " ").replace("-", " ").split())
