"""Retell's flat: everything the rest of the house may ask of Retell, in one object.

What only reading and writing need is imported there: a profile that is checked does without.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from vaxctl.vendors.compiled import InPrompt, Leaf
from vaxctl.vendors.retell import limits
from vaxctl.vendors.retell.limits import AGENT, FLOW, LLM
from vaxctl.vendors.retell.table import TABLE
from vaxctl.vendors.targeting import chosen_id, leaves_of_overrides, without_nulls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.exchange import Exchange
    from vaxctl.vendors.live import Desired, Live, LiveObject, Target, Written
    from vaxctl.vendors.table import Entry

_FLOW_PROMPT: Final = ("global_prompt",)


@dataclass(frozen=True, slots=True)
class Retell:
    """One agent and the LLM or conversation flow behind it."""

    name: str = "retell"
    kinds: tuple[str, ...] = (AGENT, LLM, FLOW)
    table: Mapping[str, Entry] = field(default_factory=lambda: TABLE)

    def target(self, loaded: LoadedProfile) -> Target | None:
        """Return the agent for the environment in force, or None."""
        wanted = loaded.profile.targets.retell if loaded.profile else None
        if wanted is None:
            return None
        id_ = chosen_id(loaded, "targets.retell.agent_id", wanted.agent_id)
        from vaxctl.vendors.live import Target

        return Target(self.name, id_, publish=wanted.publish == "publish")

    def override_leaves(self, loaded: LoadedProfile) -> Iterable[Leaf]:
        """Return the leaves of `targets.retell.overrides`, by resource kind."""
        wanted = loaded.profile.targets.retell if loaded.profile else None
        overrides = wanted.overrides if wanted else {}
        return [
            leaf
            for kind, tree in overrides.items()
            for leaf in leaves_of_overrides(kind, tree, f"targets.retell.overrides.{kind}")
        ]

    def broken_limits(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Check against `limits`."""
        return limits.check(kind, body)

    def missing_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Check what `limits` says is required."""
        return limits.missing(kind, body)

    def unknown_keys(self, kind: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the keys that neither Retell's document nor its SDK has."""
        return (*sorted(set(body) - limits.known_keys(kind)), *limits.unknown_inside(kind, body))

    def keys_beside(self, kind: str, path: str) -> frozenset[str]:
        """Return the keys that could stand where an unknown one does."""
        return limits.keys_beside(kind, path)

    def comparable(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what the server sets, the engine's version, and our line in the description."""
        kept: dict[str, Any] = {
            key: value for key, value in body.items() if key not in limits.SERVER_FIELDS[kind]
        }
        if kind == AGENT and isinstance(kept.get("response_engine"), dict):
            kept["response_engine"] = {k: v for k, v in kept["response_engine"].items() if k != "version"}
        if kind == AGENT:
            from vaxctl.vendors.retell.exchanges import STAMP_FIELD
            from vaxctl.vendors.stamp import text_without

            kept[STAMP_FIELD] = text_without(kept.get(STAMP_FIELD)) or None
        stripped: dict[str, Any] = without_nulls(kept)
        return stripped

    def route(self, leaf: Leaf, live: Live) -> Leaf | None:
        """Put the prompt's block into whichever engine the agent has."""
        if leaf.kind in live.objects:
            return leaf
        if leaf.kind == LLM and isinstance(leaf.value, InPrompt) and FLOW in live.objects:
            return replace(leaf, kind=FLOW, path=_FLOW_PROMPT)
        return None

    def prompt_view(self, live: Live) -> Mapping[str, LiveObject]:
        """Return the objects with a flow's global prompt where the table looks for an LLM's."""
        flow = live.objects.get(FLOW)
        if flow is None:
            return live.objects
        from vaxctl.vendors.live import LiveObject

        prompt = {"general_prompt": flow.body.get(_FLOW_PROMPT[0])}
        return {**live.objects, LLM: LiveObject(LLM, flow.id, prompt)}

    def turn_taking_keys(self, kind: str) -> tuple[str, ...]:
        """Return the agent's fields about turn-taking; engines have none but the prompt."""
        if kind != AGENT:
            return ()
        return (
            *(
                "interruption_sensitivity",
                "responsiveness",
                "enable_dynamic_responsiveness",
                "enable_backchannel",
            ),
            *("backchannel_frequency", "backchannel_words", "denoising_mode", "denoising_enhancement_level"),
            *(
                "stt_mode",
                "custom_stt_config",
                "vocab_specialization",
                "begin_message_delay_ms",
                "reminder_trigger_ms",
            ),
            *(
                "reminder_max_count",
                "end_call_after_silence_ms",
                "ambient_sound",
                "allow_dtmf_interruption",
                "language",
            ),
        )

    def read(self, target: Target) -> Exchange[Live]:
        """Read agent and engine."""
        from vaxctl.vendors.retell import exchanges

        return exchanges.read(target)

    def read_many(self, targets: Sequence[Target]) -> Exchange[Mapping[str, Live]]:
        """Read none: Retell lists summaries of agents."""
        from vaxctl.vendors.retell import exchanges

        return exchanges.read_many(targets)

    def heard(self, live: Live) -> Exchange[Mapping[str, LiveObject] | None]:
        """Read the last published version before a draft."""
        from vaxctl.vendors.retell import exchanges

        return exchanges.heard(live)

    def write(self, live: Live, desired: Desired) -> Exchange[Written]:
        """Draft if need be, then patch."""
        from vaxctl.vendors.retell import exchanges

        return exchanges.write(live, desired)

    def publish(self, live: Live) -> Exchange[Written]:
        """Publish the draft in place."""
        from vaxctl.vendors.retell import exchanges

        return exchanges.publish(live)

    def in_words(self, kind: str, path: str, before: Any, after: Any) -> str | None:
        """Tell a change in callers' terms."""
        del kind
        from vaxctl.vendors.retell import words

        return words.in_words(path, before, after)

    def after_apply(self, live: Live, *, changes: bool, publish: bool) -> str:
        """Say which version callers will hear."""
        agent = live.objects[AGENT]
        version = agent.version or 0
        drafted = version + 1 if agent.published and changes else version
        if publish:
            return f"version {drafted} is published: numbers bound to latest_published or latest use it"
        if agent.published and not changes:
            return f"version {version} stays published"
        return (
            f"version {drafted} is a draft: numbers bound to latest use it at once; "
            "those bound to latest_published or to a fixed version do not until it is published"
        )


RETELL: Final = Retell()
