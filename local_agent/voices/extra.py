"""Importing a package of the extra `voice`, or saying how to bring it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from local_agent.errors import ModelMissing

if TYPE_CHECKING:
    from types import ModuleType

INSTALL = "python -m pip install 'vaxctl[voice]'"


def from_extra(module: str, package: str) -> ModuleType:
    """Return the module.

    Raises ModelMissing, with the command that brings the package, where it cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ModelMissing(f"package {package} is not installed: {error}", help=INSTALL) from error
