"""A corpus folder: `manifest.jsonl`, one clip a line, and the audio it names; checked line by line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_agent.errors import LocalAgentError, UnusableInput
from local_agent.scenarios.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from local_agent.audio.reading import AudioStream

MANIFEST = "manifest.jsonl"
LONGEST_LINE = 1_000_000
ROUNDING_S = 0.010
"""People and decoders round: a label or a duration may be this far off."""

Seconds = Annotated[float, Field(ge=0, le=36_000, allow_inf_nan=False)]


class ClipEntry(BaseModel):
    """One line of the manifest. docs/corpus.md tells each key."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    audio: Annotated[str, Field(min_length=1)]
    kind: Literal["speech", "turn", "noise", "music", "agent", "rir"]
    sample_rate_hz: Literal[8000, 16000]
    duration_s: Seconds
    speech: tuple[tuple[Seconds, Seconds], ...] | None = None
    turn: Literal["complete", "hold"] | None = None
    turn_point_s: Seconds | None = None
    words: tuple[tuple[str, Seconds, Seconds], ...] | None = None
    transcript: str | None = None
    sound_class: str | None = Field(default=None, alias="class", min_length=1)
    speaker: str | None = Field(default=None, min_length=1)
    origin: str | None = None
    license: str | None = None


OUTSIDE_HELP = "copy it in: labels from elsewhere must not reach other files of yours; links that stay inside are followed"


def why_outside(folder: Path, name: str) -> str | None:
    """Return what is wrong with the name of a file that does not lie in a folder, links followed; None where it does.

    Raises OSError and ValueError for names that the system refuses.
    """
    inside = folder.resolve()
    path = folder / name
    if path.resolve().is_relative_to(inside):
        return None
    named = Path(os.path.normpath(inside / name))
    if named.is_relative_to(inside) and not Path(name).is_absolute():
        return f"{name}: is a link that leads out of {folder}"
    return f"{name}: is outside {folder}"


def check_corpus(folder: Path, *, audio: bool = True) -> tuple[list[ClipEntry], list[Finding]]:
    """Return the clips that are sound, and findings with the manifest's lines for those that are not.

    `audio` reads every file to its end, in blocks; without it the labels alone are checked, and that no name leads
    out of the folder. Of a line that is no clip the file is looked for where it names one.
    """
    manifest = folder / MANIFEST
    clips: list[ClipEntry] = []
    findings: list[Finding] = []
    seen: dict[str, int] = {}
    for number, raw in _lines(manifest):
        text = raw.decode("utf-8", "replace")
        clip, found = _entry(manifest, number, raw)
        if clip is not None:
            name = clip.id.casefold()  # copies are named by it, and some file systems see no difference
            if name in seen:
                found.append(
                    _at(manifest, number, text, "id", f"the id {clip.id!r} is taken by line {seen[name]}")
                )
            seen.setdefault(name, number)
            found += [_at(manifest, number, text, key, why) for key, why in _label_complaints(clip)]
            outside = list(_place_complaints(folder, clip.audio))
            found += [_at(manifest, number, text, "audio", why, advice) for why, advice in outside]
            if audio and not outside:
                found += [_at(manifest, number, text, *more) for more in _audio_complaints(folder, clip)]
            if not found:
                clips.append(clip)
        elif audio and (name := _audio_of(raw)):
            found += [_at(manifest, number, text, "audio", *more) for more in absent(folder, name)]
        findings += found
    if not seen and not findings:
        findings.append(Finding(manifest, 1, 1, "holds no clips", "give one JSON object a line"))
    return clips, sorted(findings, key=lambda one: (one.line, one.column, one.message))


