"""Running a scenario under another seed: other noises, room and losses in the same call."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_agent.scenarios.model import Scenario


def scenario_with_seed(scenario: Scenario, seed: int | None) -> Scenario:
    """Return the scenario under a seed mixed of the given one and its own; None leaves it as it is.

    The same two numbers give the same call, and scenarios that differ in their own seeds still do. `seed` is
    any whole number.
    """
    if seed is None:
        return scenario
    digest = hashlib.sha256(f"{seed}:{scenario.seed}".encode()).digest()
    return scenario.model_copy(update={"seed": int.from_bytes(digest[:4], "big")})
