"""Secrets are known by the name of their place, on both sides of a change; their values are never shown or stored.

Known names, and two shapes that carry a secret in a harmless place: the headers of a request, and the query of a URL.
"""

from __future__ import annotations

import re
from typing import Any

SECRET = "(secret)"  # noqa: S105 - what stands in place of one
_NAMES = re.compile(
    # `maxTokens` counts and `credentialIds` points: neither is a secret
    r"secret|token(?!s\b|s_|_?(?:count|limit))|passw|passphrase|\bpwd\b|api[-_]?key|access[-_]?key|authori[sz]ation"
    r"|\bauth\b|credential(?!_?ids?\b)|private[-_]?key|signing[-_]?key|x-.*-key|bearer|cookie",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"(?i)^headers$")
_PLAIN_HEADERS = re.compile(r"(?i)^(?:accept|content-type|content-length|user-agent)$")
_LAST_STEP = re.compile(r"[^.\[\]]+")
_USER_INFO = re.compile(r"(?<=://)[^/\s@?#]+@")
_QUERY = re.compile(r"(?<=[?&;])([\w.~%-]+)=([^&;#\s\"']+)")
_NAME_KEYS = ("name", "key", "header")


def shown(path: str, value: Any) -> Any:
    """Return `value` with everything that stands under a secret's name replaced, all the way down.

    `path` is where the value stands, as text; each of its steps counts.
    """
    steps = _LAST_STEP.findall(path)
    if any(_is_secret(step, value) for step in steps):
        return SECRET
    in_headers = any(_HEADERS.match(step) for step in steps) and not _PLAIN_HEADERS.match(steps[-1])
    return _within(value, headers=in_headers)


def _is_secret(name: str, value: Any) -> bool:
    """Whether `value` under this name is to be hidden: a switch (`isServerUrlSecretSet`) never is, nor null."""
    return value is not None and not isinstance(value, bool) and _NAMES.search(name) is not None


def _within(value: Any, *, headers: bool = False) -> Any:
    if isinstance(value, dict):
        named = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
        return {key: _member(str(key), item, named, headers=headers) for key, item in value.items()}
    if isinstance(value, list):
        return [_within(item, headers=headers) for item in value]
    if isinstance(value, str):
        return SECRET if headers else _without_secrets_in_urls(value)
    return value


def _member(key: str, item: Any, named: str, *, headers: bool) -> Any:
    if _is_secret(key, item) or (key == "value" and _is_secret(named, item)):
        return SECRET
    if headers and _PLAIN_HEADERS.match(key):
        return item
    return _within(item, headers=headers or bool(_HEADERS.match(key)))


def _without_secrets_in_urls(text: str) -> str:
    if "://" not in text:
        return text
    text = _USER_INFO.sub(f"{SECRET}@", text)
    return _QUERY.sub(lambda m: f"{m[1]}={SECRET}" if _is_secret(m[1], m[2]) else m[0], text)
