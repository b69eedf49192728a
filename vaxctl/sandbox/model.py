"""The sandbox: both modelled vendors behind one door, `/retell/…` and `/vapi/…`.

    sandbox = Sandbox(".vaxctl/sandbox.db", faults=["429:1@PATCH *1"])
    sandbox.handle("GET", "/vapi/assistant", {}, {"authorization": "Bearer any"}, b"")

`vaxctl.sandbox.app` opens it to httpx in the same process and to any ASGI server.
"""

from __future__ import annotations

import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vaxctl.errors import InvalidInput
from vaxctl.sandbox import edits, retell, vapi
from vaxctl.sandbox.call import Answer, Call, Handler, Versioning, World
from vaxctl.sandbox.faults import Fault, Faults
from vaxctl.sandbox.members import dump
from vaxctl.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

FAULT_HEADER: Final = "x-vaxctl-fault"
VERSIONINGS: Final = ("off", "on", "draft")
_HANDLE: dict[str, Handler] = {"retell": retell.handle, "vapi": vapi.handle}
_REFUSAL: dict[str, Callable[..., Answer]] = {"retell": retell.refusal, "vapi": vapi.refusal}
_ALWAYS = (("content-type", "application/json"), ("x-vaxctl-sandbox", "model"))
_ABOUT = dump(
    {
        "sandbox": "model",
        "says": "This is a model of two vendors' published documents, kept by vaxctl. It is not the vendors.",
        "retell": {
            "base_url_ends_in": "/retell",
            "modelled_from": "OpenAPI of 2026-08-03, retell-sdk 6.2.13",
        },
        "vapi": {"base_url_ends_in": "/vapi", "modelled_from": "OpenAPI of 2026-08-18, docs of 2026-08-20"},
    }
)

Reply = tuple[int, tuple[tuple[str, str], ...], bytes]


class ConnectionDropped(Exception):
    """The modelled connection broke, before or after the request was carried out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and how it travels: `delay_ms` late, or not at all where `dropped`."""

    answer: Answer
    delay_ms: int = 0
    dropped: Literal["before", "after"] | None = None


class Sandbox:
    """Both vendors over one database file (or `:memory:`). May be shared between threads.

    `faults` are specs for every request (see `vaxctl.sandbox.faults`), `versioning` is how the modelled Vapi
    organisation keeps versions. `clock` gives epoch milliseconds, `new_id` 32 hexadecimal digits.
    Raises InvalidInput for a fault, a versioning or a file that cannot be used.
    """

    def __init__(
        self,
        path: str | Path,
        faults: Iterable[str] = (),
        versioning: Versioning = "off",
        *,
        clock: Callable[[], int] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        if versioning not in VERSIONINGS:
            raise InvalidInput(f"versioning is one of {', '.join(VERSIONINGS)}, not {versioning!r}")
        self._faults = Faults(faults)
        self.world = World(
            Store(path), clock or _now_ms, new_id or (lambda: uuid.uuid4().hex), versioning=versioning
        )

    @property
    def store(self) -> Store:
        """The objects."""
        return self.world.store

    def close(self) -> None:
        """Close the database file."""
        self.store.close()

    def handle(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes,
    ) -> Reply:
        """Answer one request as (status, headers, body), waiting where a fault says so.

        Raises ConnectionDropped where a fault says so.
        """
        pairs = headers.items() if hasattr(headers, "items") else headers
        low = [(name.lower(), value) for name, value in pairs]
        key = next((value for name, value in low if name == "authorization"), "")
        outcome = self.answer(
            method, path, query, key, tuple(value for name, value in low if name == FAULT_HEADER), body
        )
        if outcome.delay_ms:
            time.sleep(outcome.delay_ms / 1000)
        if outcome.dropped:
            raise ConnectionDropped(outcome.dropped)
        return reply(outcome.answer)

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        authorization: str,
        faults: tuple[str, ...],
        body: bytes,
    ) -> Outcome:
        """Do the same without waiting: what to answer, and how. `faults` are the request's own specs."""
        if path == "/":
            return Outcome(Answer(200, _ABOUT))
        name, _, rest = path[1:].partition("/")
        if name not in _HANDLE:
            return Outcome(Answer(404, dump({"message": "paths begin with /retell or /vapi"})))
        call = Call(method, "/" + rest, query, _bearer(authorization), body)
        if not (faults or self._faults):
            return Outcome(self._carry_out(name, call))
        try:
            struck = self._faults.strike(method, path, faults, writes=_writes(method, path))
        except InvalidInput as error:
            return Outcome(Answer(400, dump({"message": error.message, "sandbox": "fault header"})))
        return self._with_faults(name, call, path, struck)

    def _with_faults(self, name: str, call: Call, path: str, struck: list[Fault]) -> Outcome:
        delay_ms = sum(fault.number or 0 for fault in struck if fault.kind == "slow")
        kinds = {fault.kind: fault for fault in struck}
        for fault in struck:
            if fault.kind == "edit":
                with self.store.transaction():
                    edits.change_object(self.world, path, fault.change, edits.EDIT)
        refused = _refused_before(name, kinds)
        if refused is not None:
            return Outcome(refused, delay_ms)
        if "drop-before" in kinds:
            return Outcome(Answer(0), delay_ms, "before")
        answer = self._carry_out(
            name, call, path=path, side_effect=kinds.get("side-effect"), keep="lie" not in kinds
        )
        if "drop-after" in kinds:
            return Outcome(answer, delay_ms, "after")
        if "500-after" in kinds and answer.status < 400:  # noqa: PLR2004 - a refusal stays one
            answer = _REFUSAL[name](500, "An unexpected server error occurred.")
        return Outcome(answer, delay_ms)

    def _carry_out(
        self, name: str, call: Call, *, path: str = "", side_effect: Fault | None = None, keep: bool = True
    ) -> Answer:
        reading = call.method == "GET"
        with nullcontext() if reading else self.store.transaction(keep=keep):
            answer = _HANDLE[name](call, self.world)
            if side_effect is not None and not reading and answer.status < 400:  # noqa: PLR2004
                edits.change_object(self.world, path, side_effect.change, edits.SIDE_EFFECT)
        return answer


def reply(answer: Answer) -> Reply:
    """Give an answer as (status, headers, body), saying that this is a model."""
    return answer.status, (*_ALWAYS, *answer.headers), answer.body.encode()


def _refused_before(name: str, kinds: Mapping[str, Fault]) -> Answer | None:
    refusal = _REFUSAL[name]
    if "429" in kinds:
        seconds = kinds["429"].number
        answer = refusal(429, "Account rate limited, please throttle your requests.")
        return answer if seconds is None else Answer(429, answer.body, (("retry-after", str(seconds)),))
    if "500-before" in kinds:
        return refusal(500, "An unexpected server error occurred.")
    return refusal(503, "Service unavailable.") if "503" in kinds else None


def _bearer(authorization: str) -> str | None:
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def _writes(method: str, path: str) -> bool:
    return method not in {"GET", "HEAD"} and "/v2/list-" not in path


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
