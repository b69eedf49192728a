"""What is not even looked at: somebody far away, or the agent's own voice coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.simulate.echo import ECHO_LIKENESS, likeness
from local_agent.turn.evidence import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from local_agent.simulate.ear import Sound

    Samples = NDArray[np.float32]


def beneath_notice(
    run: Sequence[Sound], caller_db: float | None, heard: Callable[[], Samples], said: Callable[[], Samples]
) -> bool:
    """Tell whether a suspicion is a voice far below the caller's, or the agent's own echo.

    `run` is what raised it; `caller_db` the caller's usual level, None while unknown; `heard` gives the run's
    samples and `said` what the agent said lately, both asked for only when level does not decide.
    """
    limit = None if caller_db is None else caller_db - Thresholds().below_caller_db
    if limit is not None and max(sound.level_db for sound in run) < limit:
        return True
    return likeness(heard(), said()) >= ECHO_LIKENESS
