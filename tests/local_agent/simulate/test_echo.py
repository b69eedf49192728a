"""Whether what the caller's line carries is the agent's own voice."""

from __future__ import annotations

import numpy as np
import pytest

from local_agent.simulate.echo import ECHO_LIKENESS, likeness

RATE = 16_000
SAID = np.random.default_rng(3).normal(0, 0.1, RATE).astype(np.float32)
STRETCH = slice(4_000, 4_000 + 2_560)


@pytest.mark.parametrize("gain", [1.0, 0.1, -0.3])
def test_a_quieter_or_inverted_copy_is_an_echo(gain: float) -> None:
    """Neither level nor polarity matter."""
    assert likeness(gain * SAID[STRETCH], SAID) == pytest.approx(1.0, abs=1e-3)


def test_an_echo_under_noise_is_one_still() -> None:
    """At 10 dB over noise the correlation stays above the limit."""
    noise = np.random.default_rng(4).normal(0, 0.1 / 10**0.5, 2_560).astype(np.float32)
    assert likeness(SAID[STRETCH] + noise, SAID) >= ECHO_LIKENESS


def test_something_else_is_no_echo() -> None:
    """Other sounds, silence, and an agent that has said nothing yet."""
    other = np.random.default_rng(5).normal(0, 0.1, 2_560).astype(np.float32)
    assert likeness(other, SAID) < ECHO_LIKENESS / 2
    assert likeness(np.zeros(2_560, np.float32), SAID) == 0.0
    assert likeness(other, np.zeros(RATE, np.float32)) < ECHO_LIKENESS
    assert likeness(other, SAID[:100]) == likeness(other[:0], SAID) == 0.0
