"""One part of a corpus, ready to judge settings; what was judged once is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.parameters import Parameters
    from local_agent.tuning.judging.counts import Counts
    from local_agent.tuning.judging.evaluating import Judging
    from local_agent.tuning.search.searching import BenchFor


class Part:
    """The benches of one part of the corpus, each cut out once; what was counted is kept."""

    def __init__(self, benches: BenchFor, groups: Sequence[str]) -> None:
        self._benches, self._groups = benches, groups
        self._cut: dict[Judging, Judging] = {}
        self._counted: dict[Parameters, Counts] = {}

    def whole(self, parameters: Parameters) -> Judging:
        """Return the bench of all of the corpus that fits these parameters."""
        return self._benches(parameters)

    def bench(self, parameters: Parameters) -> Judging:
        """Return the part of the bench that fits these parameters."""
        whole = self._benches(parameters)
        if whole not in self._cut:
            self._cut[whole] = whole.only(self._groups)
        return self._cut[whole]

    def counts(self, parameters: Parameters) -> Counts:
        """Judge one setting on this part."""
        self.count_all([parameters])
        return self._counted[parameters]

    def count_all(self, settings: Sequence[Parameters]) -> None:
        """Judge settings together, so that each pass over a part that lies elsewhere is worth it."""
        new = [one for one in dict.fromkeys(settings) if one not in self._counted]
        for bench, some in self._by_bench(new):
            self._counted.update(zip(some, bench.grid(some), strict=True))

    def totals(self, settings: Sequence[Parameters]) -> list[Counts]:
        """Judge settings of which nothing but the whole numbers is asked."""
        found: dict[Parameters, Counts] = {}
        for bench, some in self._by_bench(settings):
            found.update(zip(some, bench.totals(some), strict=True))
        return [found[one] for one in settings]

    def _by_bench(self, settings: Sequence[Parameters]) -> list[tuple[Judging, list[Parameters]]]:
        by_bench: dict[Judging, list[Parameters]] = {}
        for one in settings:
            by_bench.setdefault(self.bench(one), []).append(one)
        return list(by_bench.items())
