"""Commands to copy: any of vaxctl with its words quoted, and the one that makes a tuning again, from its options."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vaxctl.cli.tuning import Hunt
    from vaxctl.cli.tuning_audio import Audio


def command(profile: Path, env: str | None, audio: Audio, hunt: Hunt) -> str:
    """Return the command line, quoted for a shell; only what changes the result, and not how fast it comes.

    Options that stand at their default are left out, but the seed is always told.
    """
    walks = hunt.search != "grid"
    options: list[tuple[str, Any]] = [
        ("--corpus", audio.corpus),
        ("--from-calls", audio.calls),
        ("--labels", audio.labels),
        ("--env", env),
        ("--minimize", hunt.minimize),
        *(("--subject-to", bound) for bound in hunt.subject_to),
        ("--target", hunt.target),
        *(("--grid", axis) for axis in hunt.grid),
        ("--search", hunt.search if walks else None),
        ("--trials", hunt.trials),
        ("--held-back", None if hunt.held_back == 0.5 else hunt.held_back),  # noqa: PLR2004 - the option's default
        ("--snr-db", audio.snr_db),
        ("--rate", audio.rate_hz),
        ("--seed", hunt.seed),
    ]
    told = [part for name, value in options if value is not None for part in (name, value)]
    return shell_line("tune", profile, *told)


def shell_line(name: str, *words: object) -> str:
    """Return a command of vaxctl that works when it is copied, whatever a file is called."""
    named = [
        f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word) for word in words
    ]
    return shlex.join(["vaxctl", name, *named])
