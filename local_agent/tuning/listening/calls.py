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

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.errors import LocalAgentError, UnusableInput
from local_agent.scenarios.corpus_manifest import OUTSIDE_HELP, absent, why_outside
from local_agent.scenarios.finding import Finding
from local_agent.scenarios.levels import frame_powers
from local_agent.scenarios.reading import ScenarioUnusable
from local_agent.tuning.listening.composing import Sounds
from local_agent.tuning.listening.corpus import BEFORE_TURN_S, QUIET_S, TAIL_S, chance_of
from local_agent.tuning.listening.labels import COLUMNS, LABELS, complaints, read_lines
from local_agent.tuning.listening.trial import Piece, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from local_agent.tuning.listening.labels import Label, Located

AUDIO_SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})
_AROUND_S: Final = 0.3
_FLOOR_PERCENTILE: Final = 10
_FLOOR_DBFS: Final = (-75.0, -45.0)
_LEVEL_RATE_HZ: Final = 8_000


def trials_of_calls(
    folder: Path, *, seed: int, labels: Path | None = None, sounds: Sounds | None = None
) -> list[Trial]:
    """Return the trials that the labels make of the calls in a folder; `labels` None looks for LABELS there.

    Raises ScenarioUnusable with file and line of everything that is wrong with the labels, UnusableInput
    where there are none.
    """
    file = labels or labels_file(folder)
    read = read_lines(file)
    of_files: dict[str, list[Located]] = {}
    for one in read.located:
        of_files.setdefault(one.label.file, []).append(one)
    sounds = sounds or Sounds()
    shapes, findings = {}, list(read.findings)
    for name, some in of_files.items():
        shapes[name], found = _checked(folder, file, name, some, sounds)
        findings += found
    for name, line in read.unread.items():
        if name not in of_files:
            findings += _unreadable(folder, file, name, line)
    if findings:
        raise ScenarioUnusable(findings)
    if not read.located:
        raise UnusableInput(f"{file}: holds no labels", help=how_to_label(folder))
    return [
        trial
        for name in sorted(of_files)
        for trial in trials_of_call(
            name,
            str(folder / name),
            [one.label for one in of_files[name]],
            duration_s=shapes[name].duration_s,
            floor_dbfs=shapes[name].floor_dbfs,
            seed=seed,
        )
    ]


def how_to_label(folder: Path) -> str:
    """Return how labels come about, with a command that can be copied."""
    name = f"./{folder}" if str(folder).startswith("-") else str(folder)
    page = shlex.join(["vaxctl", "corpus", "label", name, "--out", "labels.html"])
    return (
        f"`{page}` writes a page to mark them on, which saves labels.csv for this folder; one from elsewhere has the"
        f" columns {','.join(COLUMNS)} (docs/tune-labels.md)"
    )


def call_files(folder: Path) -> list[Path]:
    """Return the recordings in a folder, at any depth.

    Raises UnusableInput where there are none, or one is a link that leads out of the folder.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not found:
        raise UnusableInput(
            f"{folder}: holds no recorded calls",
            help=f"stereo files, the caller left and the agent right: {', '.join(sorted(AUDIO_SUFFIXES))}",
        )
    for path in found:
        if why := why_outside(folder, path.relative_to(folder).as_posix()):
            raise UnusableInput(why, help=OUTSIDE_HELP)
    return found


def labels_file(folder: Path) -> Path:
    """Return the folder's file of labels. Raises UnusableInput where there is none, or more than one."""
    found = [folder / name for name in LABELS if (folder / name).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnusableInput(f"{folder}: holds {' and '.join(LABELS)}", help="keep one of them, or name one")
    there = call_files(folder)  # where there are none, that is what is to be told
    raise UnusableInput(
        f"{folder}: its {_count(len(there), 'call has', 'calls have')} no labels ({' or '.join(LABELS)})",
        help=how_to_label(folder),
    )


def labels_there(folder: Path) -> list[Label]:
    """Return the labels that stand in a folder; none where there is no file of them.

    Raises ScenarioUnusable where lines of it are wrong: a page made without them would lose them.
    """
    if not any((folder / name).is_file() for name in LABELS):
        return []
    read = read_lines(labels_file(folder))
    if read.findings:
        raise ScenarioUnusable(read.findings)
    return [one.label for one in read.located]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


# -- checking against the calls


@dataclass(frozen=True, slots=True)
class _Shape:
    """How long a call lasts, in seconds, and how loud its line is when nobody speaks, in dBFS."""

    duration_s: float
    floor_dbfs: float


def _checked(
    folder: Path, file: Path, name: str, some: Sequence[Located], sounds: Sounds
) -> tuple[_Shape, list[Finding]]:
    """Return the call's shape, and what is wrong with it and its labels. It is read to its end."""
    from local_agent.audio.reading import AudioStream

    wrong = _unreadable(folder, file, name, some[0].line)
    if wrong:
        return _Shape(0.0, 0.0), wrong
    path, found = folder / name, []
    try:
        stream = AudioStream(path)
    except LocalAgentError as problem:
        return _Shape(0.0, 0.0), [_of_audio(file, name, path, some[0].line, problem)]
    duration_s = stream.total_samples / stream.sample_rate_hz
    floor_dbfs = 0.0
    try:
        floor_dbfs = floor_of(sounds, str(path))
    except LocalAgentError as problem:
        found.append(_of_audio(file, name, path, some[0].line, problem))
    return _Shape(duration_s, floor_dbfs), [*found, *complaints(file, name, some, duration_s)]


def _of_audio(file: Path, name: str, path: Path, line: int, problem: LocalAgentError) -> Finding:
    return Finding(file, line, 1, problem.message.replace(str(path), name), problem.help)


def _unreadable(folder: Path, file: Path, name: str, line: int) -> list[Finding]:
    """Return what is wrong with where a call is."""
    return [Finding(file, line, 1, *more) for more in absent(folder, name)]


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
