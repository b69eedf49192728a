"""Another seed: the same two give the same third, and scenarios stay apart."""

from __future__ import annotations

from local_agent.scenarios.model import Scenario
from local_agent.scenarios.seeding import reseeded


def test_a_given_seed_mixes_with_the_scenarios_own() -> None:
    """All but the seed stays; 0 is a seed like others, and no two of these meet."""
    own = [Scenario(name="a", seed=seed) for seed in range(20)]
    made = [[reseeded(scenario, seed) for scenario in own] for seed in (0, 1, 2)]
    assert made == [[reseeded(scenario, seed) for scenario in own] for seed in (0, 1, 2)]
    seeds = {scenario.seed for row in made for scenario in row} | {scenario.seed for scenario in own}
    assert len(seeds) == 4 * 20
    assert made[0][3].model_copy(update={"seed": 3}) == own[3]
