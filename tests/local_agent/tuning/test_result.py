"""A tuning from end to end on a generated corpus, and its document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.result import NothingSatisfies, Tuning, tune
from local_agent.tuning.evidence.splitting import split
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.metric import NAMES, Metric
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.searching import Walk
from local_agent.tuning.search.space import Space, applied
from local_agent.tuning.showing.document import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.tuning.listening.traces import Traces
    from local_agent.tuning.listening.trial import Trial

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "tuning.json"
PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
GOAL = parse_goal("false_barge_in_rate,missed_barge_in_rate,premature_cutoff_rate,response_delay_ms_p90")
SPACE = Space.of(
    {
        "vad.threshold": (0.3, 0.5, 0.6, 0.7),
        "vad.min_speech_ms": (96, 200, 300),
        "vad.min_silence_ms": (200, 400, 600),
        "endpointing.delay_ms": (200, 400, 700),
    }
)


def _tuned(bench: Bench, goal: str = "", *bounds: str, seed: int = 5) -> Tuning:
    wanted = parse_goal(goal, bounds) if goal else GOAL
    return tune(lambda _: bench, PRESENT, SPACE, wanted, seed=seed)


@pytest.fixture(scope="module")
def tuning(bench: Bench) -> Tuning:
    """Return one tuning, without bounds."""
    return _tuned(bench)


def test_what_is_chosen_was_found_on_one_part_and_is_reported_on_the_other(
    bench: Bench, tuning: Tuning
) -> None:
    """Every number of a row is that of its part alone."""
    parts = split(bench.trials, seed=5)
    assert tuning.corpus.split == parts
    searched, held_back = bench.only(parts.searched), bench.only(parts.held_back)
    chosen = applied(tuning.chosen.setting, PRESENT)
    for row, parameters in ((tuning.chosen, chosen), (tuning.baseline, PRESENT)):
        for metric in (Metric(name) for name in NAMES):
            assert row.searched[str(metric)].value == metric.value(searched.counts(parameters))
            assert row.held_back[str(metric)].value == metric.value(held_back.counts(parameters))


def test_the_front_holds_the_chosen_setting(bench: Bench, tuning: Tuning) -> None:
    """The proposal is of the front, and beats the present setting where that can be."""
    assert tuning.tried == 108
    settings = [setting for setting, _, _ in tuning.front]
    assert tuning.chosen.setting in settings
    chosen = tuning.front[settings.index(tuning.chosen.setting)][1]
    present = GOAL.values(bench.only(tuning.corpus.split.searched).counts(PRESENT))
    values = np.array([values for _, values, _ in tuning.front], float)
    if ((values <= present).all(axis=1) & (values < present).any(axis=1)).any():
        assert all(got <= had for got, had in zip(chosen, present, strict=True) if got is not None)


def test_differences_are_of_the_part_held_back(tuning: Tuning) -> None:
    """Chosen less present, whatever is told of both."""
    for name in NAMES:
        after, before = tuning.chosen.held_back[name].value, tuning.baseline.held_back[name].value
        assert after is not None
        assert before is not None
        assert tuning.differences[name].value == pytest.approx(after - before)


def test_bounds_hold_or_nothing_is_chosen(bench: Bench) -> None:
    """What is proposed keeps the bounds; where nothing does, that is said, with the nearest."""
    kept = _tuned(bench, "missed_barge_in_rate", "false_barge_in_rate<=10%")
    assert (kept.chosen.searched["false_barge_in_rate"].value or 0) <= 0.1
    with pytest.raises(
        NothingSatisfies, match="none of 108 settings keeps the bounds: stop_ms_p50<=1"
    ) as caught:
        _tuned(bench, "missed_barge_in_rate", "stop_ms_p50<=1")
    assert "the nearest is vad.threshold" in (caught.value.help or "")


def test_a_bound_that_breaks_on_what_was_held_back_is_told(bench: Bench, tuning: Tuning) -> None:
    """A bound is kept where settings are chosen; where it breaks on the other part, that is said."""
    limits = {name: tuning.chosen.searched[name].value for name in NAMES}
    bounds = [f"{name}<={value}" for name, value in limits.items()]
    found = _tuned(bench, ",".join(map(str, GOAL.minimize)), *bounds)
    assert all((found.chosen.searched[name].value or 0) <= (limits[name] or 0) for name in NAMES)
    broken = {
        f"{name}<={value}"
        for name, value in limits.items()
        if (found.chosen.held_back[name].value or 0) > (value or 0)
    }
    told = [one for one in found.warnings if "holds on the part that was searched, not on the one" in one]
    assert {one.split(" ")[0] for one in told} == broken
    assert 0 < len(broken) < len(NAMES)


def test_known_settings_stand_beside(bench: Bench, tuning: Tuning) -> None:
    """Published settings and livekit always; pipecat where there is audio to hear; what is missing is said."""
    assert [row.name for row in tuning.others] == ["published", "livekit"]
    assert "no turn-end model" in tuning.others[0].note
    assert tuning.others[0].setting["vad.min_speech_ms"] == 200

    def volumes(trial: Trial) -> np.ndarray:
        return np.random.default_rng(len(trial.name)).uniform(0.3, 1.0, 220)

    class Sure:
        def probability_complete(self, *_: object) -> float:
            return 0.9

    loud = Bench(bench.trials, bench.traces, Sure(), volumes=volumes)
    rows = _tuned(loud).others
    assert [row.name for row in rows] == ["published", "pipecat", "livekit"]
    assert [row.note for row in rows][:2] == ["", ""]
    assert rows[1].setting["vad.threshold"] == 0.7
    mute = Bench(bench.trials, bench.traces, volumes=volumes)
    assert "no turn-end model" in _tuned(mute).others[1].note


def test_a_small_corpus_is_told(make_corpus: Callable[..., tuple[list[Trial], Traces]]) -> None:
    """Where a difference cannot be told from none, it says so, and how many more calls it would take."""
    found = _tuned(Bench(*make_corpus(6, seed=2)))
    verdict, *more = found.warnings
    assert verdict == "on what was held back nothing that was asked for is better beyond chance"
    assert "held back are too few" in more[0]
    untold = [name for name, one in found.differences.items() if one.value and not one.told_apart]
    assert all(warning.split(":")[0] in untold and "about" in warning for warning in more)


@pytest.mark.parametrize(
    ("goal", "forgotten", "unit"),
    [
        ("response_delay_ms_p50", "premature_cutoff_rate", " points ("),
        ("premature_cutoff_rate", "response_delay_ms_p50", " ms ("),
    ],
)
def test_what_gets_worse_is_told(bench: Bench, goal: str, forgotten: str, unit: str) -> None:
    """What a goal forgets pays for it, and the tuning says so."""
    found = _tuned(bench, goal)
    assert found.differences[forgotten].told_apart
    worse = [name for name, one in found.differences.items() if one.told_apart and (one.value or 0) > 0]
    told = [warning for warning in found.warnings if " gets worse: by " in warning]
    assert [warning.split(" ")[0] for warning in told] == worse
    assert any(warning.startswith(forgotten) and unit in warning for warning in told)


def test_what_a_corpus_cannot_tell(bench: Bench) -> None:
    """One kind of audio only is refused before the search."""
    noise = bench.only(trial.group for trial in bench.trials if trial.group.startswith("source"))
    with pytest.raises(UnusableInput, match="no speech over the agent"):
        _tuned(noise, "missed_barge_in_rate")


def test_two_runs_are_equal_to_the_byte(make_corpus: Callable[..., tuple[list[Trial], Traces]]) -> None:
    """One seed, one document; another seed, another split."""
    one, two, other = (json.dumps(document(_tuned(Bench(*make_corpus(8)), seed=seed))) for seed in (3, 3, 4))
    assert one == two
    assert one != other


def test_walks_are_equal_too(bench: Bench) -> None:
    """The guided search gives the same bytes for the same seed."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    told = [
        json.dumps(document(tune(lambda _: bench, PRESENT, SPACE, GOAL, seed=2, walk=Walk(15, 2))))
        for _ in range(2)
    ]
    assert told[0] == told[1]


def _closed(schema: Any) -> Any:
    if isinstance(schema, dict):
        inner = {key: _closed(value) for key, value in schema.items()}
        return inner | {"unevaluatedProperties": False} if "properties" in inner else inner
    return [_closed(part) for part in schema] if isinstance(schema, list) else schema


def test_the_document_keeps_to_its_schema(tuning: Tuning, bench: Bench) -> None:
    """All that stands in a document is written down, and the JSON carries it."""
    validator = jsonschema.Draft202012Validator(_closed(json.loads(SCHEMA.read_text("utf-8"))))
    for one in (tuning, _tuned(bench, "false_barge_in_rate[door]", "missed_barge_in_rate<=50%")):
        told = document(one)
        validator.validate(json.loads(json.dumps(told, allow_nan=False)))
        assert told["chosen"]["settings"] == one.chosen.setting
        assert list(told)[:2] == ["format_version", "type"]
