"""From a package of rule modules to rules by id."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
from vaxctl.errors import VaxctlError
from vaxctl.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

GENERIC = "vaxctl.rules.catalogue"
"""The rules that read a loaded profile."""

EXCUSING = "vaxctl.rules.excusing"
"""The rules that read the ledger of excuses."""

_FILE_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


class BrokenRule(VaxctlError):
    """A rule module lacks what every rule module has: a programming error in vaxctl."""


@cache
def discover(package: str) -> Mapping[str, Rule]:
    """Import each module of `package` and return its rules by id, sorted; read once per process.

    A module's name with `_` as `-` is the id, its docstring the page. It holds `SEVERITY` and
    `check(subject)`, and may hold `NEEDS_PROFILE = False`. Raises BrokenRule for a module without these.
    """
    rules = (_rule(importlib.import_module(f"{package}.{name}"), name) for name in _names(package))
    return MappingProxyType({rule.id: rule for rule in rules})


def ids(package: str) -> frozenset[str]:
    """Return the ids of a package's rules by its file names alone: no rule is imported."""
    return frozenset(map(_id, _names(package)))


def _names(package: str) -> list[str]:
    home = importlib.import_module(package)
    return sorted(module.name for module in pkgutil.iter_modules(home.__path__))


def _id(name: str) -> str:
    return name.replace("_", "-")


def _rule(module: ModuleType, name: str) -> Rule:
    page = inspect.cleandoc(module.__doc__ or "")
    severity, check = getattr(module, "SEVERITY", None), getattr(module, "check", None)
    if not _FILE_NAME.fullmatch(name):
        raise BrokenRule(f"{module.__name__}: a rule's file name is made of small letters, digits and _")
    if not page:
        raise BrokenRule(f"{module.__name__} has no docstring, which is the rule's documentation page")
    if not isinstance(severity, Severity):
        raise BrokenRule(f"{module.__name__} has no SEVERITY")
    if not callable(check):
        raise BrokenRule(f"{module.__name__} has no check()")
    needs_profile = bool(getattr(module, "NEEDS_PROFILE", True))
    return Rule(_id(name), page.splitlines()[0], severity, page, check, needs_profile)
