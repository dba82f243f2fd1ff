"""A report as a card in a notebook: light or dark as the page is, and without a script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lossbook.diagnosis.as_text import not_tested_by_reason, tested
from lossbook.diagnosis.chapters import link_to
from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.report import Report
from lossbook.diagnosis.svg import AS_IS, MENDED, drawing
from lossbook.probes import Trial

STYLE = """
.lossbook-report{--as-is:#b34700;--mended:#0072b2;--line:#8886;max-width:52rem;border:1px solid var(--line);
border-radius:.5rem;padding:.9rem 1.1rem;font-size:.92rem;line-height:1.45;color:inherit;background:transparent}
[data-jp-theme-light="false"] .lossbook-report,html[data-theme="dark"] .lossbook-report,
.vscode-dark .lossbook-report{--as-is:#ff9c5a;--mended:#6cc0f5}
@media (prefers-color-scheme:dark){html:not([data-theme="light"]):not(:has([data-jp-theme-light="true"]))
.lossbook-report{--as-is:#ff9c5a;--mended:#6cc0f5}}
.lossbook-report h3{margin:0 0 .3rem;font-size:1.1rem}.lossbook-report h4{margin:0 0 .2rem;font-size:1rem}
.lossbook-report p{margin:.25rem 0}
.lossbook-report section{border-top:1px solid var(--line);margin-top:.7rem;padding-top:.6rem}
.lossbook-report .both{display:flex;flex-wrap:wrap;gap:1rem;margin:.3rem 0}.lossbook-report figure{margin:0}
.lossbook-report figcaption{font-size:.85em}.lossbook-report svg{display:block;max-width:100%}
.lossbook-report code{background:#8882;color:inherit;padding:.1em .35em;border-radius:.25em;white-space:pre-wrap;
overflow-wrap:anywhere}.lossbook-report small{opacity:.85}.lossbook-report a{color:var(--mended)}
.lossbook-report ul{margin:.2rem 0;padding-left:1.2rem}.lossbook-report summary{cursor:pointer}
"""


def card(report: Report) -> str:
    """The report as HTML; whatever is markup in a name is shown as it is."""
    parts = [f"<style>{STYLE}</style>", f"<h3>{escape(report.headline)}</h3>"]
    if report.symptom is not None:
        parts.append(_p(f"{report.symptom.code}: {report.symptom.sentence}"))
    if report.curve.values:
        parts.append(_figure(f"the loss, {len(report.curve.values)} numbers", report.curve.values, AS_IS, ()))
    if report.loop is not None:
        words = f"{report.loop.change.capitalize()}, on copies, batch by batch:"
        parts.append(f"<section>{_p(words)}{_both(report.loop)}</section>")
    roots = [finding for finding in report.findings if finding.follows is None]
    parts += [_finding(place, finding, report) for place, finding in enumerate(roots, 1)]
    marks = {True: "✓", False: "✗", None: "?"}
    checks = [f"{marks[check.passed]} {check.name}: {check.sentence}" for check in report.checks]
    left = [f"{', '.join(what)}: {why}." for why, what in not_tested_by_reason(report).items()]
    parts += [
        _list("Checks", checks, folded=False),
        _list("Ask yourself", report.ask, folded=False),
        _list("Notes", report.notes),
        _list("Not tested", left),
        f"<section><small>Tested: {escape(tested(report))}</small></section>" if report.readings else "",
    ]
    return f'<div class="lossbook-report">{"".join(parts)}</div>'


def _finding(place: int, finding: Finding, report: Report) -> str:
    sure = f"<small>{escape(finding.cause)}, {finding.confidence:.0%} sure</small>"
    parts = [f"<h4>{place}. {escape(finding.title)} {sure}</h4>", _p(finding.evidence)]
    if finding.trial is not None and finding.trial is not report.loop:
        parts.append(_p(f"{finding.tried}:") + _both(finding.trial))
    parts += [
        f"<p>Fix: <code>{escape(finding.fix)}</code></p>",
        _p(f"See it yourself: {finding.test}"),
        f"<p>Read: {link_to(finding.chapter)}</p>",
    ]
    below = [other for other in report.findings if other.follows == finding.cause]
    parts.append(
        _list("Follows from it", [f"{other.title} ({other.cause}). {other.evidence}" for other in below], folded=False)
    )
    return f"<section>{''.join(parts)}</section>"


def _both(trial: Trial) -> str:
    like = (*trial.as_is, *trial.mended)
    sides = _figure("as it is", trial.as_is, AS_IS, like), _figure("mended", trial.mended, MENDED, like)
    return f'<div class="both">{"".join(sides)}</div>'


def _figure(name: str, values: Sequence[float], colour: str, like: Sequence[float]) -> str:
    ends = f"{values[0]:.3g} → {values[-1]:.3g}" if len(values) else "nothing"
    return f"<figure>{drawing(values, colour, like)}<figcaption>{escape(name)}: {ends}</figcaption></figure>"


def _p(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _list(title: str, lines: Sequence[str], *, folded: bool = True) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    if folded:
        return f"<section><details><summary>{title}</summary><ul>{items}</ul></details></section>"
    return f"<section><p>{title}</p><ul>{items}</ul></section>"
