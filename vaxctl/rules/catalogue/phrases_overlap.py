"""A phrase is to be ignored and to stop the agent.

## What it finds
A phrase of `barge_in.ignore_phrases` that is also in `barge_in.interrupt_phrases` but for case, spacing and
punctuation (an error), or that holds one of them, or is held by one, as whole words.

## Why it matters
Which list wins differs between platforms and between partial transcripts: "right, stop" arrives as "right"
first. Callers who say "stop" and are ignored are the ones who hang up; filler lists are among the most
often reworked parts of open agents (LiveKit agents issue 4450 and pull requests 3984, 4019, 4561, 4692;
read 2026-11).

## What to do
Take the phrase out of one list, or make the longer one distinct.

## Bad
```yaml
barge_in: {ignore_phrases: [mm-hmm, Wait], interrupt_phrases: [wait]}
```

## Good
```yaml
barge_in: {ignore_phrases: [mm-hmm], interrupt_phrases: [wait]}
```

## Excuse
```yaml
- right  # vaxctl: allow phrases-overlap -- the platform matches whole utterances only
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.phrases import holds, same, words_of
from vaxctl.rules.places import checked, element, finding_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.WARNING


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find pairs of phrases that cannot both be meant, one finding for each."""
    barge_in = checked(loaded).barge_in
    for at, ignored in enumerate(barge_in.ignore_phrases):
        for other_at, interrupting in enumerate(barge_in.interrupt_phrases):
            if (fault := _fault(words_of(ignored), words_of(interrupting))) is None:
                continue
            severity, relation = fault
            other, _ = element(loaded, ("barge_in", "interrupt_phrases", other_at))
            yield finding_at(
                loaded,
                "phrases-overlap",
                severity,
                f"the ignored phrase {ignored!r} {relation} the interrupting phrase {interrupting!r}",
                ("barge_in", "ignore_phrases", at),
                "take it out of one of the two lists",
                ((other, "it stops the agent here"),),
            )


def _fault(ignored: tuple[str, ...], interrupting: tuple[str, ...]) -> tuple[Severity, str] | None:
    if same(ignored, interrupting):
        return Severity.ERROR, "is also"
    if holds(ignored, interrupting):
        return SEVERITY, "holds"
    return (SEVERITY, "is part of") if holds(interrupting, ignored) else None
