"""What the tests of plan and apply share: `plan_strategies` and `plan_worlds`, importable by these names."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _share(name: str) -> None:
    # Test folders are no packages, so a module beside the tests has no import path of its own.
    if f"plan_{name}" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(f"plan_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


_share("worlds")
_share("strategies")
