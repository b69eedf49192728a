"""Generated noises, room responses and losses."""

from __future__ import annotations

import numpy as np
import pytest

from local_agent.scenarios.levels import active_dbfs, bounds
from local_agent.scenarios.line import Losses, TelephoneLine, through_mu_law
from local_agent.scenarios.model import Line, Room
from local_agent.scenarios.noises import CLASSES, make_noise
from local_agent.scenarios.room import impulse_response, reverberated
from local_agent.vad.silero import SileroStream


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@pytest.mark.parametrize("name", CLASSES)
def test_noise(name: str, rate_hz: int) -> None:
    """Each class has the length and level asked for, is finite, and comes from its seed alone."""
    made = [make_noise(name, 5_001, rate_hz, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    assert [len(samples) for samples in made] == [5_001] * 3
    assert np.isfinite(made[0]).all()
    assert abs(active_dbfs(made[0], rate_hz) + 26) < 0.1
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


@pytest.mark.parametrize(
    ("name", "speech"), [("car-radio", True), ("television", True), ("hvac", False), ("hold-music", False)]
)
def test_what_a_detector_takes_for_speech(name: str, *, speech: bool) -> None:
    """Voices in the background fool a speech detector, which is their use; fans and music do not."""
    samples = make_noise(name, 3 * 8_000, 8_000, np.random.default_rng(3))
    share = float(np.mean(SileroStream(8_000).probabilities(samples) > 0.55))
    assert share > 0.2 if speech else share < 0.05


def test_bounds() -> None:
    """Onset and offset are found to 10 ms."""
    samples = np.zeros(8_000, np.float32)
    samples[2_000:3_000] = 0.3
    low, high = bounds(samples, 8_000)
    assert 1_920 <= low <= 2_000
    assert 3_000 <= high <= 3_080
    assert bounds(np.zeros(100, np.float32), 8_000) == (0, 0)


def test_room_decays() -> None:
    """The direct sound stands first; the energy falls 60 dB in the reverberation time."""
    response = impulse_response(Room(rt60_ms=400), 16_000, np.random.default_rng(1))
    assert response[0] == 1.0
    early, late = (float(np.mean(response[a : a + 800] ** 2)) for a in (100, 3_300))
    assert abs(10 * np.log10(early / late) - 30) < 2
    assert abs(10 * np.log10(np.sum(response[1:] ** 2)) + 6) < 0.1
    dry = np.zeros(100, np.float32)
    dry[0] = 1
    assert np.allclose(reverberated(dry, response)[: len(response)], response, atol=1e-6)


def test_losses_follow_gilbert() -> None:
    """The share lost and the length of bursts are those asked for."""
    losses = Losses(0.1, 4, np.random.default_rng(2))
    lost = np.array([losses.next() for _ in range(100_000)])
    bursts = np.count_nonzero(np.diff(lost.astype(int)) == 1)
    assert abs(lost.mean() - 0.1) < 0.01
    assert abs(lost.sum() / bursts - 4) < 0.3


def test_silent_concealment() -> None:
    """A lost packet is silent where the line is said to be so, and the others pass as μ-law."""
    line = TelephoneLine(Line(loss_ratio=0.3, concealment="silence"), 8_000, np.random.default_rng(1))
    sent = np.full(16_000, 0.25, np.float32)
    got = line.carry(sent).reshape(-1, 160)
    silent = (got == 0).all(axis=1)
    assert silent.sum() == line.lost_packets > 10
    assert np.array_equal(got[~silent][0], through_mu_law(sent[:160]))
