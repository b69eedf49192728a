"""Another chance for a scenario: the same call with other noises, another room, other losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from local_agent.scenarios.model import Scenario


def reseeded(scenario: Scenario, seed: int) -> Scenario:
    """Return the scenario with a seed made of `seed` (0 or more) and its own.

    The same two give the same third; scenarios that differ in their own seeds stay different.
    """
    mixed = np.random.SeedSequence([seed, scenario.seed]).generate_state(1, np.uint32)[0]
    return scenario.model_copy(update={"seed": int(mixed)})
