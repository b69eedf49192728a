"""Scenario files → Scenario values, or findings with file, line and column."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from local_agent.errors import UnusableInput
from local_agent.scenarios.checks import complaints
from local_agent.scenarios.finding import Finding
from local_agent.scenarios.located import nearest, read_located
from local_agent.scenarios.model import (
    SCHEMA,
    AgentTurn,
    Bed,
    CallerEvent,
    Echo,
    Line,
    Pause,
    Room,
    Scenario,
    ScriptedAnswer,
    Start,
)
from local_agent.scenarios.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from local_agent.scenarios.located import Path_, Positions

SUFFIXES = (".yaml", ".yml")
_PARTS: dict[str, type[BaseModel]] = {
    "agent": AgentTurn,
    "answers": ScriptedAnswer,
    "caller": CallerEvent,
    "start": Start,
    "pauses": Pause,
    "background": Bed,
    "room": Room,
    "line": Line,
    "echo": Echo,
}


class ScenarioUnusable(UnusableInput):
    """One or more scenario files have findings; `findings` holds them all, sorted."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda f: (f.path, f.line, f.column, f.message)))
        super().__init__("\n".join(str(finding) for finding in self.findings))


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """Return the files meant: each file as it is, each folder's YAML files at any depth, once each."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise UnusableInput(
                f"{path}: no such file or folder", help="give scenario files, or folders of them"
            )
        inside = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES)
        if not inside:
            raise UnusableInput(
                f"{path}: holds no scenario (*.yaml)", help="give scenario files, or folders of them"
            )
        found.update(dict.fromkeys(inside))
    return list(found)


def load_scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """Return every scenario in files and folders; raise ScenarioUnusable with the findings of all of them."""
    scenarios: list[Scenario] = []
    findings: list[Finding] = []
    names: dict[str, Path] = {}
    for path in find_scenarios(paths):
        scenario, found = read_scenario(path)
        findings += found
        if scenario is None:
            continue
        if scenario.name in names:
            message = f"the name {scenario.name!r} is taken by {names[scenario.name]}"
            findings.append(Finding(path, 1, 1, message, "reports tell scenarios apart by name"))
        names.setdefault(scenario.name, path)
        scenarios.append(scenario)
    if findings:
        raise ScenarioUnusable(findings)
    return scenarios


def load_scenario(path: Path) -> Scenario:
    """Return one scenario; raise ScenarioUnusable with its findings."""
    return load_scenarios([path])[0]


def read_scenario(path: Path) -> tuple[Scenario | None, list[Finding]]:
    """Return a file's scenario, or None and what is wrong with it. Audio paths become absolute."""
    data, positions, findings = read_located(path)
    if findings:
        return None, findings
    if not isinstance(data, dict):
        return None, [Finding(path, 1, 1, f"is no scenario: expected keys, `schema: {SCHEMA}` first")]
    if data.get("schema") != SCHEMA:
        line, column = nearest(("schema",), positions)
        return None, [Finding(path, line, column, f"is no scenario: expected `schema: {SCHEMA}`")]
    findings = _absent_audio(data, path, positions)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as problem:
        return None, findings + [_finding(path, positions, error) for error in problem.errors()]
    for place, message, advice in complaints(scenario):
        findings.append(Finding(path, *nearest(place, positions), message, advice))
    return (None if findings else scenario.read_from(path)), findings


def _finding(path: Path, positions: Positions, error: ErrorDetails) -> Finding:
    place: Path_ = tuple(part for part in error["loc"] if part != "[key]")
    line, column = nearest(place, positions)
    key = _written(place)
    if error["type"] == "extra_forbidden":
        return Finding(path, line, column, f"unknown key `{key}`", _meant(place))
    if error["type"] == "missing":
        return Finding(path, line, column, f"`{key}` is missing")
    return Finding(path, line, column, f"`{key}` {wanted(error)}{_given(error['input'])}"[:400])


def _written(place: Path_) -> str:
    """Return a place as people write it: caller[0].expect, items counted from 0."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def _given(value: object) -> str:
    """Return what stands there, in YAML's words where Python has others."""
    if value is None or isinstance(value, bool):
        return f" (here: {'nothing' if value is None else str(value).lower()})"
    if isinstance(value, (str, int, float)):
        return f" (here: {value!r})"
    return f" (here: {'a list' if isinstance(value, (list, tuple)) else 'keys with values'})"


def _meant(place: Path_) -> str:
    holders = [part for part in place[:-1] if isinstance(part, str) and part in _PARTS]
    model = _PARTS[holders[-1]] if holders else Scenario
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"


def _absent_audio(data: dict[str, Any], path: Path, positions: Positions) -> list[Finding]:
    """Make audio paths absolute in place, and complain of those that are not there."""
    findings = []
    for place, part in _with_audio(data):
        audio = (path.parent / part["audio"]).resolve()
        part["audio"] = str(audio)
        if not audio.is_file():
            line, column = nearest((*place, "audio"), positions)
            message = f"audio file {audio.name} is not there"
            findings.append(Finding(path, line, column, message, "paths count from the scenario's folder"))
    return findings


def _with_audio(data: dict[str, Any]) -> list[tuple[Path_, dict[str, Any]]]:
    places: list[tuple[Path_, Any]] = [(("room",), data.get("room"))]
    for key in ("agent", "caller", "background"):
        items = data.get(key)
        if isinstance(items, list):
            places += [((key, number), item) for number, item in enumerate(items)]
    return [
        (place, part)
        for place, part in places
        if isinstance(part, dict) and isinstance(part.get("audio"), str)
    ]
