"""What a profile makes of a recording.

`python -m local_agent run --profile P --audio caller.wav [--agent agent.wav] [--json]`
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_agent.errors import LocalAgentError, extra_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.events import Event
    from local_agent.record import CallRecord

INVALID, UNEXPECTED_MODEL = 3, 1
"""Exit codes: an unusable profile or audio (as vaxctl has it); a model that is absent or corrupt."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; print events, and return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        record = _recorded(arguments)
    except LocalAgentError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - a command's output
        if error.help:
            print(f"  help: {error.help}", file=sys.stderr)  # noqa: T201
        from local_agent.errors import UnusableInput

        return INVALID if isinstance(error, UnusableInput) else UNEXPECTED_MODEL
    sys.stdout.write(_as_json(record) if arguments.json else _as_text(record))
    return 0


def _recorded(arguments: argparse.Namespace) -> CallRecord:
    try:
        return run_files(arguments.profile, arguments.audio, arguments.agent, env=arguments.env)
    except ModuleNotFoundError as error:
        absent = extra_missing(error)
        if absent is None:
            raise
        raise absent from error


def run_files(profile: Path, audio: Path, agent: Path | None = None, *, env: str | None = None) -> CallRecord:
    """Run a profile over a caller's file, and an agent's where there is one; a stereo file holds both.

    Raises UnusableInput for a profile or audio that cannot be used, ModelMissing for an absent model.
    """
    from local_agent.audio.reading import read_call, read_clip
    from local_agent.from_profile import parameters_from
    from local_agent.simulate.engine import run_lanes
    from vaxctl.profile.load import load

    parameters = parameters_from(load(profile, env))
    caller, other = read_call(audio)
    if agent is not None:
        other = read_clip(agent, rate_hz=caller.sample_rate_hz)
    said = None if other is None else other.samples
    return run_lanes(audio.stem, [caller.samples], parameters, caller.sample_rate_hz, agent=said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_agent", description="The local voice agent.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a profile over recorded audio and print what happens")
    run.add_argument("--profile", type=Path, required=True, help="the profile's YAML")
    run.add_argument(
        "--audio", type=Path, required=True, help="the caller's lane, or a stereo call (caller left)"
    )
    run.add_argument("--agent", type=Path, help="the agent's lane")
    run.add_argument("--env", help="the environment in the profile")
    run.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _as_text(record: CallRecord) -> str:
    lines = [
        f"{event.at_sample / record.sample_rate_hz:9.3f} s  {_told(event, record)}" for event in record.events
    ]
    return "".join(f"{line}\n" for line in [*(f"note: {note}" for note in record.notes), *lines])


def _told(event: Event, record: CallRecord) -> str:
    details = [
        f"{name.removesuffix('_sample')} {value / record.sample_rate_hz:.3f} s"
        if "sample" in name
        else f"{name} {value}"
        for name, value in _values(event).items()
    ]
    return " ".join([type(event).__name__, *([f"({', '.join(details)})"] if details else [])])


def _as_json(record: CallRecord) -> str:
    events = [
        {"event": type(event).__name__, "at_sample": event.at_sample, **_values(event)}
        for event in record.events
    ]
    document = {
        "format_version": "1.0",
        "type": "run",
        "name": record.name,
        "sample_rate_hz": record.sample_rate_hz,
        "notes": list(record.notes),
        "events": events,
    }
    return json.dumps(document, indent=2) + "\n"


def _values(event: Event) -> dict[str, Any]:
    return {part.name: getattr(event, part.name) for part in fields(event) if part.name != "at_sample"}


if __name__ == "__main__":
    sys.exit(main())
