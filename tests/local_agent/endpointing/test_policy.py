"""How long a pause may become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.endpointing.policy import asks, wait_for
from local_agent.parameters import EndpointingParameters

MODES = st.sampled_from(["silence", "semantic", "hybrid"])


@given(MODES, st.integers(0, 2000), st.integers(0, 3000), st.integers(0, 2000), st.none() | st.floats(0, 1))
def test_a_wait_lies_between_floor_and_cap(
    mode: str, delay: int, more: int, silence: int, p: float | None
) -> None:
    """No wait is under the larger of delay and min silence, nor over the larger of cap and min silence."""
    parameters = EndpointingParameters(mode, delay, delay + more)  # type: ignore[arg-type]
    wait = wait_for(parameters, silence, p)
    assert max(delay, silence) <= wait.ms <= max(delay + more, silence)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_certainty_never_waits_longer(one: float, other: float) -> None:
    """In hybrid mode the wait falls as the classifier grows certain."""
    parameters = EndpointingParameters("hybrid", 400, 2500)
    low, high = sorted((one, other))
    assert wait_for(parameters, 0, high).ms <= wait_for(parameters, 0, low).ms


def test_modes() -> None:
    """Silence takes the delay; semantic the delay or the cap; nobody asked means the cap."""
    semantic = EndpointingParameters("semantic", 400, 2500)
    assert wait_for(EndpointingParameters("silence", 400, 2500), 200, None).ms == 400
    assert [wait_for(semantic, 200, p).ms for p in (None, 0.49, 0.5)] == [2500, 2500, 400]
    assert wait_for(EndpointingParameters("hybrid", 400, 2500), 200, 1.0, "my number is 0 7 9").ms == 2500
    assert not asks(EndpointingParameters("silence"))
    assert asks(semantic)


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
@pytest.mark.parametrize(
    ("transcript", "asked", "reason"),
    [
        ("zero seven seven", False, "dictation"),
        ("two", False, "semantic"),
        ("two", True, "dictation"),
        ("why do you need it", True, "semantic"),
        (None, True, "dictation"),
        ("", True, "dictation"),
        (None, False, "semantic"),
    ],
)
def test_dictation_waits_for_the_cap(mode: str, transcript: str | None, *, asked: bool, reason: str) -> None:
    """However complete it sounds: by its words, and by the agent's question where nobody knows words."""
    wait = wait_for(
        EndpointingParameters(mode, 400, 2500),  # type: ignore[arg-type]
        400,
        1.0,
        transcript,
        asked_to_dictate=asked,
    )
    assert (wait.ms, wait.reason) == (2500 if reason == "dictation" else 400, reason)


def test_silence_counts_nothing_but_silence() -> None:
    """In mode silence neither an answer nor digits change the wait."""
    wait = wait_for(
        EndpointingParameters("silence", 400, 2500), 200, 0.0, "zero seven", asked_to_dictate=True
    )
    assert (wait.ms, wait.reason) == (400, "silence")
