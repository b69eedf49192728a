"""What tests of several rooms share: `plan_strategies`, the profiles and live objects that hypothesis draws."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _share(name: str, file: Path) -> None:
    # Test folders are no packages, so a module beside the tests has no import path of its own.
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


_share("plan_strategies", Path(__file__).parent / "plan" / "strategies.py")
