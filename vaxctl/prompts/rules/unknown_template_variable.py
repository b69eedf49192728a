"""A template reads a variable that nothing defines.

## What it finds

A `[[ variable ]]` in the template of `context_preservation` that is neither under
`context_preservation.variables` nor one of vaxctl's own (`runtime_slots`, `language`, `call_type`,
`profile_name`), and that the template does not ask for with `is defined` or give a `default`.

## Why it matters

Templates render strictly: a misspelt variable stops the compile rather than leaving a hole in the prompt of a
live agent (vaxctl, DESIGN: prompts, 2026-11). The rule says so before anything is rendered, at the line of the profile
that names the template.

## What to do

Add the variable, or correct its name. A platform's own run-time slot is written `{{user_name}}`, and is left alone.

```yaml
# bad: the template reads company
context_preservation: {enabled: true, template: ours.md.j2}
# good
context_preservation: {enabled: true, template: ours.md.j2, variables: {company: Acme}}
```

## Excusing it

`# vaxctl: allow unknown-template-variable -- REASON` on the line; the compile still stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Diagnostic, Severity
from vaxctl.errors import InvalidInput
from vaxctl.prompts.context import context_template, template_variables
from vaxctl.source.document import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.profile.load import LoadedProfile

SEVERITY = Severity.ERROR


def check(loaded: LoadedProfile) -> Iterator[Diagnostic]:
    """Yield a finding per unknown variable of the profile's own template."""
    if loaded.profile is None or not loaded.owns("context_preservation.template"):
        return
    from vaxctl.prompts.reading import undeclared

    try:
        template = context_template(loaded)
        reads = () if template.shipped else undeclared(template.text, name=template.name)
    except InvalidInput:
        return  # the compile says what is wrong with the template itself, in its own words
    known = template_variables(loaded, runtime_slots=False)
    for read in reads:
        if read.optional or read.name in known:
            continue
        near = closest(read.name, known)
        advice = f"did you mean {near}?" if near else f"add it: variables: {{{read.name}: …}}"
        message = f"{template.name}:{read.line}:{read.column} reads {read.name}, which nothing defines"
        path = "context_preservation.template"
        yield loaded.finding("unknown-template-variable", SEVERITY, message, path, advice)
