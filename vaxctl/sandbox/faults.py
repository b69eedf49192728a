"""Faults on demand: what goes wrong on the way to a vendor, and what somebody else does meanwhile.

    KIND[:ARG][@[METHOD][ PATH]][*COUNT][+SKIP]

    429[:SECONDS]    refused before anything happens; with SECONDS the answer carries Retry-After
    500-before       an error, nothing happened          500-after    the write is committed, then an error
    503              an error, nothing happened
    slow:MS          answered as usual, MS milliseconds late
    drop-before      connection lost, nothing happened   drop-after   committed, then the connection is lost
    lie              a write is answered as usual and not kept
    edit[:JSON]      somebody edits the object in the dashboard just before this request is handled
    side-effect[:JSON]   the write also changes another field of the object

METHOD is a verb, or ANY; PATH is the beginning of the path (`/retell/update-agent`). Without both, `lie`,
`side-effect`, `500-after` and `drop-after` strike writes and the rest any request. The first SKIP matching
requests are let by, then COUNT are struck (all, where COUNT is absent). JSON is merged into the object.
Example: `500-after@POST /vapi/assistant*1`, `edit:{"stopSpeakingPlan":{"numWords":9}}@PATCH /vapi*1+2`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from vaxctl.errors import InvalidInput
from vaxctl.sandbox.members import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WITH_NUMBER: Final = frozenset({"429", "slow"})
_WITH_JSON: Final = frozenset({"edit", "side-effect"})
_ON_WRITES: Final = frozenset({"lie", "side-effect", "500-after", "drop-after"})
KINDS: Final = frozenset(
    {"500-before", "503", "drop-before", "edit"} | _WITH_NUMBER | _ON_WRITES | _WITH_JSON
)
_KIND = re.compile(r"[0-9a-z-]+")
_TAIL = re.compile(
    r"(?:@(?P<method>[A-Z]+)? ?(?P<path>/[^ *+]*)? ?)?(?:\*(?P<count>\d{1,9}))?(?:\+(?P<skip>\d{1,9}))?"
)
_METHODS: Final = frozenset({"ANY", "GET", "POST", "PATCH", "PUT", "DELETE"})
_LONGEST_WAIT: Final = 3_600_000  # milliseconds; a longer one is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as written. `number`: seconds for 429, milliseconds for slow. `count` None: always."""

    spec: str
    kind: str
    number: int | None = None
    change: Mapping[str, Any] | None = None
    method: str | None = None
    path: str = ""
    count: int | None = None
    skip: int = 0

    def fits(self, method: str, path: str, *, writes: bool) -> bool:
        """Whether a request is one of those this fault is about."""
        if not path.startswith(self.path):
            return False
        if self.method is None and not self.path:
            return writes or self.kind not in _ON_WRITES
        return self.method in {None, "ANY", method}


def read_fault(spec: str) -> Fault:
    """Read one fault. Raises InvalidInput saying what is wrong with it."""
    text = spec.strip()
    found = _KIND.match(text)
    kind = found.group() if found else ""
    if kind not in KINDS:
        raise _wrong(spec, f"the kind is one of {', '.join(sorted(KINDS))}, not {kind or text[:20]!r}")
    number, change, at = _argument(spec, text, kind, len(kind))
    tail = _TAIL.fullmatch(text, at)
    if tail is None:
        raise _wrong(spec, f"cannot read {text[at:]!r}; after the kind comes [@METHOD PATH][*COUNT][+SKIP]")
    method, path, count = tail["method"], tail["path"] or "", tail["count"]
    if method is not None and method not in _METHODS:
        raise _wrong(spec, f"the method is one of {', '.join(sorted(_METHODS))}, not {method!r}")
    if "@" in text[at : at + 1] and not (method or path):
        raise _wrong(spec, "after @ comes a method, a path, or both")
    if count is not None and int(count) == 0:
        raise _wrong(spec, "a COUNT of 0 would never strike")
    if kind == "slow" and number is None:
        raise _wrong(spec, "slow needs milliseconds, as in slow:250")
    return Fault(
        text, kind, number, change, method, path, int(count) if count else None, int(tail["skip"] or 0)
    )


def _argument(spec: str, text: str, kind: str, at: int) -> tuple[int | None, Mapping[str, Any] | None, int]:
    if not text.startswith(":", at):
        return None, None, at
    if kind in _WITH_NUMBER:
        found = re.compile(r"\d{1,9}").match(text, at + 1)
        if found is None or int(found.group()) > _LONGEST_WAIT:
            raise _wrong(spec, f"{kind} takes a whole number from 0 to {_LONGEST_WAIT}")
        return int(found.group()), None, found.end()
    if kind in _WITH_JSON:
        return None, *_json_object(spec, text, kind, at + 1)
    raise _wrong(spec, f"{kind} takes no argument")


def _json_object(spec: str, text: str, kind: str, at: int) -> tuple[Mapping[str, Any], int]:
    try:
        _, end = json.JSONDecoder().raw_decode(text, at)
        value = parse(text[at:end])
    except (ValueError, RecursionError) as error:
        raise _wrong(spec, f"{kind} takes a JSON object: {error}") from error
    if not isinstance(value, dict) or not value:
        raise _wrong(spec, f"{kind} takes a JSON object that is not empty")
    return value, end


def _wrong(spec: str, why: str) -> InvalidInput:
    return InvalidInput(f"fault {spec!r}: {why}", help="for example: 429:7@PATCH /vapi/assistant*2")


class Faults:
    """The faults of a server, and how often each has met a request. Safe to share between threads.

    Raises InvalidInput for a spec that cannot be read.
    """

    def __init__(self, specs: Iterable[str] = ()) -> None:
        self._faults = tuple(read_fault(spec) for spec in specs)
        self._met: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def strike(self, method: str, path: str, specs: Iterable[str], *, writes: bool) -> list[Fault]:
        """Tell which faults strike this request: the server's, then those it carries itself in `specs`.

        A request's own fault is counted by its text, so `429*2` sent along with every try strikes twice.
        """
        keyed = [((f"server {at}", fault.spec), fault) for at, fault in enumerate(self._faults)]
        keyed += [(("header", fault.spec), fault) for fault in map(read_fault, specs)]
        return [f for key, f in keyed if f.fits(method, path, writes=writes) and self._falls_due(key, f)]

    def __bool__(self) -> bool:
        return bool(self._faults)

    def _falls_due(self, key: tuple[str, str], fault: Fault) -> bool:
        with self._lock:
            met = self._met[key] = self._met.get(key, 0) + 1
        return fault.skip < met and (fault.count is None or met <= fault.skip + fault.count)
