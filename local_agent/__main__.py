"""What a profile makes of a recording, or of a call under way.

`python -m local_agent run --profile P --audio caller.wav [--agent agent.wav] [--json] [--html F] [--audio-out F]`
`python -m local_agent live --profile P --rate 16000 [--script S | --openai] <caller.raw >agent.raw`
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from local_agent.errors import LocalAgentError, UnusableInput, extra_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_agent.audio.sources import RawFormat
    from local_agent.events import Event
    from local_agent.parameters import Parameters
    from local_agent.record import CallRecord
    from local_agent.simulate.recording import RecordedRun, Recording

INVALID, UNEXPECTED_MODEL, INTERRUPTED = 3, 1, 130
"""Exit codes, as vaxctl has them: unusable input or usage; a model that is absent or corrupt; Ctrl-C."""

ENCODINGS = {"s16le": "pcm16", "mulaw": "mu_law", "alaw": "a_law"}
"""What people call the encodings of audio without a header (ffmpeg's names), and what they are here."""

LIVE_ENCODINGS = ("s16le", "mulaw")
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".opus")


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for, and return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(_started(arguments.command, arguments))
    except LocalAgentError as error:
        _tell(f"error: {error.message}")
        if error.help:
            _tell(f"  help: {error.help}")
        return INVALID if isinstance(error, UnusableInput) else UNEXPECTED_MODEL
    except KeyboardInterrupt:
        return INTERRUPTED


def _started(command: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    try:
        return command(arguments)
    except ModuleNotFoundError as error:
        absent = extra_missing(error)
        if absent is None:
            raise
        raise absent from error


def _run(arguments: argparse.Namespace) -> int:
    """Run a profile over a recording, and print what happens as it happens."""
    from local_agent.from_profile import parameters_of
    from local_agent.simulate.opening import models_for
    from local_agent.simulate.recording import Recording

    parameters = parameters_of(arguments.profile, arguments.env)
    recording = Recording(arguments.audio, arguments.agent, _raw_format(arguments))
    kept = _refuse_outputs(arguments, recording)
    run = recording.run(models_for(parameters, recording.sample_rate_hz), keep=kept)
    if arguments.json:
        _print_document(recording, run)
    else:
        _print_lines(recording, run)
    if kept:
        _write_outputs(arguments, run.record())
    return 0


def _raw_format(arguments: argparse.Namespace) -> RawFormat | None:
    from local_agent.audio.sources import RawFormat

    if arguments.encoding is None:
        if arguments.rate is not None or arguments.channels is not None:
            raise UnusableInput(
                "--rate and --channels describe audio without a header, and need --encoding",
                help=f"add --encoding {'|'.join(ENCODINGS)}, or leave them out: a header tells both",
            )
        return None
    if arguments.rate is None:
        raise UnusableInput("--encoding needs --rate", help="such as --rate 8000 for a telephone line")
    encoding: Any = ENCODINGS[arguments.encoding]
    return RawFormat(encoding, arguments.rate, arguments.channels or 1)


def _refuse_outputs(arguments: argparse.Namespace, recording: Recording) -> bool:
    """Refuse before the run what could not be written after it; return whether anything is to be."""
    inputs = {file.resolve() for file in (arguments.audio, arguments.agent, arguments.profile) if file}
    for option, file in (("--html", arguments.html), ("--audio-out", arguments.audio_out)):
        if file is None:
            continue
        if file.is_dir() or not file.absolute().parent.is_dir():
            raise UnusableInput(
                f"{option} {file}: cannot be written",
                help="its folder must be there, and it must be no folder",
            )
        if file.resolve() in inputs:
            raise UnusableInput(f"{option} {file}: is an input of this run", help="choose another name")
        recording.refuse_keeping(option)
    sound = arguments.audio_out
    if sound is not None and sound.suffix.lower() not in SOUND_SUFFIXES:
        raise UnusableInput(
            f"--audio-out {sound}: no audio format of ours", help=f"end it in {', '.join(SOUND_SUFFIXES)}"
        )
    return arguments.html is not None or sound is not None


def _print_lines(recording: Recording, run: RecordedRun) -> None:
    from local_agent.report.run import event_line

    out = _Out()
    for note in run.notes:
        out.write(f"note: {note}\n")
    for event in run.events():
        out.write(f"{event_line(event, recording.sample_rate_hz)}\n")
    for warning in recording.warnings:
        _tell(f"warning: {warning.message}")


def _print_document(recording: Recording, run: RecordedRun) -> None:
    from local_agent.report.run import run_document

    happened: list[Event] = list(run.events())
    warnings = [warning.message for warning in recording.warnings]
    told = run_document(recording.name, recording.sample_rate_hz, run.notes, warnings, happened)
    _Out().write(json.dumps(told, indent=2) + "\n")


def _write_outputs(arguments: argparse.Namespace, record: CallRecord) -> None:
    from local_agent.report.audio import write_audio

    if arguments.html is not None:
        _write(arguments.html, lambda file: _write_page(record, file))
    if arguments.audio_out is not None:
        _write(arguments.audio_out, lambda file: write_audio(record, file))


def _write(file: Path, write: Callable[[Path], None]) -> None:
    """Let a file be written, which is replaced in one step; a disk that is full leaves the old one."""
    if file.exists() and not file.is_file():
        raise LocalAgentError(f"{file}: cannot be written: it is there already, and is no file")
    try:
        write(file)
    except OSError as error:
        file.with_name(f".{file.name}.part").unlink(missing_ok=True)
        raise LocalAgentError(f"{file}: cannot be written: {error.strerror}") from error
    _tell(f"wrote {file}")


def _write_page(record: CallRecord, file: Path) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text(_page(record), "utf-8")
    part.replace(file)


def _page(record: CallRecord) -> str:
    from local_agent.metrics.measuring import metrics_of
    from local_agent.report.document import document
    from local_agent.report.page import page
    from local_agent.report.page_data import Run

    metrics = metrics_of([record])
    return page([Run(document(record.name, metrics), (record,), metrics)])


class _Out:
    """Lines on stdout, each at once. A reader who has had enough (`| head`) changes nothing."""

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # Python would fail on what is left in the buffer once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _live(arguments: argparse.Namespace) -> int:
    """Hold a call between stdin and stdout, and tell what happens in JSON lines."""
    from local_agent.from_profile import parameters_of

    _refuse_terminals()
    parameters = parameters_of(arguments.profile, arguments.env)
    with ExitStack() as closing:
        return _conversed(parameters, arguments, _events_stream(arguments.events, closing))


def _conversed(parameters: Parameters, arguments: argparse.Namespace, stream: BinaryIO) -> int:
    from local_agent.live.lines import EventLines
    from local_agent.live.opening import LiveOptions, opened
    from local_agent.live.pipes import converse

    options = LiveOptions(
        arguments.rate,
        arguments.encoding,
        arguments.script,
        arguments.openai,
        _text(arguments.prompt),
        arguments.opening,
        arguments.voice,
        arguments.words,
        arguments.lockstep,
    )
    lines = EventLines(stream, arguments.rate)
    with opened(parameters, options, lines.event) as ready:
        lines.head(parameters.name, arguments.encoding, ready.notes)
        ending = converse(ready.call, sys.stdin.fileno(), sys.stdout.fileno())
        lines.foot(ready.call, ending)
    return INTERRUPTED if ending == "interrupted" else 0


def _refuse_terminals() -> None:
    if sys.stdin.isatty() or sys.stdout.isatty():
        raise UnusableInput(
            "live reads raw audio from stdin and writes raw audio to stdout; one of them is a terminal",
            help="arecord -t raw -f S16_LE -r 16000 | python -m local_agent live ... | aplay -f S16_LE -r 16000",
        )


def _events_stream(file: Path | None, closing: ExitStack) -> BinaryIO:
    """Open where events go, stderr for None; unbuffered, so that what cannot be written is known at once."""
    try:
        if file is None:
            return closing.enter_context(open(sys.stderr.fileno(), "wb", buffering=0, closefd=False))
        return closing.enter_context(file.open("wb", buffering=0))
    except OSError as error:
        raise UnusableInput(
            f"--events {file}: cannot be written ({error.strerror})", help="its folder must be there"
        ) from error


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"--prompt {file}: cannot be read: {error}", help="give a UTF-8 text") from error


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's output


