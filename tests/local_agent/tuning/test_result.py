"""A tuning from end to end on a generated corpus, and its document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from local_agent.errors import UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.proposing import SAFETY
from local_agent.tuning.evidence.resampling import difference
from local_agent.tuning.evidence.result import NothingSatisfies, Tuning, tune
from local_agent.tuning.evidence.splitting import split
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.metric import NAMES, Metric
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.searching import Walk
from local_agent.tuning.search.space import Space, applied
from local_agent.tuning.showing.document import document
from local_agent.tuning.showing.table import table

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
    assert tuning.chosen.setting != {path: tuning.baseline.setting[path] for path in tuning.chosen.setting}
    assert tuning.chosen.setting in settings
    chosen = tuning.front[settings.index(tuning.chosen.setting)][1]
    present = GOAL.values(bench.only(tuning.corpus.split.searched).counts(PRESENT))
    values = np.array([values for _, values, _ in tuning.front], float)
    if ((values <= present).all(axis=1) & (values < present).any(axis=1)).any():
        assert all(got <= had for got, had in zip(chosen, present, strict=True) if got is not None)


def test_the_front_of_two_metrics_is_shown(bench: Bench, tuning: Tuning) -> None:
    """What one costs in the other stands there from end to end of the front, the chosen setting marked; no plane, no front."""
    found = _tuned(bench, "premature_cutoff_rate,response_delay_ms_p90", "premature_cutoff_rate<=40%")
    lines = table(found).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("FRONT, held back"))
    rows = lines[start + 1 : lines.index("", start)]
    points = [row for row in rows if not row.startswith("  …")]
    assert len(points) == min(len(found.front), 9)
    assert max(map(len, rows)) <= 80
    held_back = {tuple(values) for _, _, values in found.front}
    shown = {tuple(row.split()[-2:]) for row in points}
    assert shown <= {
        (f"{100 * rate:.1f}", f"{delay:.0f}") for rate, delay in held_back if rate is not None and delay
    }
    assert [row for row in points if row.startswith("<")] or found.chosen.setting not in [
        one[0] for one in found.front
    ]
    assert "FRONT" not in table(tuning)
    long = tuple(
        (found.front[0][0], (place / 100, 900.0 - place), (place / 100, 1000.0 + place))
        for place in range(41)
    )
    lines = table(replace(found, front=long)).splitlines()
    shown_ms = [
        int(line.split()[-1]) for line in lines if line.split()[-1:] and line.split()[-1].startswith("10")
    ]
    assert shown_ms == [1000 + place for place in range(0, 41, 5)], (
        "nine, spread evenly, both ends among them"
    )


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
    assert [row.note.partition(":")[0] for row in rows][:2] == ["", "no second look"]
    assert rows[1].held_back["false_pause_rate"].value == 0, "there is no pause without a second look"
    assert rows[1].setting["vad.threshold"] == 0.7
    assert (rows[2].setting["endpointing.mode"], rows[2].setting["endpointing.delay_ms"]) == ("silence", 500)
    mute = Bench(bench.trials, bench.traces, volumes=volumes)
    assert "no turn-end model" in _tuned(mute).others[1].note
    assert "no second look" in _tuned(mute).others[1].note


@pytest.mark.parametrize("names", ["missed_barge_in_rate", "missed_barge_in_rate,stop_ms_p90"])
def test_a_tiny_corpus_is_told_whatever_the_numbers(
    make_corpus: Callable[..., tuple[list[Trial], Traces]], names: str
) -> None:
    """Under six on a part: how many bear on it there and here, and how many it takes at least; also of one setting."""
    one = Space.of({"vad.min_silence_ms": (PRESENT.vad.min_silence_ms,)})
    for space in (one, SPACE):
        bench = Bench(*make_corpus(7, seed=2))
        found = tune(lambda _, bench=bench: bench, PRESENT, space, parse_goal(names), seed=5)
        parts = {
            part: sum(group.startswith("speaker") for group in getattr(found.corpus.split, part))
            for part in ("searched", "held_back")
        }
        (told,) = [warning for warning in found.warnings if "Under 6 on either part" in warning]
        assert told.startswith(
            f"{names.replace(',', ', ')}: {parts['searched']} speakers or calls searched and {parts['held_back']} held"
        )
        assert sum(parts.values()) == 7
        assert told.endswith("at least 5 more"), "six on each part are twelve"


def test_what_was_too_little_to_tell(bench: Bench) -> None:
    """A difference that may be chance says of how many, and how many more: as the document has it."""
    found = _tuned(bench, "premature_cutoff_rate,response_delay_ms_p50")
    untold = [name for name, one in found.differences.items() if name in map(str, found.goal.minimize)]
    untold = [name for name in untold if found.differences[name].more_groups is not None]
    assert untold
    (told,) = [warning for warning in found.warnings if "may be chance" in warning]
    for name in untold:
        one = found.differences[name]
        assert one.more_groups is not None
        assert f"{name} " in told
        assert re.search(rf"{name} [^,]*\({one.groups}; [\d,]+ more\)", told)


def test_no_difference_is_no_proof_of_none(bench: Bench) -> None:
    """Where nothing is proposed it says how large a difference could have been missed, in the document too."""
    one = Space.of({"vad.min_speech_ms": (PRESENT.vad.min_speech_ms,)})
    found = tune(lambda _: bench, PRESENT, one, parse_goal("missed_barge_in_rate,stop_ms_p90"), seed=5)
    assert [name for name, told in found.differences.items() if told.value] == []
    (told,) = [warning for warning in found.warnings if "could be missed" in warning]
    size = found.differences["stop_ms_p90"].tellable
    assert size is not None
    assert f"stop_ms_p90 under {size:.0f} ms (12; " in told
    assert document(found)["differences"]["stop_ms_p90"]["tellable"] == round(size, 1)


def test_what_has_no_value_stays(bench: Bench) -> None:
    """Turns that never end have no time: the row stays, null with its speakers, and the reason is told."""
    deaf = replace(PRESENT, vad=replace(PRESENT.vad, min_speech_ms=3000))
    found = tune(
        lambda _: bench,
        deaf,
        Space.of({"vad.min_speech_ms": (3000,)}),
        parse_goal("response_delay_ms_p90"),
        seed=5,
    )
    shown = document(found)
    for told in (shown["chosen"]["held_back"], shown["chosen"]["searched"], shown["differences"]):
        assert told["response_delay_ms_p90"]["value"] is None
        assert told["response_delay_ms_p90"]["groups"] == 12
    assert any(
        line.startswith("response_delay_ms_p90 has no value: with the chosen setting no turn was over (of 12")
        for line in found.warnings
    )
    rows = [line.split() for line in table(found).splitlines() if "answer p90 ms" in line]
    assert [row[:6] for row in rows] == [["*", "answer", "p90", "ms", "-", "-"]] * 2


def test_nobody_loses_unasked(bench: Bench) -> None:
    """Who asks for faster stops alone gets no more failures beyond chance, and hears what was passed over."""
    found = _tuned(bench, "stop_ms_p90")
    searched, now = bench.only(found.corpus.split.searched), found.baseline.searched

    def lost(tuning: Tuning) -> list[str]:
        after, before = (searched.counts(one) for one in (applied(tuning.chosen.setting, PRESENT), PRESENT))
        told = {str(metric): difference(metric, after, before, 5) for metric in SAFETY}
        return [name for name, one in told.items() if one.told_apart and (one.value or 0.0) > 0]

    assert lost(found) == []
    assert (found.chosen.searched["stop_ms_p90"].value or 0.0) < (now["stop_ms_p90"].value or 0.0)
    (told,) = [line for line in found.warnings if "were passed over" in line]
    allowed = _tuned(bench, "stop_ms_p90", *(f"{metric}<=100%" for metric in SAFETY))
    assert lost(allowed), "a bound allows the trade up to it"
    assert set(lost(allowed)) & {str(metric) for metric in SAFETY if str(metric) in told}
    assert not [line for line in allowed.warnings if "were passed over" in line]


@pytest.mark.parametrize(
    ("goal", "bounds", "forgotten", "unit"),
    [
        (
            "response_delay_ms_p50",
            ("premature_cutoff_rate<=1", "false_pause_rate<=1", "false_barge_in_rate<=1"),
            "premature_cutoff_rate",
            " points (",
        ),
        ("premature_cutoff_rate", (), "response_delay_ms_p50", " ms ("),
    ],
)
def test_what_gets_worse_is_told(
    bench: Bench, goal: str, bounds: tuple[str, ...], forgotten: str, unit: str
) -> None:
    """What a goal forgets, or allows, pays for it, and the tuning says so."""
    found = _tuned(bench, goal, *bounds)
    assert found.differences[forgotten].told_apart
    worse = [name for name, one in found.differences.items() if one.told_apart and (one.value or 0) > 0]
    told = [warning for warning in found.warnings if " gets worse: by " in warning]
    assert [warning.split(" ")[0] for warning in told] == worse
    assert any(warning.startswith(forgotten) and unit in warning for warning in told)


GOALS = (
    "false_barge_in_rate,missed_barge_in_rate,false_pause_rate,stop_ms_p90",
    "stop_ms_p50,false_pause_rate",
    "premature_cutoff_rate,response_delay_ms_p50",
    "stop_ms_p90",
)


@pytest.mark.parametrize("goal", GOALS)
def test_tuning_again_ends(make_corpus: Callable[..., tuple[list[Trial], Traces]], goal: str) -> None:
    """What is chosen, taken for the present setting, gives way only to what is better beyond chance, and never back."""
    moved = 0
    for seed in range(4):
        bench, wanted = Bench(*make_corpus(16, seed=seed)), parse_goal(goal)
        present, seen = PRESENT, [PRESENT]
        while True:
            found = tune(lambda _, bench=bench: bench, present, SPACE, wanted, seed=seed)
            after = applied(found.chosen.setting, present)
            if after == present:
                break
            assert after not in seen
            searched = bench.only(found.corpus.split.searched)
            now, then = (searched.counts(wanted.asked(one)) for one in (present, after))
            told = [difference(metric, then, now, seed) for metric in found.goal.minimize]
            assert any(one.told_apart and (one.value or 0) < 0 for one in told)
            assert not any(one.told_apart and (one.value or 0) > 0 for one in told)
            present, moved = after, moved + 1
            seen.append(present)
    assert moved, "something was proposed at all"


def test_a_present_setting_off_the_grid_stays_where_nothing_is_proved(bench: Bench) -> None:
    """What was not tried itself is kept all the same: no unproved setting is written over it."""
    odd = replace(PRESENT, vad=replace(PRESENT.vad, min_speech_ms=205))
    found = tune(
        lambda _: bench, odd, Space.of({"vad.min_speech_ms": (200, 210)}), parse_goal("stop_ms_p90"), seed=5
    )
    assert found.chosen.setting == {"vad.min_speech_ms": 205}
    as_good = found.front[0][1] == (found.chosen.searched["stop_ms_p90"].value,)
    assert as_good != any(line.startswith("nothing that was tried is worth") for line in found.warnings)


def test_turns_pay_for_nothing_that_is_asked_of_the_floor(bench: Bench) -> None:
    """Faster stops that come with turns cut off are not proposed, though no metric of turns was named."""
    patient = replace(
        PRESENT,
        vad=replace(PRESENT.vad, min_silence_ms=600),
        endpointing=replace(PRESENT.endpointing, delay_ms=200),
    )
    hasty = Space.of({"vad.min_speech_ms": (96,), "vad.min_silence_ms": (200,)})
    same = Space.of({"vad.min_speech_ms": (96,), "vad.min_silence_ms": (600,)})
    goal = parse_goal("stop_ms_p50", ("false_pause_rate<=1", "false_barge_in_rate<=1"))
    cut, kept = (tune(lambda _: bench, patient, space, goal, seed=5) for space in (hasty, same))
    assert kept.chosen.setting == {"vad.min_speech_ms": 96, "vad.min_silence_ms": 600}
    assert cut.chosen.setting == {"vad.min_speech_ms": 200, "vad.min_silence_ms": 600}
    assert any("passed over: they are worse at premature_cutoff_rate" in line for line in cut.warnings)


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
