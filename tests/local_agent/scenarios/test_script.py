"""The caller's script: places, truths, determinism, room, line, echo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.scenarios.checks import complaints
from local_agent.scenarios.model import PAUSE_DBFS, Scenario
from local_agent.scenarios.noises import seeded_noise
from local_agent.scenarios.reading import load_scenarios
from local_agent.scenarios.script import AgentState, CallerScript
from local_agent.scenarios.seeding import reseeded
from local_agent.scenarios.shipped import shipped_folder

if TYPE_CHECKING:
    from local_agent.record import SpokenTurn

RATE = 8_000
TURN_S = 3


def _scenario(*caller: dict[str, Any], **more: Any) -> Scenario:
    agent = [{"say": "one"}]
    return Scenario.model_validate({"name": "t", "agent": agent, "caller": caller, "tail_ms": 200, **more})


def _agent(at: int, played: np.ndarray | None = None) -> AgentState:
    end = TURN_S * RATE
    if at < end:
        return AgentState(0, 0, end, played=played)
    return AgentState(last_finished=0, finished_sample=end, played=played)


def _run(script: CallerScript, size: int = 256) -> np.ndarray:
    at, windows = 0, []
    while not script.done(at):
        played = np.full(size, 0.5, np.float32) if at else None
        windows.append(script.window(at, size, _agent(at, played)))
        at += size
    return np.concatenate(windows)


def _rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(
    ("start", "onset_ms"),
    [
        ({"at_ms": 700}, 700),
        ({"agent_turn": 0, "after_start_ms": 100}, 100),
        ({"agent_turn": 0, "before_end_ms": 400}, 2_600),
        ({"agent_turn": 0, "after_end_ms": 250}, 3_250),
    ],
)
def test_placement(voice: Any, start: dict[str, int], onset_ms: int) -> None:
    """The sound's onset is where the start says, and the truth says so; it can be heard there."""
    script = CallerScript(_scenario({"say": "yes now", "start": start, "expect": "turn_end"}), voice)
    heard = _run(script)
    (truth,) = script.truths
    assert truth.start_sample == onset_ms * RATE // 1000
    assert truth.end_sample == truth.start_sample + 550 * RATE // 1000
    assert truth.over_agent is (onset_ms < 3_000)
    assert abs(_rms_db(heard[truth.start_sample : truth.start_sample + 2_000]) + 26) < 1
    assert _rms_db(heard[: truth.start_sample]) < -60


def test_after_own_events(voice: Any) -> None:
    """Events follow events by id and by `previous`; what waits for nothing that comes stays unplaced."""
    script = CallerScript(
        _scenario(
            {"id": "a", "say": "yes", "start": {"at_ms": 100}, "expect": "hold"},
            {"say": "no", "start": {"caller": "previous", "after_end_ms": 500}, "expect": "hold"},
            {"noise": "cough", "start": {"caller": "a", "after_start_ms": 2_000}, "expect": "ignore"},
            {"noise": "cough", "start": {"agent_turn": 7, "after_start_ms": 0}, "expect": "ignore"},
            max_duration_ms=5_000,
        ),
        voice,
    )
    heard = _run(script)
    assert [truth.start_sample for truth in script.truths] == [800, 800 + 2_000 + 4_000, 800 + 16_000]
    assert script.unplaced == (3,)
    assert len(heard) >= 5 * RATE
    (never,) = script.never_happened
    assert (never.expect, never.sound_class, never.agent_turn) == ("ignore", "cough", 7)
    assert never.start_sample == never.end_sample == len(heard)


