"""From a live agent to a profile fragment that changes nothing, and what it cannot say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from plan_strategies import assistants, retell_shelves

from vaxctl.prompts.block import ManagedBlock, put
from vaxctl.prompts.shipped import shipped_template
from vaxctl.prompts.templates import render
from vaxctl.vendors.compiled import InPrompt, desired_value, owned_value
from vaxctl.vendors.decompiling import (
    Fragment,
    Remainder,
    as_profile_text,
    decompile,
    pulled_from,
    told_but_not_held,
)
from vaxctl.vendors.live import Live, LiveObject, Target
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.vendors.compiled import Compiled

drawn = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def live(name: str, **bodies: dict[str, Any]) -> Live:
    """Return live objects with these bodies."""
    objects = {kind: LiveObject(kind, f"id-{kind}", body) for kind, body in bodies.items()}
    return Live(Target(name, "id"), objects)


def changes(compiled: Compiled, there: Live) -> list[str]:
    """Return the paths that a plan of the compiled profile would change."""
    found = []
    for leaf in compiled.leaves:
        body = there.objects[leaf.kind].body
        here, wanted = owned_value(body, leaf), desired_value(leaf)
        if not isinstance(leaf.value, InPrompt) and here != wanted:
            found.append(leaf.at)
    return found


@drawn
@given(body=assistants)
def test_pulling_an_assistant_and_planning_changes_nothing(
    body: dict[str, Any], compiled: Callable[..., Compiled]
) -> None:
    """Whatever the dashboard holds, the fragment is valid and compiles to what is there."""
    there = live("vapi", assistant=body)
    fragment = decompile(vendor("vapi"), there)
    assert changes(compiled("vapi", **fragment.tree()), there) == []


@drawn
@given(shelf=retell_shelves())
def test_pulling_an_agent_and_planning_changes_nothing(
    shelf: dict[str, Any], compiled: Callable[..., Compiled]
) -> None:
    """The same at Retell."""
    agent = next(iter(shelf.values()))
    there = live("retell", agent=agent, llm={})
    fragment = decompile(vendor("retell"), there)
    assert changes(compiled("retell", **fragment.tree()), there) == []


PULLED: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "vapi",
        {"stopSpeakingPlan": {"numWords": 0, "voiceSeconds": 0.2}},
        {"barge_in.enabled": True, "barge_in.min_words": 0, "vad.min_speech_ms": 200},
        [],
    ),
    (
        "vapi",
        {
            "stopSpeakingPlan": {"numWords": 10, "interruptionPhrases": []},
            "firstMessageInterruptionsEnabled": False,
        },
        {"barge_in.enabled": False},
        [],
    ),
    (
        "vapi",
        {
            "startSpeakingPlan": {
                "smartEndpointingPlan": {"provider": "livekit", "waitFunction": "400 + 2100 * x^2"}
            }
        },
        {"endpointing.mode": "semantic", "endpointing.delay_ms": 400, "endpointing.max_delay_ms": 2500},
        [],
    ),
    (
        "vapi",
        {
            "startSpeakingPlan": {
                "smartEndpointingPlan": {"provider": "livekit", "waitFunction": "x"},
                "waitSeconds": 1,
            }
        },
        {},
        [
            "startSpeakingPlan.smartEndpointingPlan.provider",
            "startSpeakingPlan.smartEndpointingPlan.waitFunction",
            "startSpeakingPlan.waitSeconds",
        ],
    ),
    (
        "vapi",
        {"transcriber": {"provider": "11labs", "minSilenceDurationMs": 400, "confidenceThreshold": 0.5}},
        {"stt.provider": "elevenlabs", "vad.min_silence_ms": 400, "vad.threshold": 0.5},
        [],
    ),
    (
        "vapi",
        {"transcriber": {"provider": "deepgram", "model": "nova-3", "endpointing": 300, "language": "en-GB"}},
        {"stt.provider": "deepgram", "stt.model": "nova-3", "stt.endpointing_ms": 300, "language": "en-GB"},
        [],
    ),
    (
        "vapi",
        {
            "transcriber": {
                "provider": "assembly-ai",
                "speechModel": "universal-streaming-english",
                "maxTurnSilence": 900,
            }
        },
        {
            "stt.provider": "assemblyai",
            "stt.model": "universal-streaming-english",
            "endpointing.max_delay_ms": 900,
            "endpointing.mode": "semantic",
        },
        [],
    ),
    ("retell", {"interruption_sensitivity": 0.8}, {}, ["interruption_sensitivity"]),
    (
        "retell",
        {"interruption_sensitivity": 1, "language": "multi"},
        {"barge_in.enabled": True},
        ["language"],
    ),
    (
        "retell",
        {"denoising_mode": "noise-cancellation"},
        {"noise_suppression.engine": "platform", "noise_suppression.background_voices": False},
        [],
    ),
    (
        "retell",
        {"stt_mode": "custom", "custom_stt_config": {"provider": "azure", "endpointing_ms": 500}},
        {"stt.provider": "azure", "stt.endpointing_ms": 500},
        [],
    ),
    (
        "retell",
        {"stt_mode": "fast", "custom_stt_config": {"provider": "azure", "endpointing_ms": 500}},
        {},
        ["stt_mode", "custom_stt_config.provider", "custom_stt_config.endpointing_ms"],
    ),
    ("retell", {"end_call_after_silence_ms": 99_000_000.5}, {}, ["end_call_after_silence_ms"]),
]


@pytest.mark.parametrize(("name", "body", "values", "rest"), PULLED)
def test_what_is_read_and_what_is_left(
    name: str, body: dict[str, Any], values: dict[str, Any], rest: list[str]
) -> None:
    """A value is either in the fragment or in the remainder."""
    kind = {"vapi": "assistant", "retell": "agent"}[name]
    fragment = decompile(vendor(name), live(name, **{kind: body}))
    assert dict(fragment.values) == values
    assert sorted(one.path for one in fragment.remainder) == sorted(rest)


def test_our_block_is_read_in_a_flow_too() -> None:
    """A conversation flow's prompt stands elsewhere, and means the same."""
    prompt = put("You are Ada.", default_block())
    flow = live("retell", agent={}, **{"conversation-flow": {"global_prompt": prompt}})
    assert decompile(vendor("retell"), flow).values == {"context_preservation.enabled": True}


