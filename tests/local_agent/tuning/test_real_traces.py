"""On real audio: the sweep says what the session says, and a tuning runs from the corpus to its document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.parameters import BargeInParameters, EndpointingParameters, Parameters, VadParameters
from local_agent.tuning.evidence.result import tune
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.floors import FloorSweep
from local_agent.tuning.judging.replay import replay
from local_agent.tuning.judging.turn_ends import TurnSweep
from local_agent.tuning.listening.composing import lane
from local_agent.tuning.listening.corpus import trials_of
from local_agent.tuning.listening.scoring import Scorer
from local_agent.tuning.listening.volumes import volumes
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space, applied
from local_agent.tuning.showing.document import document
from local_agent.vad.settings import LIVEKIT, PIPECAT

if TYPE_CHECKING:
    from pathlib import Path

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

RATE = 16_000
PRESENT = Parameters(endpointing=EndpointingParameters("silence"))


@pytest.fixture(scope="module")
def heard(real_corpus: Path) -> tuple[list[Trial], Traces]:
    """Return every third trial of the real corpus, scored."""
    trials = trials_of(real_corpus, seed=1)[::3]
    return trials, Scorer(VadParameters(), rate_hz=RATE).traces(trials)


@pytest.mark.slow
def test_real_trials_go_as_the_session_has_them(heard: tuple[list[Trial], Traces]) -> None:
    """Settings drawn from the default grid, trials drawn from the corpus: event for event."""
    trials, traces = heard
    chance = np.random.default_rng(1)
    floors, turns = FloorSweep(traces), TurnSweep(traces)
    grid = list(Space.of().settings(PRESENT))
    for place in chance.integers(0, len(grid), 6):
        for validate in (True, False):
            parameters = replace(
                applied(grid[int(place)], PRESENT), barge_in=BargeInParameters(validate=validate)
            )
            swept = floors.outcomes(parameters.vad, parameters.barge_in)
            over = turns.over_at(parameters.vad, parameters.endpointing, validate=validate)
            for index in chance.integers(0, len(trials), 25).tolist():
                over_agent = trials[index].situation == "over_agent"
                alone = replay(traces, index, parameters, over_agent=over_agent)
                if over_agent:
                    assert swept.paused_at[index] == alone.paused_at
                    assert swept.stopped_at[index] == alone.stopped_at
                    assert swept.taken_at[index] == alone.taken_at
                    assert swept.resumes[index] == alone.resumes
                else:
                    assert over[index] == alone.over_at


@pytest.mark.slow
@pytest.mark.parametrize("preset", [PIPECAT, LIVEKIT])
def test_presets_go_as_the_session_has_them(heard: tuple[list[Trial], Traces], preset: VadParameters) -> None:
    """Other frameworks' gates on real audio, loudness and all: each trial as the session has it."""
    trials, traces = heard
    barge_in = BargeInParameters(validate=False, resume=False)
    parameters = replace(PRESENT, vad=preset, barge_in=barge_in)

    def loud(place: int) -> np.ndarray:
        return volumes(trials[place], RATE)

    floors = FloorSweep(traces, volumes=loud).outcomes(preset, barge_in)
    over = TurnSweep(traces, volumes=loud).over_at(preset, parameters.endpointing, validate=False)
    for index in range(0, len(trials), 2):
        over_agent = trials[index].situation == "over_agent"
        alone = replay(traces, index, parameters, over_agent=over_agent, lane=lane(trials[index], RATE))
        if over_agent:
            assert (floors.stopped_at[index], floors.taken_at[index]) == (alone.stopped_at, alone.taken_at)
        else:
            assert over[index] == alone.over_at


@pytest.mark.slow
def test_a_real_tuning(heard: tuple[list[Trial], Traces]) -> None:
    """The present setting does not beat the chosen one where it was searched; the same bytes twice."""
    told = []
    for _ in range(2):
        bench = Bench(*heard)
        found = tune(lambda _, bench=bench: bench, PRESENT, Space.of(), parse_goal(), seed=1)
        told.append(json.dumps(document(found), allow_nan=False))
    assert told[0] == told[1]
    names = [str(metric) for metric in found.goal.minimize]
    after = [found.chosen.searched[name].value for name in names]
    before = [found.baseline.searched[name].value for name in names]
    assert after == before or any((new or 0) < (old or 0) for new, old in zip(after, before, strict=True))
