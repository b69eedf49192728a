"""Searches: all of a space, or a walk through it that can be interrupted."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local_agent.errors import ExtraMissing, UnusableInput
from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.search.objectives import parse_goal
from local_agent.tuning.search.searching import Walk, batches, exhaustive, guided
from local_agent.tuning.search.space import Space, applied, legal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Bench
    from local_agent.tuning.search.searching import Candidate, Sampler

PRESENT = Parameters(endpointing=EndpointingParameters("silence"))
GOAL = parse_goal("false_barge_in_rate,missed_barge_in_rate", ["stop_ms_p90<=600"])
SPACE = Space.of(
    {
        "vad.threshold": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
        "vad.release_threshold": (0.2, 0.35, 0.65),
        "vad.min_speech_ms": (64, 128, 200, 300),
        "vad.min_silence_ms": (400,),
        "false_barge_in.validate": (True, False),
    }
)


def test_all_of_a_space(bench: Bench) -> None:
    """Each legal setting once, judged as alone, those nearest to the present one first."""
    found = exhaustive(lambda _: bench, SPACE, GOAL, PRESENT)
    assert len(found) == len(list(SPACE.settings(PRESENT)))
    for candidate in found[::17]:
        counts = bench.counts(applied(candidate.setting, PRESENT))
        assert candidate.values == GOAL.values(counts)
        assert candidate.violation == GOAL.violation(counts)
    changes = [SPACE.change(candidate.setting, PRESENT) for candidate in found]
    assert changes == sorted(changes)
    assert any(candidate.violation for candidate in found)
    assert not all(c.violation for c in found)


def test_each_suppressor_has_its_bench(bench: Bench) -> None:
    """Settings are judged on the bench that fits them."""
    other = bench.only({trial.group for trial in bench.trials if trial.group.endswith("1")})
    space = Space.of({"noise_suppression.engine": ("off", "rnnoise"), "vad.threshold": (0.3, 0.6)})
    found = exhaustive(
        lambda parameters: other if parameters.noise.engine == "rnnoise" else bench, space, GOAL, PRESENT
    )
    for candidate in found:
        parameters = applied(candidate.setting, PRESENT)
        wanted = other if parameters.noise.engine == "rnnoise" else bench
        assert candidate.values == GOAL.values(wanted.counts(parameters))


@pytest.mark.parametrize(
    ("sampler", "first", "trials", "where"),
    [
        ("nsga2", 9, 26, "{}/walk.journal"),  # into the second generation
        ("tpe", 9, 14, "{}/walk.journal"),  # past the random start of 10
        ("tpe", 3, 6, "sqlite:///{}/walk.db"),
    ],
)
def test_a_resumed_walk_is_an_uninterrupted_one(
    bench: Bench, tmp_path: Path, sampler: Sampler, first: int, trials: int, where: str
) -> None:
    """Stopped after a few settings and taken up again, a walk ends as if it had never stopped."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")

    def walked(trials: int, storage: str | None) -> list[Candidate]:
        return guided(lambda _: bench, SPACE, GOAL, PRESENT, Walk(trials, 7, sampler, storage))

    whole = walked(trials, None)
    assert len(walked(first, where.format(tmp_path))) <= first
    assert walked(trials, where.format(tmp_path)) == whole == walked(trials, None)
    for candidate in whole:
        parameters = applied(candidate.setting, PRESENT)
        if legal(parameters):
            assert candidate.values == GOAL.values(bench.counts(parameters))
        else:
            assert candidate.violation > 0


@pytest.mark.parametrize(
    ("sampler", "where"),
    [("nsga2", "{}/walk.journal"), ("tpe", "{}/walk.journal"), ("tpe", "sqlite:///{}/walk.db")],
)
def test_a_walk_killed_over_a_setting(bench: Bench, tmp_path: Path, sampler: Sampler, where: str) -> None:
    """A setting that was proposed and never judged is let go: the walk ends as if it had never been."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    asked = 0

    def dying(parameters: Parameters) -> Bench:
        nonlocal asked
        asked += 1
        if asked == 8:
            raise KeyboardInterrupt
        del parameters
        return bench

    walk = Walk(trials := 24 if sampler == "nsga2" else 16, 7, sampler, where.format(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        guided(dying, SPACE, GOAL, PRESENT, walk)
    whole = guided(lambda _: bench, SPACE, GOAL, PRESENT, Walk(trials, 7, sampler))
    assert guided(lambda _: bench, SPACE, GOAL, PRESENT, walk) == whole


@pytest.mark.parametrize("where", ["{}/walk.journal", "sqlite:///{}/walk.db"])
def test_two_at_once_end_where_one_does(bench: Bench, tmp_path: Path, where: str) -> None:
    """The second waits for the first, finds its walk done, and leaves no lock behind."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")

    def walked(storage: str | None) -> list[Candidate]:
        return guided(lambda _: bench, SPACE, GOAL, PRESENT, Walk(12, 7, "tpe", storage))

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(walked, [where.format(tmp_path)] * 2))
    assert found[0] == found[1] == walked(None)
    assert not list(tmp_path.glob("*.walk"))


def test_a_walk_that_cannot_be_held_is_refused(bench: Bench, tmp_path: Path) -> None:
    """Without the lock two could mix their walks: what stands in the way is named."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    (tmp_path / "walk.db.walk").mkdir()
    with pytest.raises(UnusableInput, match=r"walk\.db\.walk cannot be written"):
        guided(lambda _: bench, SPACE, GOAL, PRESENT, Walk(2, 7, "tpe", f"sqlite:///{tmp_path}/walk.db"))


@pytest.mark.parametrize(("sampler", "passes"), [("nsga2", 3), ("tpe", 45)])
def test_a_generation_is_judged_in_one_pass(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, sampler: Sampler, passes: int
) -> None:
    """What does not depend on each other is judged together: a pass over an archive is dear. TPE learns one by one."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    space = Space.of({"vad.threshold": (0.3, 0.4, 0.5, 0.6), "vad.min_speech_ms": tuple(range(50, 300, 10))})
    seen: list[int] = []
    totals = bench.totals

    def counted(settings: Sequence[Parameters]) -> list[Counts]:
        seen.append(len(settings))
        return totals(settings)

    monkeypatch.setattr(bench, "totals", counted)
    guided(lambda _: bench, space, GOAL, PRESENT, Walk(45, 3, sampler))
    assert (len(seen), sum(seen)) == (passes, 45)
    assert batches(sampler, 45) == passes


def test_a_walk_tells_how_far_it_is(bench: Bench, tmp_path: Path) -> None:
    """Progress counts what its storage held already; a walk that is complete tries nothing."""
    pytest.importorskip("optuna", reason="the extra tune is not installed")
    told: list[tuple[int, int]] = []
    for trials in (3, 5, 5):
        walk = Walk(trials, 7, "tpe", f"{tmp_path}/walk.log")
        guided(lambda _: bench, SPACE, GOAL, PRESENT, walk, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3), (4, 5), (5, 5)]


def test_without_optuna(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, with the command that brings it."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ExtraMissing, match="optuna") as caught:
        guided(lambda _: bench, SPACE, GOAL, PRESENT, Walk(3, 1))
    assert "vaxctl[tune]" in (caught.value.help or "")
