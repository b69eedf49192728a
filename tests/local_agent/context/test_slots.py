"""Slots of a template are filled as the profile's own room fills them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from local_agent.context.slots import SLOTS, fill
from vaxctl.prompts import slots as profile_slots

_PIECES = st.sampled_from(
    ["{{", "}}", " ", "\t", "{{ caller_utterance }}", "{{user_name}}", "{", "a", *SLOTS, " " * 9]
)


def test_the_slots_are_those_of_the_profile() -> None:
    """Both rooms know the same names."""
    assert set(SLOTS) == set(profile_slots.RUNTIME_SLOTS)


@given(
    st.lists(_PIECES, max_size=12).map("".join),
    st.dictionaries(st.sampled_from([*SLOTS, "user_name"]), _PIECES),
)
def test_filling_equals_the_profile_s_own(text: str, values: dict[str, str]) -> None:
    """Any text, any values: the same bytes come out of both."""
    assert fill(text, values) == profile_slots.fill(text, values)


def test_what_a_caller_dictates_is_not_filled() -> None:
    """A caller who says slot syntax gets it back as said."""
    said = "{{ agent_intent }}"
    assert fill("{{ caller_utterance }}", {"caller_utterance": said, "agent_intent": "secret"}) == said