def default_block() -> ManagedBlock:
    """Return what the shipped template renders to without variables."""
    text = render(
        shipped_template("context_preservation.md.j2") or "",
        {"runtime_slots": False},
        name="shipped",
        trusted=True,
    )
    return ManagedBlock("context", text.strip("\n"))


@pytest.mark.parametrize("text", ["Listen.", "You speak for Larkspur."])
def test_a_block_made_with_variables_is_left_alone(text: str) -> None:
    """Owning it with none would change the prompt: the file says so in a comment."""
    prompt = put("You are Ada.", ManagedBlock("context", text))
    there = live("retell", agent={}, llm={"general_prompt": prompt})
    fragment = decompile(vendor("retell"), there)
    assert fragment.values == {}
    assert "add context_preservation" in fragment.notes[0]
    assert "# the prompt holds vaxctl's block 'context'" in as_profile_text(fragment, "retell", "a", "x")


def test_the_hooks_of_others_stay_in_the_list() -> None:
    """Ours is a key of the profile; each other one stands by itself."""
    other = {"on": "call.ending", "name": "theirs", "do": []}
    ours = {
        "on": "customer.speech.timeout",
        "name": "vaxctl-hang-up",
        "options": {"timeoutSeconds": 30, "triggerMaxCount": 1, "triggerResetMode": "onUserSpeech"},
        "do": [{"type": "tool", "tool": {"type": "endCall"}}],
    }
    fragment = decompile(vendor("vapi"), live("vapi", assistant={"hooks": [ours, other]}))
    assert fragment.values == {"silence.hang_up_after_ms": 30000}
    assert [(one.path, one.value) for one in fragment.remainder] == [("hooks[1]", other)]


def test_the_text_is_a_profile_with_the_rest_as_comments() -> None:
    """The file can be saved and validated; long values are cut."""
    there = live("vapi", assistant={"hooks": [{"on": "x" * 200}], "stopSpeakingPlan": {"backoffSeconds": 1}})
    text = as_profile_text(decompile(vendor("vapi"), there), "vapi", "a1", "ada")
    assert text.startswith(
        "# Pulled from vapi a1.\nschema: vaxctl/v1\nname: ada\nbarge_in:\n  backoff_ms: 1000\n"
    )
    assert "assistant_id: a1" in text
    assert all(len(line) < 130 for line in text.splitlines())
    assert "#   assistant hooks: [" in text
    assert "#" not in as_profile_text(Fragment({}, ()), "retell", "a", "x").split("\n", 1)[1]


def test_a_pulled_profile_says_where_it_came_from() -> None:
    """Its first line does, and only that: whoever takes it out makes the profile their own."""
    text = as_profile_text(Fragment({}, ()), "retell", "agent_1", "x")
    assert pulled_from(text) == ("retell", "agent_1")
    assert pulled_from(text.replace("\n", "\r\n")) == ("retell", "agent_1")
    assert pulled_from(text.split("\n", 1)[1]) is None
    assert pulled_from("schema: vaxctl/v1\n" + text) is None
    assert pulled_from("# Pulled from retell agent_1, then changed.\n") is None


def test_what_a_pulled_profile_does_not_hold_is_read_back() -> None:
    """The comments below it, line by line; comments of the user's and files that were not pulled have none."""
    rest = (Remainder("assistant", "stopSpeakingPlan.voiceSeconds", 0.2), Remainder("agent", "mode", "a"))
    text = as_profile_text(Fragment({"language": "en"}, rest), "vapi", "x", "calm")
    listed = ("assistant stopSpeakingPlan.voiceSeconds: 0.2", 'agent mode: "a"')
    assert told_but_not_held(text) == listed
    assert told_but_not_held(text.replace("language", "#   mine: 1\nlanguage") + "# no more\n") == listed
    assert told_but_not_held(as_profile_text(Fragment({}, ()), "vapi", "x", "calm")) == ()
    assert told_but_not_held(text.split("\n", 1)[1]) == ()


def test_fragment_is_plain_data() -> None:
    """The tree can go into any document."""
    assert (
        json.dumps(Fragment({"vad.threshold": 0.5, "language": "de"}, ()).tree())
        == '{"vad": {"threshold": 0.5}, "language": "de"}'
    )
