"""One worker process for the whole folder, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from vaxctl.prompts import templates
from vaxctl.prompts.bounds import BOUNDS, Bounds
from vaxctl.prompts.failure import TemplateFailed
from vaxctl.prompts.workshop import WORKSHOP

Fail = Callable[..., TemplateFailed]


@pytest.fixture(scope="session", autouse=True)
def _worker_ends() -> Iterator[None]:
    yield
    WORKSHOP.close()


@pytest.fixture
def fail() -> Fail:
    """Render what must fail, and return the error."""

    def render(source: str, bounds: Bounds = BOUNDS, **variables: templates.Value) -> TemplateFailed:
        with pytest.raises(TemplateFailed) as caught:
            templates.render(source, variables, name="mine.j2", bounds=bounds)
        return caught.value

    return render
