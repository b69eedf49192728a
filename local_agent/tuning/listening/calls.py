"""Trials from recorded calls (caller left, agent right) and a file of labels; docs/tune-labels.md has the format.

    barge_in       somebody who wants the floor          over the agent, meaningful
    backchannel    `mm-hmm`, `right`                     over the agent, not meaningful
    noise          anything else, with its class         over the agent, not meaningful
    turn           a caller's whole turn, pauses inside  the caller's turn

What a label spans is cut out with a little of the call around it, and lies in faint noise of the call's own
level. Over the agent means that the tuner's agent is speaking then, whatever the recorded one did. The group
is the call.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_agent.errors import LocalAgentError, UnusableInput
from local_agent.scenarios.corpus_manifest import ROUNDING_S, Seconds
from local_agent.scenarios.finding import Finding
from local_agent.scenarios.levels import frame_powers
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.tuning.listening.composing import Sounds
from local_agent.tuning.listening.corpus import BEFORE_TURN_S, QUIET_S, TAIL_S, chance_of
from local_agent.tuning.listening.trial import Piece, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LABELS: Final = ("labels.csv", "labels.jsonl")
COLUMNS: Final = ("file", "start_s", "end_s", "label", "class")
AUDIO_SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})
LARGEST_BYTES: Final = 100_000_000
_AROUND_S: Final = 0.3
_FLOOR_PERCENTILE: Final = 10
_FLOOR_DBFS: Final = (-75.0, -45.0)
_LEVEL_RATE_HZ: Final = 8_000


class Label(BaseModel):
    """One line of the labels."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    file: str = Field(min_length=1)
    start_s: Seconds
    end_s: Seconds
    label: Literal["barge_in", "backchannel", "noise", "turn"]
    sound_class: str | None = Field(default=None, alias="class", min_length=1)


@dataclass(frozen=True, slots=True)
class Located:
    """A label and its line."""

    line: int
    label: Label


def trials_of_calls(
    folder: Path, *, seed: int, labels: Path | None = None, sounds: Sounds | None = None
) -> list[Trial]:
    """Return the trials that the labels make of the calls in a folder; `labels` None looks for LABELS there.

    Raises ScenarioUnusable with file and line of everything that is wrong with the labels, UnusableInput
    where there are none.
    """
    file = labels or labels_file(folder)
    located, findings = read_labels(file)
    of_files: dict[str, list[Located]] = {}
    for one in located:
        of_files.setdefault(one.label.file, []).append(one)
    durations = {}
    for name, some in of_files.items():
        durations[name], found = _checked(folder, file, name, some)
        findings += found
    if findings:
        raise ScenarioUnusable(findings)
    if not located:
        raise UnusableInput(f"{file}: holds no labels", help="docs/tune-labels.md describes them")
    sounds = sounds or Sounds()
    return [
        trial
        for name in sorted(of_files)
        for trial in trials_of_call(
            name,
            str(folder / name),
            [one.label for one in of_files[name]],
            duration_s=durations[name],
            floor_dbfs=floor_of(sounds, str(folder / name)),
            seed=seed,
        )
    ]


