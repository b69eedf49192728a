"""A bench: many settings at once say what each says alone, and what the session says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters, VadParameters
from local_agent.tuning.judging.counts import Counts, Tally, total
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.floors import FloorOutcomes
from local_agent.tuning.judging.replay import replay
from local_agent.tuning.search.space import Space, applied
from local_agent.vad.settings import LIVEKIT, PIPECAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

SILENCE = Parameters(endpointing=EndpointingParameters("silence"))
AXES = {
    "vad.threshold": (0.3, 0.55, 0.8),
    "vad.min_speech_ms": (64, 200, 350),
    "vad.min_silence_ms": (96, 200, 400, 700),
    "endpointing.delay_ms": (100, 450),
    "endpointing.max_delay_ms": (900, 1730),
}


def _by_session(trials: list[Trial], traces: Traces, parameters: Parameters) -> Counts:
    """Count what the session itself does, trial by trial."""
    over = [i for i, trial in enumerate(trials) if trial.situation == "over_agent"]
    turns = [i for i, trial in enumerate(trials) if trial.situation == "caller_turn"]
    told = [replay(traces, i, parameters, over_agent=True) for i in over]
    rows = np.array([(one.paused_at, one.stopped_at, one.taken_at, one.resumes) for one in told])
    ends = [replay(traces, i, parameters, over_agent=False).over_at for i in turns]
    tally = Tally(trials, traces.sample_rate_hz)
    return tally.counts(tally.floors(FloorOutcomes(*rows.T)), tally.turns(np.array([ends]))[0])


class Heard:
    """Answers by where it is asked."""

    def probability_complete(self, trial: int, from_sample: int, to_sample: int) -> float:
        """Answer anything between 0 and 1, the same for the same question."""
        return (trial * 7 + (to_sample - from_sample) // 512) % 11 / 10


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize("mode", ["silence", "semantic", "hybrid"])
def test_a_grid_is_its_settings_one_by_one(bench: Bench, mode: str, *, validate: bool) -> None:
    """Whatever settings share, each gets the counts that it gets on a bench of its own."""
    present = replace(SILENCE, barge_in=BargeInParameters(validate=validate))
    space = Space.of(AXES | {"endpointing.mode": (mode,)})
    settings = [applied(one, present) for one in space.settings(present)]
    assert len(settings) == 144
    together = Bench(bench.trials, bench.traces, Heard()).grid(settings)
    for parameters, counts in zip(settings[::5], together[::5], strict=True):
        assert Bench(bench.trials, bench.traces, Heard()).counts(parameters) == counts


def test_counts_are_those_of_the_session(make_corpus: Callable[..., tuple[list[Trial], Traces]]) -> None:
    """Counting a sweep is counting the session's own calls."""
    trials, traces = make_corpus(5, seed=3)
    for vad in (VadParameters(), VadParameters(threshold=0.3, release_threshold=0.15, min_speech_ms=64)):
        parameters = replace(SILENCE, vad=vad)
        assert Bench(trials, traces).counts(parameters) == _by_session(trials, traces, parameters)


def test_groups_add_up(bench: Bench) -> None:
    """The bench of some groups counts as much as those groups do in the whole."""
    groups = sorted({trial.group for trial in bench.trials})
    parts = [bench.only(groups[:7]), bench.only(groups[7:])]
    assert [len(part.trials) for part in parts] == [14, 106]
    assert total(part.counts(SILENCE) for part in parts) == bench.counts(SILENCE)


class Told:
    """Answers by place; remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def probability_complete(self, trial: int, from_sample: int, to_sample: int) -> float:
        """Answer by the trial's place."""
        assert from_sample < to_sample
        self.asked.add(trial)
        return trial % 2


def test_answers_are_asked_by_the_trials_own_place(
    make_corpus: Callable[..., tuple[list[Trial], Traces]],
) -> None:
    """A bench cut out of another still asks about the trials as they were numbered first."""
    trials, traces = make_corpus(6)
    told = Told()
    bench = Bench(trials, traces, told).only({"speaker-3", "source-2"})
    bench.counts(Parameters(endpointing=EndpointingParameters("semantic")))
    turns = {i for i, t in enumerate(trials) if t.situation == "caller_turn" and t.group == "speaker-3"}
    assert told.asked == turns


def test_presets_hear_loudness(make_corpus: Callable[..., tuple[list[Trial], Traces]]) -> None:
    """Pipecat's gate needs loudness: where it is silent nobody is heard, where it is loud callers are.

    Trials whose probabilities start no speech are not listened to.
    """
    trials, traces = make_corpus(3)
    quiet = {
        trial.name for place, trial in enumerate(trials) if traces.trial(place).max() < PIPECAT.threshold
    }
    heard: set[str] = set()

    def silent(trial: Trial) -> np.ndarray:
        return np.zeros(round(trial.duration_s * 16_000 / 512))

    def loud(trial: Trial) -> np.ndarray:
        heard.add(trial.name)
        return np.ones(round(trial.duration_s * 16_000 / 512))

    pipecat = replace(SILENCE, vad=PIPECAT, barge_in=BargeInParameters(validate=False))
    deaf, hearing = (Bench(trials, traces, volumes=one).counts(pipecat) for one in (silent, loud))
    assert deaf.floors[:, :, 4].sum() == deaf.floors[:, :, 3].sum() == 3
    assert hearing.floors[:, :, 4].sum() < 3
    assert heard
    assert quiet
    assert not heard & quiet
    with pytest.raises(ValueError, match="loudness"):
        Bench(trials, traces).counts(pipecat)
    livekit = replace(SILENCE, vad=LIVEKIT, barge_in=BargeInParameters(validate=False))
    assert Bench(trials, traces).counts(livekit).floors[:, :, 4].sum() < 3


def test_presets_stand_beside_others(make_corpus: Callable[..., tuple[list[Trial], Traces]]) -> None:
    """In one grid, and cut out by group, presets get the counts that the session makes."""
    trials, traces = make_corpus(4, seed=2)
    livekit = replace(SILENCE, vad=LIVEKIT, barge_in=BargeInParameters(validate=False))
    bench = Bench(trials, traces)
    first, ours, second = bench.grid(
        [livekit, SILENCE, replace(livekit, vad=replace(LIVEKIT, threshold=0.8))]
    )
    assert first == _by_session(trials, traces, livekit)
    assert first != second
    assert ours == Bench(trials, traces).counts(SILENCE)
    groups = sorted({trial.group for trial in trials})
    assert bench.only(groups[:3]).counts(livekit) + bench.only(groups[3:]).counts(livekit) == first


def test_trials_and_traces_belong_together(bench: Bench) -> None:
    """One trace a trial; another corpus has another digest."""
    with pytest.raises(ValueError, match="119 trials, but traces of 120"):
        Bench(bench.trials[:-1], bench.traces)
    assert bench.digest == Bench(bench.trials, bench.traces).digest
    assert bench.digest != bench.only({"speaker-1"}).digest
