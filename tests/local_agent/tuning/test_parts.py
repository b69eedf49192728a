"""A part of the corpus: what was judged once is not judged again, as each pass over an archive is dear."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_agent.parameters import EndpointingParameters, Parameters
from local_agent.tuning.evidence.parts import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Bench

PRESENT = Parameters(endpointing=EndpointingParameters("silence"))


def test_settings_are_judged_once_and_together(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """New settings go in one pass, each once; the part is cut out once, and counts as its groups do."""
    passes: list[int] = []
    grid = type(bench).grid

    def counted(self: Bench, settings: Sequence[Parameters]) -> list[Counts]:
        passes.append(len(settings))
        return grid(self, settings)

    monkeypatch.setattr(type(bench), "grid", counted)
    groups = sorted({trial.group for trial in bench.trials})[::2]
    part = Part(lambda _: bench, groups)
    other = replace(PRESENT, vad=replace(PRESENT.vad, threshold=0.7))
    part.count_all([PRESENT, other, PRESENT])
    assert part.counts(other) == bench.only(groups).counts(other)
    assert part.counts(PRESENT) != part.counts(other)
    part.count_all([PRESENT, other])
    assert part.bench(PRESENT) is part.bench(other)
    assert passes == [2, 1], "the part's one pass, and the one that it is compared with"
