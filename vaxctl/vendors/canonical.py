"""The one canonical form of vendor JSON: for comparing, hashing and stamping.

Numbers are equal when their values are (`2` and `2.0`, which servers turn into each other); true is not 1; the order of
keys does not count, the order of lists does.
"""

from __future__ import annotations

import json
from typing import Any, Final

from vaxctl.vendors.paths import MISSING

_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=repr)


def canonical(value: Any) -> Any:
    """Return `value` with whole floats as integers, all the way down. The original stays as it is."""
    # most of a tree are leaves of these types: to pass over them here saves a call for each
    if isinstance(value, dict):
        return {key: item if type(item) in _AS_THEY_ARE else canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in _AS_THEY_ARE else canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    import hashlib  # it loads OpenSSL, which a profile that is only checked does without

    text = _ENCODER.encode(canonical(value))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal in canonical form (`==` alone would take true for 1).

    MISSING, "nothing stands there", is equal to itself alone; null is a value.
    """
    if one is MISSING or other is MISSING:
        return one is other
    if type(one) is type(other) and not isinstance(one, dict | list):
        return bool(one == other)
    return digest(one) == digest(other)