class _Parser(argparse.ArgumentParser):
    """A parser whose usage errors leave with the code that vaxctl has for them."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and what is wrong, and exit."""
        self.print_usage(sys.stderr)
        self.exit(INVALID, f"error: {message}\n  help: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m local_agent", description="The local voice agent.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", help="run a profile over recorded audio and print what happens")
    run.set_defaults(command=_run)
    _add_profile(run)
    run.add_argument(
        "--audio", type=Path, required=True, help="the caller's lane, or a stereo call (caller left)"
    )
    run.add_argument("--agent", type=Path, help="the agent's lane, at any rate")
    run.add_argument("--encoding", choices=ENCODINGS, help="of files without a header")
    run.add_argument("--rate", type=int, help="samples a second of files without a header")
    run.add_argument("--channels", type=int, help="1 or 2, of files without a header")
    run.add_argument("--json", action="store_true", help="print one JSON document at the end")
    run.add_argument("--html", type=Path, metavar="FILE", help="write one page: sound, picture, events")
    run.add_argument(
        "--audio-out", type=Path, metavar="FILE", help="write the call: caller left, agent right"
    )
    _add_live(commands)
    return parser


def _add_live(commands: argparse._SubParsersAction[_Parser]) -> None:
    live = commands.add_parser("live", help="hold a call: raw audio on stdin, the agent's on stdout")
    live.set_defaults(command=_live)
    _add_profile(live)
    live.add_argument("--rate", type=int, required=True, help="8000 or 16000 samples a second, both ways")
    live.add_argument(
        "--encoding", choices=LIVE_ENCODINGS, default="s16le", help="of both ways; one channel (s16le)"
    )
    answers = live.add_mutually_exclusive_group()
    answers.add_argument("--script", type=Path, metavar="FILE", help="what the agent says (YAML)")
    answers.add_argument("--openai", action="store_true", help="ask the endpoint at OPENAI_BASE_URL")
    live.add_argument("--prompt", type=Path, metavar="FILE", help="the agent's prompt, for --openai")
    live.add_argument("--opening", metavar="TEXT", help="what the agent says first, for --openai")
    live.add_argument("--voice", choices=("auto", "hibari", "tone"), default="auto")
    live.add_argument("--words", choices=("none", "whisper", "pocketsphinx"), default="none")
    live.add_argument("--events", type=Path, metavar="FILE", help="write events there, not to stderr")
    live.add_argument(
        "--lockstep",
        action="store_true",
        help="wait for each reply, for sound that comes faster than real time: the same samples, the same call",
    )


def _add_profile(command: argparse.ArgumentParser) -> None:
    command.add_argument("--profile", type=Path, required=True, help="the profile's YAML")
    command.add_argument("--env", help="the environment in the profile")


if __name__ == "__main__":
    sys.exit(main())
