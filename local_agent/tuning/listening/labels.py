"""Files of labels, read and checked line by line: CSV or JSON lines; docs/tune-labels.md has the format."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_agent.errors import UnusableInput
from local_agent.scenarios.corpus_manifest import ROUNDING_S, Seconds
from local_agent.scenarios.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LABELS: Final = ("labels.csv", "labels.jsonl")
COLUMNS: Final = ("file", "start_s", "end_s", "label", "class")
LARGEST_BYTES: Final = 100_000_000
Kind = Literal["barge_in", "backchannel", "noise", "turn"]
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_SEPARATORS: Final = ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))
_CLOCK: Final = re.compile(r"(?:\d+:)?\d+:\d+(?:[.,]\d+)?")
_POINT: Final = "seconds have a decimal point: 2.5"


class Label(BaseModel):
    """One line of the labels."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    file: str = Field(min_length=1)
    start_s: Seconds
    end_s: Seconds
    label: Kind
    sound_class: str | None = Field(default=None, alias="class", min_length=1)


@dataclass(frozen=True, slots=True)
class Located:
    """A label and its line."""

    line: int
    label: Label


@dataclass(frozen=True, slots=True)
class Read:
    """The labels of a file, what is wrong with its lines, and the first line of each file that only wrong lines name."""

    located: list[Located]
    findings: list[Finding]
    unread: dict[str, int]


def read_lines(file: Path) -> Read:
    """Return what a CSV or JSON-lines file (by its suffix) holds, sound lines and others.

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
    read = Read([], [], {})
    for line, row in rows:
        if isinstance(row, Finding):
            read.findings.append(row)
            continue
        try:
            label = Label.model_validate(row)
        except ValidationError as problem:
            read.findings.extend(Finding(file, line, 1, *_said(dict(error))) for error in problem.errors())
            if isinstance(row.get("file"), str) and row["file"]:
                read.unread.setdefault(row["file"], line)
            continue
        if label.label == "noise" and label.sound_class is None:
            wrong = Finding(file, line, 1, "a noise needs its class", "such as sneeze, traffic, dog")
            read.findings.append(wrong)
        read.located.append(Located(line, label))
    return read


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
                    Finding(file, reader.line_num, 1, message, _POINT),
                )
            else:
                found = dict(zip(header, cells, strict=True))
                yield reader.line_num, {k: v for k, v in found.items() if v or k != "class"}
    except csv.Error as problem:
        yield reader.line_num, Finding(file, reader.line_num, 1, f"no CSV: {problem}")


def _no_header(file: Path, line: int, header: list[str]) -> Finding:
    wanted = ",".join(COLUMNS[:4]) + "[,class]"
    other = next((name for sign, name in _SEPARATORS if len(header) == 1 and sign in header[0]), None)
    if other:
        advice = f"its columns are separated by {other}: save it as CSV with commas, and seconds with a decimal point"
    else:
        absent = [name for name in COLUMNS[:4] if name not in header]
        unknown = [name for name in header if name not in COLUMNS]
        parts = [f"missing: {', '.join(absent)}"] if absent else []
        parts += [f"unknown: {', '.join(unknown)}"] if unknown else []
        advice = "; ".join(parts) or "each column once"
    return Finding(file, line, 1, f"the first line is not {wanted}", advice)


def _said(error: dict[str, Any]) -> tuple[str, str | None]:
    """Return what is wrong with a value, and what to do."""
    key, message, value = str(error["loc"][0]) if error["loc"] else "", str(error["msg"]), error.get("input")
    shown = json.dumps(value, ensure_ascii=False, default=str)[:60]
    if error["type"] == "extra_forbidden":
        return f"unknown key `{key}`", f"known: {', '.join(COLUMNS)}"
    if error["type"] == "missing":
        return f"`{key}` is missing", None
    if error["type"] == "literal_error":
        near = difflib.get_close_matches(str(value), _KINDS, 1, 0.5)
        advice = f"did you mean {near[0]}?" if near else "docs/tune-labels.md tells which is which"
        return f"`{key}`: {shown} is none of {', '.join(_KINDS)}", advice
    if error["type"] == "float_parsing":
        clock = isinstance(value, str) and _CLOCK.fullmatch(value)
        advice = "minutes and seconds are told in seconds: 83.5, not 1:23.5" if clock else _POINT
        return f"`{key}`: {shown} is no number of seconds", advice
    return f"`{key}`: {message[0].lower()}{message[1:]}: {shown}", None


def complaints(file: Path, name: str, some: Sequence[Located], duration_s: float) -> Iterator[Finding]:
    """Return what is wrong with a call's labels, in the order of the file, when it lasts `duration_s`."""
    for one in some:
        start, end = one.label.start_s, one.label.end_s
        if end <= start:
            yield Finding(file, one.line, 1, f"{start:g}..{end:g} s ends before it starts")
        elif end > duration_s + ROUNDING_S:
            message = f"{start:g}..{end:g} s is outside {name} ({duration_s:.3f} s)"
            yield Finding(file, one.line, 1, message, "check that the label belongs to this call")
    first: dict[Label, int] = {}
    for one in some:
        first.setdefault(one.label, one.line)
    for before, after in pairwise(some):
        if first[after.label] != after.line:
            yield Finding(
                file, after.line, 1, f"the same label as line {first[after.label]}", "remove one of them"
            )
        elif after.label.start_s < before.label.start_s:
            message = f"{after.label.start_s:g} s comes before line {before.line} of the same call"
            yield Finding(file, after.line, 1, message, "sort the labels of a call by their start")
        elif after.label.start_s < before.label.end_s - ROUNDING_S:
            message = f"{after.label.start_s:g} s overlaps line {before.line}, which ends at {before.label.end_s:g} s"
            yield Finding(
                file, after.line, 1, message, "one sound has one label: end the one where the other begins"
            )