def test_pauses(voice: Any) -> None:
    """A pause splits the truth, holds faint noise, and moves what follows."""
    event = {
        "say": "one two three",
        "start": {"at_ms": 100},
        "expect": "turn_end",
        "pauses": [{"after_word": 2, "duration_ms": 1_500}],
    }
    script = CallerScript(_scenario(event, floor_dbfs=-90), voice)
    heard = _run(script)
    first, second = script.truths
    assert [(truth.expect, truth.transcript) for truth in script.truths] == [
        ("hold", "one two"),
        ("turn_end", "three"),
    ]
    assert abs(first.end_sample - first.start_sample - 550 * RATE // 1000) <= RATE // 100
    assert abs(second.start_sample - first.end_sample - 1_500 * RATE // 1000) <= RATE // 100
    middle = heard[first.end_sample + 400 : second.start_sample - 400]
    assert abs(_rms_db(middle) - PAUSE_DBFS) < 1
    assert np.count_nonzero(middle == 0) == 0
    outside = {**event, "pauses": [{"at_ms": 5_000, "duration_ms": 100}]}
    with pytest.raises(UnusableInput, match="not within the sound"):
        CallerScript(_scenario(outside), voice)


def test_an_ignored_event_with_pauses_is_several_ignored_sounds(voice: Any) -> None:
    """Nothing is held where nothing is awaited: each part is to be ignored, each with its own words."""
    event = {
        "say": "mm right",
        "start": {"at_ms": 100},
        "expect": "ignore",
        "class": "backchannel",
        "pauses": [{"after_word": 1, "duration_ms": 800}],
    }
    scenario = _scenario(event)
    assert complaints(scenario) == []
    script = CallerScript(scenario, voice)
    _run(script)
    assert [(truth.expect, truth.transcript) for truth in script.truths] == [
        ("ignore", "mm"),
        ("ignore", "right"),
    ]


def test_another_seed(voice: Any) -> None:
    """A seed given from outside changes the noise, and the same one gives the same bytes."""
    cough = {"noise": "cough", "start": {"at_ms": 300}, "expect": "ignore"}
    scenario = _scenario(cough, seed=3)
    calls = [_run(CallerScript(reseeded(scenario, seed), voice)) for seed in (7, 7, 8)]
    assert np.array_equal(calls[0], calls[1])
    assert not np.array_equal(calls[0], calls[2])
    assert not np.array_equal(calls[0], _run(CallerScript(scenario, voice)))
    assert reseeded(scenario, 7).seed != reseeded(_scenario(cough, seed=4), 7).seed


def test_noise_is_made_once() -> None:
    """A second call takes the first one's noise, which nobody can write to; the store has a bound."""
    first, second = (seeded_noise("pink", 800, RATE, (1, 2)) for _ in range(2))
    assert first is second
    assert not np.array_equal(first, seeded_noise("pink", 800, RATE, (1, 3)))
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0
    assert seeded_noise.cache_info().maxsize == 48


def test_same_bytes_whatever_the_windows(voice: Any) -> None:
    """The same scenario gives the same samples in windows of any length, and others with another seed."""
    scenario = _scenario(
        {"say": "hello you", "start": {"at_ms": 555}, "expect": "turn_end"},
        background=[{"noise": "street", "snr_db": 10}],
        room={"rt60_ms": 300},
        line={"codec": "mu_law", "loss_ratio": 0.2, "burst_packets": 2},
        seed=5,
    )
    whole = _run(CallerScript(scenario, voice), 256)
    other = _run(CallerScript(scenario, voice), 100)
    shared = min(len(whole), len(other))
    assert np.array_equal(whole[:shared], other[:shared])
    assert not np.array_equal(whole, _run(CallerScript(scenario, voice, seed=6), 256))


def test_background_level(voice: Any) -> None:
    """A bed lies `snr_db` below speech."""
    event = {"say": "hello", "start": {"at_ms": 3_000}, "expect": "turn_end"}
    scenario = _scenario(event, background=[{"noise": "pink", "snr_db": 10.0}])
    assert abs(_rms_db(_run(CallerScript(scenario, voice))[:20_000]) + 36) < 1


def test_echo(voice: Any) -> None:
    """The agent's voice comes back late and quieter, to be ignored; a gap in what was played is an error."""
    scenario = Scenario.model_validate(
        {
            "name": "e",
            "agent": [{"say": "x"}],
            "echo": {"delay_ms": 100, "attenuation_db": 20},
            "tail_ms": 100,
        }
    )
    script = CallerScript(scenario, voice)
    heard = _run(script)
    assert abs(float(np.mean(heard[:790]))) < 0.002
    assert abs(float(np.mean(heard[810:20_000])) - 0.05) < 0.002
    (truth,) = script.truths
    assert (truth.start_sample, truth.sound_class, truth.expect) == (800, "echo", "ignore")
    with pytest.raises(ValueError, match=r"AgentState\.played"):
        _without_played(CallerScript(scenario, voice))


def _without_played(script: CallerScript) -> None:
    script.window(0, 256, _agent(0))
    script.window(256, 256, _agent(256))


def test_windows_in_order(voice: Any) -> None:
    """A window out of order is a bug of the engine, told at once."""
    script = CallerScript(_scenario({"say": "a", "start": {"at_ms": 0}, "expect": "hold"}), voice)
    with pytest.raises(ValueError, match="in order"):
        script.window(256, 256, AgentState())


def test_shipped_are_playable(voice: Any) -> None:
    """Every shipped scenario plays: finite samples, each event placed, truths inside the call."""
    for scenario in load_scenarios([shipped_folder()]):
        script = CallerScript(scenario, voice)
        heard = _run(script)
        assert np.isfinite(heard).all()
        assert not script.unplaced, scenario.name
        assert all(0 <= t.start_sample < t.end_sample <= len(heard) for t in script.truths), scenario.name


def test_spoken_type(voice: Any) -> None:
    """The voice of these tests keeps the protocol."""
    spoken: SpokenTurn = voice.speak("a b", RATE)
    assert [word.text for word in spoken.words] == ["a", "b"]


def test_onset_comes_first(voice: Any) -> None:
    """Silence at a clip's head gives way, so that a barge-in can come at once."""
    late = _Delayed(voice)
    event = {"say": "stop", "start": {"agent_turn": 0, "after_start_ms": 150}, "expect": "barge_in"}
    script = CallerScript(_scenario(event), late)
    heard = _run(script)
    assert script.truths[0].start_sample == 150 * RATE // 1000
    assert _rms_db(heard[1_300:2_900]) > -30


class _Delayed:
    """A voice that takes its time before the first word."""

    def __init__(self, voice: Any) -> None:
        self._voice = voice

    def speak(self, text: str, sample_rate_hz: int) -> SpokenTurn:
        """Return the words after 400 ms of silence."""
        spoken = self._voice.speak(text, sample_rate_hz)
        silence = np.zeros(sample_rate_hz * 2 // 5, np.float32)
        return replace(spoken, samples=np.concatenate([silence, spoken.samples]))
