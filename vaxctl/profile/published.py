"""The `vad_config` block as the field report published it, read as the profile keys it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxctl.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from vaxctl.profile.layers import Layers, Origin

BLOCK = "vad_config"

MEANING = {
    "model": ("vad", "model"),
    "threshold": ("vad", "threshold"),
    "min_speech_ms": ("vad", "min_speech_ms"),
    "min_silence_ms": ("vad", "min_silence_ms"),
    "window_size_ms": ("vad", "window_size_ms"),
    "noise_suppression": ("noise_suppression", "engine"),
}


def adopt_published_block(layers: Layers, path: Path) -> list[Diagnostic]:
    """Turn `vad_config` into `vad` and `noise_suppression`, in place.

    A file that is nothing but the block gets its schema, and the file's name for a name. A value that
    stands in both notations is an error; so is a key the block never had.
    """
    if BLOCK not in layers.data:
        return []
    found: list[Diagnostic] = []
    block = layers.data[BLOCK]
    if not isinstance(block, dict):
        del layers.data[BLOCK]
        return [_error(layers.origins[(BLOCK,)], f"{BLOCK} is a mapping")]
    for key in list(block):
        new = MEANING.get(key)
        if new is None:
            advice = f"it holds {', '.join(MEANING)}"
            found.append(
                _error(layers.origins[(BLOCK, key)], f"{BLOCK} has no key {key!r}", advice, on_key=True)
            )
        elif _present(layers.data, new):
            message = f"{BLOCK}.{key} and {'.'.join(new)} say the same thing twice"
            found.append(_error(layers.origins[(BLOCK, key)], message, "keep one of them", on_key=True))
        else:
            layers.move((BLOCK, key), new)
    where = layers.origins[(BLOCK,)]
    del layers.data[BLOCK]
    layers.forget((BLOCK,))
    for key, value in (("schema", "vaxctl/v1"), ("name", _name(path))):
        if key not in layers.data:
            layers.data[key] = value
            layers.origins[(key,)] = where
    return found


def _name(path: Path) -> str:
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._ -") else "-" for c in path.stem)
    return cleaned if cleaned[:1].isalnum() else f"profile-{cleaned}"


def _present(data: dict[str, Any], path: tuple[str, str]) -> bool:
    outer = data.get(path[0])
    return isinstance(outer, dict) and path[1] in outer


def _error(origin: Origin, message: str, help: str | None = None, *, on_key: bool = False) -> Diagnostic:  # noqa: A002
    at = origin.location(key=on_key)
    return Diagnostic("shape", Severity.ERROR, message, at, help, origin.document.line(at.line), invalid=True)
