"""Rendering prompt templates that somebody else wrote.

Compile-time variables are `[[ company ]]`, blocks `[% if %]`, comments `[# #]`, so that a platform's own
run-time slots (`{{user_name}}`) pass untouched. A variable that is not there is an error. A template that
vaxctl ships renders in this process; every other one in a worker with limits (see `bounds`).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import astuple
from typing import TYPE_CHECKING

from vaxctl.prompts.bounds import BOUNDS, VARIABLES_LIMIT_BYTES, Bounds
from vaxctl.prompts.failure import Refused, failed
from vaxctl.prompts.rendering import check_source_size, rendered
from vaxctl.prompts.shipped import shipped_names, shipped_template

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | bool | list[str]
"""What a template variable can be."""

BUILT_IN_VARIABLES: tuple[str, ...] = ("runtime_slots", "language", "call_type", "profile_name")
"""What vaxctl passes itself; all other variables are the profile's `context_preservation.variables`.

`runtime_slots` (true or false) says whether the target fills `vaxctl.prompts.slots.RUNTIME_SLOTS`.
"""

_CACHED = 1024
_cache: OrderedDict[tuple[object, ...], str] = OrderedDict()


def render(
    source: str,
    variables: Mapping[str, Value],
    *,
    name: str,
    trusted: bool = False,
    bounds: Bounds = BOUNDS,
) -> str:
    """Return the text of the template `source`; `name` stands in messages.

    `trusted` asks for a render in this process, and is granted only where `source` is, character for
    character, a template that vaxctl ships. Texts are kept for the same source, variables and bounds.
    Raises TemplateFailed.
    """
    try:
        check_source_size(source)
        key = (_digest(source), _as_json(variables), astuple(bounds))
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
        text = _rendered(source, variables, bounds, in_process=trusted and is_shipped(source))
    except Refused as refused:
        raise failed(refused, name=name, known=variables) from refused
    _cache[key] = text
    while len(_cache) > _CACHED:
        _cache.popitem(last=False)
    return text


def is_shipped(source: str) -> bool:
    """Tell whether `source` is a template that came with this vaxctl."""
    return any(shipped_template(name) == source for name in shipped_names() if name.endswith(".j2"))


def _rendered(source: str, variables: Mapping[str, Value], bounds: Bounds, *, in_process: bool) -> str:
    if in_process:
        return rendered(source, variables, bounds)
    from vaxctl.prompts.workshop import WORKSHOP  # subprocess and threads only where one is needed

    return WORKSHOP.render(source, variables, bounds)


def _digest(source: str) -> str:
    import hashlib  # it loads OpenSSL, which a profile that is only checked does without

    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def _as_json(variables: Mapping[str, Value]) -> str:
    """Return the variables as JSON, for the cache's key. Raises Refused for a value of another kind."""
    for name, value in variables.items():
        items = value if isinstance(value, list) else []
        if not isinstance(value, (str, int, float, bool, list)) or not all(isinstance(i, str) for i in items):
            raise Refused("variables", f"variable {name!r} cannot be a {type(value).__name__}")
    text = json.dumps(dict(variables), sort_keys=True)
    if len(text) > VARIABLES_LIMIT_BYTES:
        raise Refused("variables", f"the variables are over {VARIABLES_LIMIT_BYTES // 1024} kB together")
    return text
