"""Who bears on a metric, and which classes of sound can be the worst one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.bearing import Bearing, counted_classes, sources_of_classes
from local_agent.tuning.evidence.result import Tuning, tune
from local_agent.tuning.evidence.splitting import Split
from local_agent.tuning.judging.evaluating import Bench
from local_agent.tuning.judging.metric import NAMES, Metric
from local_agent.tuning.listening.traces import Traces
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.space import Space
from local_agent.tuning.showing.document import document
from local_agent.tuning.showing.table import evidence, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.tuning.listening.trial import Trial

    Maker = Callable[..., tuple[list[Trial], Traces]]

WORST = "worst_class_false_barge_in_rate"
PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
SPACE = Space.of({"vad.threshold": (0.5, 0.6, 0.7), "vad.min_speech_ms": (96, 200, 300)})


@pytest.mark.parametrize("name", [*NAMES, "false_barge_in_rate[door]", "missed_barge_in_rate[speech]"])
def test_bearing_is_what_counts_count(make_corpus: Maker, name: str) -> None:
    """Told from trials, as many as rows of counts where a row is a group."""
    trials, traces = make_corpus(9)
    bench, parts = (
        Bench(trials, traces),
        Split(("source-1", "source-3", "speaker-2"), ("source-0", "speaker-0")),
    )
    base, _, sound = name.rstrip("]").partition("[")
    metric = Metric(base, sound or None)
    for part in (parts.searched, parts.held_back):
        counts = bench.only(part).counts(PRESENT)
        assert Bearing(trials, part).groups(metric) == np.count_nonzero(metric.chances(counts))


def test_small_classes_are_not_the_worst(make_corpus: Maker) -> None:
    """Six sources on each part, or a class does not count; where none has them all do."""
    trials, _ = make_corpus(36)
    groups = sorted({trial.group for trial in trials})
    parts = Split(tuple(groups[::2]), tuple(groups[1::2]))
    sources = sources_of_classes(trials, parts)
    assert set(sources) == {"door", "music", "sneeze"}
    assert counted_classes(sources) == tuple(name for name, n in sources.items() if n >= 6)
    assert counted_classes({"door": 5, "music": 6, "sneeze": 90}) == ("music", "sneeze")
    assert counted_classes({"door": 5, "music": 1}) == ("door", "music")


def _with_a_crowd(make_corpus: Maker) -> Bench:
    """Return a bench in which a class of one source on each part takes the floor whatever is set."""
    trials, traces = make_corpus(48)
    values = [traces.trial(place) for place in range(len(trials))]
    noises = [place for place, trial in enumerate(trials) if trial.group in {"source-1", "source-4"}]
    for place in noises:
        trials[place] = replace(trials[place], sound_class="crowd")
        values[place] = np.full_like(values[place], 0.99)
    return Bench(trials, Traces.of(values, traces.sample_rate_hz, traces.window_samples))


@pytest.fixture(scope="module")
def crowded(make_corpus: Maker) -> Tuning:
    """Return a tuning that asks for the worst class, with a crowd in the corpus."""
    bench = _with_a_crowd(make_corpus)
    goal = parse_goal(f"{WORST},missed_barge_in_rate")
    return next(
        found
        for seed in range(20)
        if "crowd" in (found := tune(lambda _: bench, PRESENT, SPACE, goal, seed=seed)).baseline.by_class
    )


def test_a_class_of_one_source_does_not_steer(crowded: Tuning) -> None:
    """The worst class is one of those that count; the crowd stands beside, with its sources, and is told of."""
    assert crowded.baseline.by_class["crowd"]["false_barge_in_rate"].value == 1
    for row in (crowded.baseline, crowded.chosen):
        assert row.worst_class in {"door", "music", "sneeze"}
        assert row.held_back[WORST].value == row.by_class[row.worst_class]["false_barge_in_rate"].value
    told = document(crowded)
    assert told["corpus"]["left_out"] == {"crowd": crowded.corpus.left_out["crowd"]}
    assert crowded.corpus.left_out["crowd"] < 6
    worst = told["chosen"]["worst_class"]
    sources = sum(
        group in crowded.corpus.split.held_back
        for group in {f"source-{n}" for n in range(48) if n not in {1, 4}}
        if ("door", "sneeze", "music")[int(group.partition("-")[2]) % 3] == worst["name"]
    )
    assert worst["sources"] == sources
    shown = " ".join(table(crowded).split())
    assert "under 6 sources on a part, not counted: 1" in shown


def test_few_sources_everywhere_are_told(make_corpus: Maker) -> None:
    """Where no class has six, all count, and the tuning says that the worst may be one source."""
    bench = Bench(*make_corpus(12))
    found = tune(lambda _: bench, PRESENT, SPACE, parse_goal(WORST), seed=1)
    assert found.corpus.left_out == {}
    assert any("may be about a single source" in line for line in found.warnings)


def test_the_evidence_is_one_short_line(crowded: Tuning) -> None:
    """What was asked for and changed, on what, by what; nothing that breaks a comment."""
    line = evidence(crowded, corpus="calls\nof May", version="1.2.3")
    assert line.isprintable()
    assert line.startswith("No change. 9 settings on calls")
    assert ", seed " in line
    assert "vaxctl 1.2.3" in line
    told = line.partition("not searched: ")[2]
    changed = [str(metric) for metric in crowded.goal.minimize if crowded.differences[str(metric)].value]
    assert [part.split(" ")[0] for part in told.split("; ")] == (changed or ["nothing"])
    for name in changed:
        (part,) = [part for part in told.split("; ") if part.startswith(f"{name} ")]
        assert part.endswith("(may be chance)") != crowded.differences[name].told_apart
    assert "vaxctl" not in evidence(crowded)
    assert evidence(crowded).startswith("No change. 9 settings on 0.")


def test_a_table_is_80_columns_and_has_no_pauses_without_a_second_look(crowded: Tuning) -> None:
    """Livekit takes the floor at once: a dash where pauses are counted, and a line that says why."""
    lines = table(crowded).splitlines()
    assert max(map(len, lines)) <= 80
    (pauses,) = [line for line in lines if line.lstrip("* ").startswith("false pauses %")]
    assert pauses.split()[-1] == "-"
    assert any(line.startswith("livekit: no second look") for line in lines)
