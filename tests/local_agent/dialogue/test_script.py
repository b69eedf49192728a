"""Scripts are read, or refused with the line and what is expected."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from local_agent.dialogue import script as reading
from local_agent.dialogue.script import parsed, read_script
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "schema: vaxctl-script/v1\n"
TURNS = HEAD + "turns: [{say: Hello.}]\n"


def test_the_script_of_the_documentation_is_one(tmp_path: Path) -> None:
    """The example in the module's own words can be read."""
    example = (reading.__doc__ or "").split("\n\n")[1]
    path = tmp_path / "script.yaml"
    path.write_text(dedent(example))
    script = read_script(path)
    assert script.turns[0].expects_answer
    assert script.latency_ms == 600
    assert script.answer_to("clarifying", "And how long is that?") == "It takes an hour."
    assert script.answer_to("clarifying", "What?") == "I am asking for the survey."
    assert script.answer_to("backchannel", "Yeah.") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("- 1", "must be keys with values"),
        ("turns: [{say: x}]", "must say schema"),
        (HEAD, "turns is empty"),
        (HEAD + "turns: 3", "turns is a list"),
        (HEAD + "turns:\n  - sya: x", "script:3: a turn has no key 'sya'"),
        (HEAD + "turns:\n  - intent: x", "script:3: say is missing"),
        (HEAD + "turns:\n  - {say: x, expects_answer: maybe}", "expects_answer is true or false"),
        (TURNS + "latency_ms: -1", "latency_ms is a whole number"),
        (TURNS + "latency_ms: true", "latency_ms is a whole number"),
        (TURNS + "resume: 3", "resume is a text"),
        (TURNS + "answers: {rude: []}", "answers has no key 'rude'"),
        (TURNS + "answers: {stop: [{say: x, when: ['...']}]}", "phrases with words"),
    ],
)
def test_a_wrong_script_is_refused(text: str, message: str) -> None:
    """Each way of being wrong says which, and where."""
    with pytest.raises(UnusableInput) as refused:
        parsed(text)
    assert message in refused.value.message


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(UnusableInput, match="cannot be read as a script"):
        read_script(tmp_path / "none.yaml")
