"""The three kinds of Retell object, and how each is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vaxctl.sandbox.members import dump, join
from vaxctl.sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxctl.sandbox.call import World


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: its name in the store and the limits, in paths, of its id; what the server writes."""

    name: str
    in_path: str
    id_field: str
    id_prefix: str
    id_digits: int
    shows_published: bool = True

    def new_row(self, id: str, now_ms: int) -> Row:  # noqa: A002
        """Version 0, a draft, still without a body."""
        return Row("retell", self.name, id, 0, published=False, created_ms=now_ms, updated_ms=now_ms, body="")


AGENT = Kind("agent", "agent", "agent_id", "agent_", 24)
LLM = Kind("llm", "retell-llm", "llm_id", "llm_", 24)
# the documents show no is_published on a flow
FLOW = Kind(
    "conversation-flow",
    "conversation-flow",
    "conversation_flow_id",
    "conversation_flow_",
    12,
    shows_published=False,
)
KINDS = (AGENT, LLM, FLOW)


def save(
    world: World, kind: Kind, row: Row, members: Mapping[str, str], *, base_version: int | None = None
) -> str:
    """Write a version with the server's own fields filled in; give back the JSON text for a GET."""
    filled = {kind.id_field: dump(row.id), "version": str(row.version)}
    if base_version is not None:
        filled["base_version"] = str(base_version)
    if kind.shows_published:
        filled["is_published"] = dump(row.published)
    filled["last_modification_timestamp"] = str(row.updated_ms)
    body = join(filled | {key: text for key, text in members.items() if key not in filled})
    world.store.put(replace(row, body=body))
    return body