def _lines(manifest: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with manifest.open("rb") as stream:
            number = 0
            while raw := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise UnusableInput(
                        f"{manifest}:{number}: a line longer than {LONGEST_LINE} bytes is no clip"
                    )
                if raw.strip():
                    yield number, raw
    except OSError as problem:
        raise UnusableInput(
            f"{manifest}: cannot be read: {problem.strerror or problem}",
            help=f"a corpus is a folder with {MANIFEST}; docs/corpus.md describes it",
        ) from problem


def _entry(manifest: Path, number: int, raw: bytes) -> tuple[ClipEntry | None, list[Finding]]:
    try:
        text = raw.decode("utf-8")
        data = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        return None, [_no_object(manifest, number, problem)]
    if not isinstance(data, dict):
        return None, [
            Finding(manifest, number, 1, "no JSON object", "one object with the clip's keys a line")
        ]
    try:
        return ClipEntry.model_validate(data), []
    except ValidationError as problem:
        return None, [_shape(manifest, number, text, e) for e in problem.errors()]


def _no_object(manifest: Path, number: int, problem: Exception) -> Finding:
    if isinstance(problem, json.JSONDecodeError):
        return Finding(manifest, number, problem.colno, f"no JSON object: {problem.msg}")
    if isinstance(problem, UnicodeError):
        return Finding(manifest, number, 1, "is not UTF-8 text", "save the file as UTF-8")
    why = "nested too deep" if isinstance(problem, RecursionError) else str(problem).split(":", maxsplit=1)[0]
    return Finding(manifest, number, 1, f"no JSON object: {why}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) < len(pairs):
        raise ValueError("a key stands twice")
    return whole


def _shape(manifest: Path, number: int, text: str, error: ErrorDetails) -> Finding:
    key, message = str(error["loc"][0]) if error["loc"] else "", error["msg"]
    said = {"extra_forbidden": f"unknown key `{key}`", "missing": f"`{key}` is missing"}
    return _at(
        manifest, number, text, key, said.get(error["type"], f"`{key}`: {message[0].lower()}{message[1:]}")
    )


def _at(manifest: Path, number: int, text: str, key: str, message: str, advice: str | None = None) -> Finding:
    found = re.search(rf'"{re.escape(key)}"\s*:', text) if key else None
    return Finding(manifest, number, found.start() + 1 if found else 1, message, advice)


def _label_complaints(clip: ClipEntry) -> Iterator[tuple[str, str]]:
    if clip.kind == "noise" and clip.sound_class is None:
        yield "kind", "a noise needs its `class`"
    if (clip.kind == "turn") != (clip.turn is not None):
        yield "kind", "`kind: turn` and `turn` (complete or hold) go together"
    if (clip.turn is None) != (clip.turn_point_s is None):
        yield "turn", "`turn` and `turn_point_s` go together"
    longest = clip.duration_s + ROUNDING_S
    if clip.turn_point_s is not None and not 0 < clip.turn_point_s <= longest:
        yield "turn_point_s", f"{clip.turn_point_s:g} s is outside the clip ({clip.duration_s:g} s)"
    yield from _span_complaints("speech", list(clip.speech or ()), longest)
    yield from _span_complaints("words", [(start, end) for _, start, end in clip.words or ()], longest)


def _span_complaints(key: str, spans: list[tuple[float, float]], longest: float) -> Iterator[tuple[str, str]]:
    before = 0.0
    for start, end in spans:
        if end < start or (key == "speech" and end == start):
            yield key, f"`{key}`: {start:g}..{end:g} s ends before it starts"
        elif end > longest:
            yield key, f"`{key}`: {start:g}..{end:g} s is outside the clip"
        elif start < before - ROUNDING_S:
            yield key, f"`{key}`: {start:g}..{end:g} s begins before the one before it ends"
        before = end


def _measured(stream: AudioStream) -> tuple[int, float]:
    """Return how many samples there are, and the largest."""
    samples, peak = 0, 0.0
    for block in stream:
        samples, peak = samples + len(block), max(peak, float(abs(block).max(initial=0.0)))
    return samples, peak


def _place_complaints(folder: Path, name: str) -> Iterator[tuple[str, str | None]]:
    """Yield what is wrong with where a file is, with what to do: it leads out, or has a name that the system refuses."""
    try:
        why = why_outside(folder, name)
    except (OSError, ValueError, RuntimeError) as problem:  # too long, a NUL in it, a link to itself
        said = (problem.strerror if isinstance(problem, OSError) else None) or "no such name"
        yield f"{name[:80]!r}: cannot be read: {said}", None
        return
    if why is not None:
        yield why, OUTSIDE_HELP


def _audio_of(raw: bytes) -> str:
    """Return the file that a line names though it is no clip; empty where it names none."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    name = data.get("audio") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def absent(folder: Path, name: str) -> Iterator[tuple[str, str | None]]:
    """Yield that a file is outside the folder, or not there, with what to do."""
    wrong = list(_place_complaints(folder, name))
    yield from wrong
    if not wrong and not (folder / name).is_file():
        yield f"{name}: no such file", "check the path; it counts from the folder"


def _audio_complaints(
    folder: Path, clip: ClipEntry
) -> Iterator[tuple[str, str] | tuple[str, str, str | None]]:
    from local_agent.audio.reading import AudioStream

    path = (folder / clip.audio).resolve()
    try:
        stream = AudioStream(path)
        samples, peak = _measured(stream)
    except LocalAgentError as problem:
        yield "audio", problem.message.replace(str(path), clip.audio), problem.help
        return
    if not peak:
        yield "audio", f"{clip.audio}: is silent from beginning to end"
    if stream.channels != 1:
        yield "audio", f"{clip.audio}: has {stream.channels} channels, a clip has one"
    if stream.source_rate_hz != clip.sample_rate_hz:
        yield (
            "sample_rate_hz",
            f"the file has {stream.source_rate_hz} Hz, the manifest says {clip.sample_rate_hz}",
        )
    duration_s = samples / stream.sample_rate_hz
    if abs(duration_s - clip.duration_s) > ROUNDING_S:
        yield "duration_s", f"the file lasts {duration_s:.3f} s, the manifest says {clip.duration_s:g}"
