"""English phrases in a profile whose callers speak another language.

## What it finds
A phrase of `barge_in.ignore_phrases` or `interrupt_phrases` that is plainly English ("yeah", "got it",
"hold on") while `language` is not English. Words that travel, such as "stop", "okay" and "hello", are left
alone.

## Why it matters
Phrases are matched against the transcript, which is in the caller's language. Vapi's 22 default
acknowledgements are English (API document of 2026-08-18), and get copied along. German callers say "genau"
and "warte": nothing matches, so each backchannel stops the agent. It is a note only, because some callers
mix languages.

## What to do
Translate the list with somebody who takes calls in that language.

## Bad
```yaml
language: de-DE
barge_in: {ignore_phrases: [yeah, got it]}
```

## Good
```yaml
language: de-DE
barge_in: {ignore_phrases: [ja, genau, aha]}
```

## Excuse
```yaml
- yeah  # vaxctl: allow phrases-not-in-language -- Hinglish callers do say it
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.rules.phrases import words_of
from vaxctl.rules.places import checked, finding_at, related_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.INFO

_ENGLISH = frozenset(
    words_of(phrase)
    for phrase in (
        "yeah", "yes", "yep", "right", "sure", "i see", "got it", "go on", "makes sense", "that makes sense",
        "sounds good", "wait", "hold on", "listen", "actually", "excuse me", "one moment", "hang on",
        "never mind", "shut up", "be quiet",
    )
)  # fmt: skip


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find English phrases under another language, one finding for each."""
    language = checked(loaded).language
    if language is None or language.split("-")[0] in {"en", "eng"}:
        return
    for name in ("ignore_phrases", "interrupt_phrases"):
        for at, phrase in enumerate(getattr(checked(loaded).barge_in, name)):
            if words_of(phrase) in _ENGLISH:
                message = f"{phrase!r} is English, and callers speak {language}: it will hardly ever match"
                advice = "write what callers say in their language"
                path = ("barge_in", name, at)
                related = related_to(loaded, "language", "the language is set here")
                yield finding_at(loaded, "phrases-not-in-language", SEVERITY, message, path, advice, related)
