"""A level for taking out voices is set, and the mode that has a level is not.

## What it finds
An owned `denoising_enhancement_level` on an agent whose `denoising_mode` is not
`noise-and-background-speech-cancellation`. At planning the live agent's mode counts.

## Why it matters
The level belongs to background-voice cancellation alone; in the other modes it is kept and not used
(retell-sdk 6.2.13, read 2026-11). Other people's voices go on stopping the agent while the file says that
they are turned down.

## What to do
Say `noise_suppression: {engine: platform, background_voices: true}`, which writes the mode (it costs extra per
minute), or drop the level.

## Bad
```yaml
noise_suppression: {engine: platform}
targets:
  retell:
    agent_id: agent_1
    overrides: {agent: {denoising_enhancement_level: 0.9}}
```

## Good
```yaml
noise_suppression: {engine: platform, background_voices: true}
targets:
  retell:
    agent_id: agent_1
    overrides: {agent: {denoising_enhancement_level: 0.9}}
```

## Excuse
```yaml
denoising_enhancement_level: 0.9  # vaxctl: allow retell-denoise-level-without-mode -- the mode is set per call
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxctl.diagnostics import Diagnostic
    from vaxctl.vendors.subject import Subject

SEVERITY = Severity.WARNING

_LEVEL = "denoising_enhancement_level"
_STRONG = "noise-and-background-speech-cancellation"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Find an owned level in a mode without one. Offline a mode that the profile does not own is not known."""
    mode = subject.trees.get("agent", {}).get("denoising_mode")
    leaf = next((leaf for leaf in subject.compiled.leaves_of("agent") if leaf.at == _LEVEL), None)
    if leaf is None or leaf.value is None or mode in (None, _STRONG):
        return
    message = f"denoising_enhancement_level does nothing in the mode {mode}"
    advice = "write noise_suppression: {engine: platform, background_voices: true}, or drop the level"
    yield subject.finding("retell-denoise-level-without-mode", SEVERITY, message, _LEVEL, advice)
