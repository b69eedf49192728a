"""Exceptions of the local agent; the command line turns them into exit codes.

They carry no vendor word and know nothing of vaxctl.
"""

from __future__ import annotations


class LocalAgentError(Exception):
    """A promise that could not be kept. `help` is the next step for the person who reads it."""

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 - the word users see
        super().__init__(message)
        self.message = message
        self.help = help


class UnusableInput(LocalAgentError):
    """A file (audio, scenario, label, lexicon) cannot be used as it is."""


class ModelMissing(LocalAgentError):
    """A model is needed that is not here; the help says which command brings it."""


class ModelCorrupt(LocalAgentError):
    """A model file is not the one that the manifest names."""


class ExtraMissing(LocalAgentError):
    """A package of the extra `agent` is not installed."""


_PACKAGES = frozenset({"numpy", "onnxruntime", "soundfile", "soxr"})


def extra_missing(error: ModuleNotFoundError) -> ExtraMissing | None:
    """Tell a package that the extra `agent` brings from a module that is missing for any other reason (None)."""
    package = (error.name or "").split(".", 1)[0]
    if package not in _PACKAGES:
        return None
    return ExtraMissing(f"the local agent needs {package}", help="python -m pip install 'vaxctl[agent]'")
