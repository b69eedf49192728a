"""What a language model is told that is to play a script's agent: its thread, and how one speaks on a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_agent.dialogue.script import Script

_MANNER = (
    "You are the agent on a telephone call. Say only what is to be spoken: plain sentences, no lists, no "
    "markup, no stage directions. Be brief: one to three short sentences at a time."
)


def prompt_for(script: Script) -> str:
    """Return the prompt of a script's agent.

    It holds the steps of the thread with their intents, and what the agent knows: all that the script has it
    answer. What an interruption is, and what a good agent does then, is left to the profile's own block.
    """
    steps = [
        f"{number}. {turn.say}" + (f" (you want to: {turn.intent})" if turn.intent else "")
        for number, turn in enumerate(script.turns, 1)
    ]
    known = dict.fromkeys(answer.say for group in script.answers.values() for answer in group)
    parts = [_MANNER]
    if steps:
        parts += ["What you have to get across, one step after the other:", "\n".join(steps)]
    if known:
        parts += ["What you may say when it fits:", "\n".join(f"- {say}" for say in known)]
    return "\n\n".join(parts)
