"""What `vaxctl tune` listens to: the options that name audio, the trials that it makes, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_agent.scenarios.finding import Finding
    from local_agent.tuning.listening.cache import Cache
    from local_agent.tuning.listening.composing import Sounds
    from local_agent.tuning.listening.trial import Trial
    from local_agent.tuning.search.objectives import Goal

RATES: Final = (8_000, 16_000)
MOST_TOLD: Final = 50
"""Findings that are shown one by one; more than a screen or two nobody reads before mending the first ones."""


@dataclass(frozen=True, slots=True)
class Audio:
    """What is listened to, as on the command line."""

    corpus: Path | None
    calls: str | None
    labels: Path | None
    snr_db: float | None
    rate_hz: int | None

    def check(self, *, on_cluster: bool) -> None:
        """Raise InvalidInput where the options do not go together."""
        if (self.corpus is None) == (self.calls is None):
            raise InvalidInput(
                "give one of --corpus and --from-calls",
                help="--corpus takes labelled clips (docs/corpus.md), --from-calls recorded calls (docs/tune-labels.md)",
            )
        if self.labels is not None and self.calls is None:
            raise InvalidInput("--labels are of recorded calls", help="add --from-calls DIR")
        if self.snr_db is not None and self.corpus is None:
            raise InvalidInput(
                "--snr-db needs a corpus: recorded calls have their own noise", help="leave --snr-db out"
            )
        if self.snr_db is not None and not -20 <= self.snr_db <= 60:  # noqa: PLR2004 - as scenarios have it
            raise InvalidInput(f"--snr-db {self.snr_db:g}: give a number from -20 to 60")
        if "://" in (self.calls or "") and not on_cluster:
            raise InvalidInput(
                f"{self.calls} is not on this machine", help="add --cluster: its workers read what they reach"
            )
        if self.rate_hz not in (None, *RATES):
            raise InvalidInput(f"--rate {self.rate_hz}: give 8000 or 16000")
        folder = self.corpus or Path(self.calls or ".")
        if "://" not in (self.calls or "") and not folder.is_dir():
            raise InvalidInput(f"{folder} is no folder", help="check the path")

    @property
    def name(self) -> str:
        """What people call it: the folder's own name."""
        return Path(self.corpus or self.calls or "").resolve().name

    def trials(self, seed: int, cache: Cache, sounds: Sounds, goal: Goal) -> list[Trial]:
        """Return the trials that the audio makes and the goal can be judged on.

        Raises InvalidInput; findings are shown line by line. Raises UnusableInput where the audio cannot tell
        what is asked for.
        """
        from local_agent.scenarios.reading import ScenarioUnusable
        from local_agent.tuning.listening.calls import trials_of_calls
        from local_agent.tuning.listening.corpus import trials_of

        try:
            if self.calls is not None:
                made = trials_of_calls(Path(self.calls), seed=seed, labels=self.labels, sounds=sounds)
            else:
                assert self.corpus is not None, "one of the two is given"  # noqa: S101
                made = trials_of(self.corpus, seed=seed, snr_db=self.snr_db, cache=cache, sounds=sounds)
        except ScenarioUnusable as problem:
            raise self._unusable(problem.findings) from problem
        return judgeable(made, goal)

    def _unusable(self, findings: Sequence[Finding]) -> InvalidInput:
        """Show the findings, and return what ends the run."""
        from vaxctl.cli.console import err
        from vaxctl.cli.tuning_command import shell_line

        said: set[str | None] = set()
        for finding in findings[:MOST_TOLD]:
            err(str(replace(finding, help=None) if finding.help in said else finding))
            said.add(finding.help)  # one advice for many lines is read once
        count = len(findings)
        if count > MOST_TOLD:
            lists = f"`{shell_line('corpus', 'check', self.corpus)}`" if self.corpus else "--json"
            err(f"… and {count - MOST_TOLD} more; {lists} lists them all")
        return InvalidInput(
            f"the audio has {count} {'finding' if count == 1 else 'findings'}; nothing was tuned",
            help="mend what stands above, and run the same command again",
        )


def judgeable(trials: Sequence[Trial], goal: Goal) -> list[Trial]:
    """Return the trials without those that nobody asks about and no split can cut; said on stderr.

    Raises UnusableInput where something that is asked for cannot be told from any of them.
    """
    from local_agent.errors import UnusableInput
    from local_agent.tuning.listening.corpus import asked_of, refuse_one_sided
    from vaxctl.cli.console import err
    from vaxctl.cli.tuning import wrapped

    turns, floor = goal.about_turns, goal.about_floor
    refuse_one_sided(trials, floor=floor, turns=turns)
    classes = sorted({trial.sound_class for trial in trials if trial.situation == "over_agent"})
    for metric in goal.metrics:
        if metric.sound_class is not None and metric.sound_class not in classes:
            raise UnusableInput(
                f"{metric} cannot be measured: no class {metric.sound_class!r};"
                f" there are: {', '.join(classes) or 'none'}",
                help="name one of them, or add such audio",
            )
    kept, notes = asked_of(trials, floor=floor, turns=turns)
    for note in notes:
        err(wrapped(note))
    return kept
