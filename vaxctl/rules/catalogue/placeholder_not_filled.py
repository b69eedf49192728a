"""A placeholder stands where its text would be sent.

## What it finds
`${NAME}` in a template variable or anywhere under `targets`: ids, names, vendor overrides, and what a new
assistant starts from. Other environments count too. Run-time slots of a platform, `{{name}}`, are fine.

## Why it matters
Many tools fill `${NAME}` from the environment; vaxctl fills nothing, so that a profile says all that a plan
shows. The six characters would be sent, and the agent would read them out or use them as a key (vaxctl,
DESIGN: secrets, 2026-11).

## What to do
Write the value, or one per environment under `environments`. Keep secrets at the vendor: name the id of a
stored credential.

## Bad
```yaml
context_preservation:
  variables:
    company: ${COMPANY}
```

## Good
```yaml
context_preservation:
  variables:
    company: Larkspur
```

## Excuse
```yaml
company: ${COMPANY}  # vaxctl: allow placeholder-not-filled -- our own server fills it in the prompt
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.rules.places import documents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.source.document import KeyPath

SEVERITY = Severity.ERROR

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_][^{}\s]{0,100}\}")


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Find placeholders in every document that the profile is made of."""
    for document in documents_of(loaded).values():
        for path, text in _texts(document.data, ()):
            found = _PLACEHOLDER.search(text)
            if found is None or not _is_sent(path):
                continue
            location = document.location(path)
            message = f"vaxctl does not fill placeholders: {found.group()} would be sent as it stands"
            advice = "write the value; keep secrets at the vendor, and name the id of the stored credential"
            line = document.line(location.line)
            yield Diagnostic("placeholder-not-filled", SEVERITY, message, location, advice, line)


def _is_sent(path: KeyPath) -> bool:
    inner = path[2:] if path[0] == "environments" else path
    return inner[:1] == ("targets",) or inner[:2] == ("context_preservation", "variables")


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))