def call_files(folder: Path) -> list[Path]:
    """Return the recordings in a folder, at any depth. Raises UnusableInput where there are none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not found:
        raise UnusableInput(
            f"{folder}: holds no recorded calls",
            help=f"stereo files, the caller left and the agent right: {', '.join(sorted(AUDIO_SUFFIXES))}",
        )
    return found


def labels_file(folder: Path) -> Path:
    """Return the folder's file of labels. Raises UnusableInput where there is none, or more than one."""
    found = [folder / name for name in LABELS if (folder / name).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnusableInput(f"{folder}: holds {' and '.join(LABELS)}", help="keep one of them, or name one")
    raise UnusableInput(
        f"{folder}: its calls have no labels ({' or '.join(LABELS)})",
        help="write the labelling page, mark what is heard, and save its CSV there; docs/tune-labels.md tells how",
    )


# -- reading


def read_labels(file: Path) -> tuple[list[Located], list[Finding]]:
    """Return the labels of a CSV or JSON-lines file (by its suffix), and what is wrong with lines of it.

    Raises UnusableInput where it cannot be read as text at all.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as problem:
        raise UnusableInput(
            f"{file}: cannot be read: {problem.strerror or problem}", help="check the path"
        ) from problem
    except UnicodeDecodeError as problem:
        raise UnusableInput(f"{file}: is not UTF-8 text", help="save it as CSV in UTF-8") from problem
    if len(raw) > LARGEST_BYTES:
        raise UnusableInput(f"{file}: more than {LARGEST_BYTES} bytes", help="split the archive")
    rows = _json_rows(file, text) if file.suffix.lower() in {".jsonl", ".json"} else _csv_rows(file, text)
    located: list[Located] = []
    findings: list[Finding] = []
    for line, row in rows:
        if isinstance(row, Finding):
            findings.append(row)
            continue
        try:
            label = Label.model_validate(row)
        except ValidationError as problem:
            findings += [Finding(file, line, 1, _said(dict(error))) for error in problem.errors()]
            continue
        if label.label == "noise" and label.sound_class is None:
            findings.append(Finding(file, line, 1, "a noise needs its class", "such as sneeze, traffic, dog"))
        located.append(Located(line, label))
    return located, findings


def _json_rows(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any] | Finding]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as problem:
            yield number, Finding(file, number, 1, f"no JSON object: {problem}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            yield number, Finding(file, number, 1, "no JSON object", "one object a line")


def _csv_rows(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any] | Finding]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = cells
                if not set(COLUMNS[:4]) <= set(header) <= set(COLUMNS) or len(set(header)) < len(header):
                    yield reader.line_num, _no_header(file, reader.line_num, header)
                    return
            elif len(cells) != len(header):
                message = f"{len(cells)} values under {len(header)} columns"
                yield (
                    reader.line_num,
                    Finding(file, reader.line_num, 1, message, "seconds have a decimal point"),
                )
            else:
                found = dict(zip(header, cells, strict=True))
                yield reader.line_num, {k: v for k, v in found.items() if v or k != "class"}
    except csv.Error as problem:
        yield reader.line_num, Finding(file, reader.line_num, 1, f"no CSV: {problem}")


def _no_header(file: Path, line: int, header: list[str]) -> Finding:
    wanted = ",".join(COLUMNS[:4]) + "[,class]"
    semicolons = len(header) == 1 and ";" in header[0]
    return Finding(
        file,
        line,
        1,
        f"the first line is not {wanted}",
        "its columns are separated by semicolons: save it with commas" if semicolons else "name the columns",
    )


def _said(error: dict[str, Any]) -> str:
    key, message = str(error["loc"][0]) if error["loc"] else "", str(error["msg"])
    said = {"extra_forbidden": f"unknown key `{key}`", "missing": f"`{key}` is missing"}
    return said.get(error["type"], f"`{key}`: {message[0].lower()}{message[1:]}")


# -- checking against the calls


def _checked(folder: Path, file: Path, name: str, some: Sequence[Located]) -> tuple[float, list[Finding]]:
    """Return the call's duration, and what is wrong with its labels."""
    from local_agent.audio.reading import AudioStream

    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return 0.0, [Finding(file, some[0].line, 1, f"{name}: is outside {folder}")]
    try:
        stream = AudioStream(path)
    except LocalAgentError as problem:
        return 0.0, [Finding(file, some[0].line, 1, problem.message.replace(str(path), name), problem.help)]
    duration_s = stream.total_samples / stream.sample_rate_hz
    return duration_s, list(complaints(file, name, some, duration_s))


def complaints(file: Path, name: str, some: Sequence[Located], duration_s: float) -> Iterator[Finding]:
    """Return what is wrong with a call's labels, in the order of the file, when it lasts `duration_s`."""
    for one in some:
        start, end = one.label.start_s, one.label.end_s
        if end <= start:
            yield Finding(file, one.line, 1, f"{start:g}..{end:g} s ends before it starts")
        elif end > duration_s + ROUNDING_S:
            message = f"{start:g}..{end:g} s is outside {name} ({duration_s:.3f} s)"
            yield Finding(file, one.line, 1, message, "check that the label belongs to this call")
    for before, after in pairwise(some):
        if after.label.start_s < before.label.start_s:
            message = f"{after.label.start_s:g} s comes before line {before.line} of the same call"
            yield Finding(file, after.line, 1, message, "sort the labels of a call by their start")
        elif after.label.start_s < before.label.end_s - ROUNDING_S:
            message = f"{after.label.start_s:g} s overlaps line {before.line}, which ends at {before.label.end_s:g} s"
            yield Finding(
                file, after.line, 1, message, "one sound has one label: end the one where the other begins"
            )


# -- trials


def trials_of_call(
    name: str, audio: str, labels: Sequence[Label], *, duration_s: float, floor_dbfs: float, seed: int
) -> Iterator[Trial]:
    """Return the trials of one call.

    `audio` is where the call is, `duration_s` how long it lasts, `floor_dbfs` how loud its line is when nobody
    speaks. The audio is not read: with an endless duration and any floor the trials are the same but for their
    audio.
    """
    ends = [0.0, *(label.end_s for label in labels)]
    starts = [*(label.start_s for label in labels[1:]), duration_s]
    for number, label in enumerate(labels):
        chance = chance_of(seed, f"{name} {label.start_s:.3f}")
        turn = label.label == "turn"
        before = min(max(label.start_s - _AROUND_S, ends[number]), label.start_s)
        after = max(min(label.end_s + _AROUND_S, starts[number]), label.end_s)
        at = round((BEFORE_TURN_S if turn else QUIET_S) + chance.uniform(0, 0.25), 3)
        onset = at + label.start_s - before
        end = onset + label.end_s - label.start_s
        yield Trial(
            name=f"{name}@{label.start_s:.3f}",
            situation="caller_turn" if turn else "over_agent",
            sound_class=label.sound_class or ("speech" if label.label == "barge_in" else label.label),
            meaningful=label.label in {"barge_in", "turn"},
            group=name,
            onset_s=onset,
            end_s=end,
            duration_s=end + TAIL_S,
            pieces=(Piece(audio, at, before, min(after, duration_s)),),
            bed_dbfs=floor_dbfs,
            seed=int(chance.integers(2**31)),
        )


def floor_of(sounds: Sounds, audio: str) -> float:
    """Return the level of the caller's line where it is quiet, in dBFS, held to what a line can be."""
    powers = frame_powers(sounds.samples(audio, _LEVEL_RATE_HZ), _LEVEL_RATE_HZ)
    quiet = float(np.percentile(powers, _FLOOR_PERCENTILE)) if len(powers) else 0.0
    level = 10 * np.log10(max(quiet, 1e-12))
    return round(float(np.clip(level, *_FLOOR_DBFS)), 1)
