"""What a person sees: colour on a terminal only and never alone, questions on a terminal only, eighty columns."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
VAPI_ID = "5ca1ab1e-0000-4000-8000-000000000001"
COMMANDS = [
    "init",
    "validate",
    "fmt",
    "explain",
    "rule",
    "schema",
    "compile",
    "plan",
    "apply",
    "drift",
    "pull",
]


def _on_terminal(*arguments: str, answer: bytes = b"", **environment: str) -> tuple[int, str]:
    """Run in a child on a pseudo-terminal, answer its question, and give exit code and screen."""
    child, screen = pty.fork()
    if not child:
        clean = {key: value for key, value in os.environ.items() if key not in {"CI", "NO_COLOR", "COLUMNS"}}
        clean |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}
        os.execve(  # noqa: S606 - the child of a fork becomes the command
            sys.executable, [sys.executable, "-m", "vaxctl", *arguments], clean
        )
    seen = b""
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:  # Linux tells the end of a terminal as an error
            break
        if not part:
            break
        seen += part
        if answer and seen.endswith(b"> "):
            os.write(screen, answer)
            answer = b""
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()


def test_colour_on_a_terminal_says_nothing_alone(cli: Any, profile: Path) -> None:
    """The coloured plan without its colours is the plain one."""
    code, screen = _on_terminal("plan", "profile.yaml", "--sandbox")
    assert code == 0
    assert "\x1b[33m" in screen
    bare = re.sub(r"\x1b\[[0-9;]*m", "", screen).replace("\r\n", "\n")
    plain = cli("plan", profile, "--sandbox")
    assert "\x1b" not in plain.out + plain.err
    assert bare == plain.out + plain.err


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_when_asked(profile: Path, environment: dict[str, str]) -> None:
    """NO_COLOR and a dumb terminal are heard."""
    assert "\x1b" not in _on_terminal("drift", "profile.yaml", "--sandbox", **environment)[1]


def test_forced_colour(cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR paints a pipe, but never JSON."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in cli("plan", profile, "--sandbox").out
    assert "\x1b[" not in cli("plan", profile, "--sandbox", "--json").out


@pytest.mark.parametrize(("answer", "code"), [(b"yes\n", 0), (b"y\n", 6), (b"\x04", 6), (b"\x03", 130)])
def test_question_on_a_terminal(cli: Any, profile: Path, folder: Path, answer: bytes, code: int) -> None:
    """Only `yes` goes on; no, the end of input and Ctrl-C write nothing."""
    ended, screen = _on_terminal("apply", "profile.yaml", "--sandbox", "--target", "vapi", answer=answer)
    assert ended == code
    assert "Only `yes` goes on" in screen
    assert (folder / ".vaxctl" / "runs").exists() == (code == 0)


def test_ci_is_nobody(profile: Path) -> None:
    """A terminal of a CI job is not asked."""
    code, screen = _on_terminal("apply", "profile.yaml", "--sandbox", "--target", "vapi", CI="1")
    assert code == 6
    assert "Only `yes`" not in screen


def test_ascii_stream(profile: Path) -> None:
    """A stream that carries no more than ASCII gets no more."""
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    code, screen = _on_terminal("plan", "profile.yaml", "--sandbox", **plain)
    assert code == 0
    assert screen.isascii()
    assert "profile.yaml -> vapi" in screen


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_fits(cli: Any, command: str) -> None:
    """Each command's help fits eighty columns, shows no type names, and ends with an example."""
    ran = cli(command, "--help")
    assert ran.code == 0
    assert f"\n  vaxctl {command}" in ran.out
    assert "<" not in ran.out
    lines, tail = ran.out.split("Example")[0].splitlines(), ran.out.split("Example")[1].splitlines()[1:]
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith("  vaxctl ") for line in tail if line)


def test_commands_are_listed_whole(cli: Any) -> None:
    """The list of commands fits eighty columns without cutting a sentence off."""
    ran = cli("--help")
    assert "..." not in ran.out.split("Commands:")[1]
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_plan_tells_what_comes_next(cli: Any, profile: Path) -> None:
    """After a plan the next command stands on stderr, with the same options; after apply nothing does."""
    ran = cli("plan", profile, "--sandbox", "--target", "vapi")
    assert "vaxctl apply profile.yaml --target vapi --sandbox" in ran.err
    assert "vaxctl apply" not in ran.out
    assert cli("apply", profile, "--sandbox", "--target", "vapi", "--auto-approve").err == ""
    again = cli("plan", profile, "--sandbox", "--target", "vapi")
    assert again.out.startswith("No changes. 1 agent as the profiles say.")
    assert again.err == ""
    assert cli("drift", profile, "--sandbox", "--target", "vapi").out.startswith("No drift")


def test_init_then_validate(cli: Any, folder: Path) -> None:
    """The profile of `init` is valid, is never overwritten, and a failing `init` leaves nothing behind."""
    assert cli("init", "profiles/007.yaml").code == 0
    assert cli("validate", "profiles/007.yaml").code == 0
    assert cli("init", "profiles/007.yaml").code == 3
    assert cli("init", "x.yaml", "--name", "a/b").code == 3
    assert not Path("x.yaml").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(cli: Any, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each shell gets a script that asks vaxctl."""
    monkeypatch.setenv("_VAXCTL_COMPLETE", f"source_{shell}")
    ran = cli()
    assert ran.code == 0
    assert f"complete_{shell}" in ran.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("vaxctl plan --target ", {"retell", "vapi"}),
        ("vaxctl rule threshold-", {"threshold-too-deaf", "threshold-too-sensitive"}),
        ("vaxctl explain profile.yaml vad.thr", {"vad.threshold"}),
        ("vaxctl plan profile.yaml --env ", {"staging"}),
        ("vaxctl validate --format s", {"sarif"}),
    ],
)
def test_completion_words(
    cli: Any, profile: Path, monkeypatch: pytest.MonkeyPatch, words: str, offered: set[str]
) -> None:
    """TAB offers vendors, rules, keys, formats, and the environments of the files named so far."""
    with profile.open("a", encoding="utf-8") as stream:
        stream.write("environments: {staging: {vad: {threshold: 0.6}}}\n")
    monkeypatch.setenv("_VAXCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    assert set(cli().out.split()) == offered


def test_a_log_hears_of_a_long_stage_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where stderr is no terminal, a line stands there each half minute, and none before."""
    from vaxctl.cli import console

    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    stages = console.Stages()
    for at in (110.0, 129.0, 131.0, 140.0, 162.0):
        now[0] = at
        stages("listening", int(at), 500)
    stages.end()
    assert capsys.readouterr().err.splitlines() == ["listening 131 of 500", "listening 162 of 500"]
