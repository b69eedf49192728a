"""From a profile to owned leaves and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.compiled import Absent, InPrompt
from vaxctl.vendors.judging import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.profile.load import LoadedProfile
    from vaxctl.vendors.compiled import Compiled

VAPI = {"vapi": {"assistant_id": "a1"}}


def leaves(compiled: Compiled) -> dict[str, Any]:
    """Return the leaves by path."""
    return {leaf.at: leaf.value for leaf in compiled.leaves}


@pytest.mark.parametrize("name", ["retell", "vapi"])
def test_nothing_said_is_nothing_owned(name: str, compiled: Callable[..., Compiled]) -> None:
    """Defaults are for the local agent; they are not pushed."""
    assert compiled(name).leaves == ()
    assert compiled(name, call_type="complex-questions", campaign={"deployment": "new"}).leaves == ()


@pytest.mark.parametrize("name", ["retell", "vapi"])
def test_null_lets_go(name: str, compiled: Callable[..., Compiled]) -> None:
    """A key without a value is not owned."""
    made = compiled(
        name,
        language=None,
        stt={"provider": "deepgram", "endpointing_ms": None},
        endpointing={"delay_ms": None},
    )
    assert "transcriber.endpointing" not in leaves(made)
    assert "language" not in {leaf.origin for leaf in made.leaves}


def test_an_override_wins_and_is_said(compiled: Callable[..., Compiled]) -> None:
    """One leaf, two values: the vendor's own words win, with a warning at them."""
    plan = {"stopSpeakingPlan": {"numWords": 3}}
    made = compiled(
        "vapi", barge_in={"min_words": 2}, targets={"vapi": {"assistant_id": "a1", "overrides": plan}}
    )
    assert leaves(made)["stopSpeakingPlan.numWords"] == 3
    (finding,) = made.findings
    assert (finding.rule, finding.invalid) == ("override-hides-key", False)
    assert finding.related[0][1] == "barge_in.min_words is set here"


def test_an_override_that_agrees_is_not_said(compiled: Callable[..., Compiled]) -> None:
    """Saying the same twice hides nothing."""
    plan = {"stopSpeakingPlan": {"numWords": 2}}
    made = compiled(
        "vapi", barge_in={"min_words": 2}, targets={"vapi": {"assistant_id": "a1", "overrides": plan}}
    )
    assert made.findings == ()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"silenceTimeoutSeconds": 30}, "vapi has no assistant field 'silenceTimeoutSeconds'"),
        (
            {"startSpeakingPlan": {"waitSeconds": 9}},
            "vapi: startSpeakingPlan.waitSeconds is at most 5 s, not 9",
        ),
        ({"startSpeakingPlan": {"waitSeconds": 10**40}}, "not a number of more than 20 digits"),
        ({"startSpeakingPlan": {"waitSeconds": "1"}}, "takes a number, not '1'"),
        ({"hooks": {}}, "hooks takes an array, not {}"),
        ({"maxDurationSeconds": 12.5}, "maxDurationSeconds"),
        ({"transcriber": {"provider": "azure", "language": "en-XX"}}, "more, not 'en-XX'; did you mean en-"),
    ],
)
def test_limits_hold_for_overrides(
    overrides: dict[str, Any], said: str, compiled: Callable[..., Compiled]
) -> None:
    """What the document refuses is an error before anything is sent, at the very line."""
    made = compiled("vapi", targets={"vapi": {"assistant_id": "a1", "overrides": overrides}})
    if overrides == {"maxDurationSeconds": 12.5}:
        assert made.findings == ()
        return
    (finding,) = made.findings
    assert said in finding.message
    assert finding.invalid
    assert finding.location.line > 3


def test_long_lists_of_choices_are_cut(compiled: Callable[..., Compiled]) -> None:
    """Sixty languages are no help; the nearest one is."""
    target = {"retell": {"agent_id": "a", "overrides": {"agent": {"language": "en-uk"}}}}
    (finding,) = compiled("retell", targets=target).findings
    assert len(finding.message) < 150
    assert finding.message.endswith("did you mean en-US?")


def test_a_limit_that_a_rule_explains_is_said_once(loaded: Callable[..., LoadedProfile]) -> None:
    """The rule has a page; the bare limit beside it would only repeat it."""
    judged = judge(loaded(targets={"vapi": {"assistant_id": "a1", "name": "n" * 41}}))
    assert [finding.rule for finding in judged.findings if finding.invalid] == ["vapi-name-too-long"]


def test_a_template_that_fails_is_a_finding(compiled: Callable[..., Compiled]) -> None:
    """The profile is unusable, and says where."""
    made = compiled("vapi", context_preservation={"enabled": True, "template": "absent.j2"})
    (finding,) = made.findings
    assert (finding.rule, finding.invalid) == ("template", True)


@pytest.mark.parametrize("name", ["retell", "vapi"])
def test_context_off_removes_the_block(name: str, compiled: Callable[..., Compiled]) -> None:
    """Off is said, so the block is owned, and wanted gone; absent leaves the prompt alone."""
    (leaf,) = compiled(name, context_preservation={"enabled": False}).leaves
    assert leaf.value == InPrompt(None)
    alone = compiled(name, context_preservation={"variables": {"company": "Acme"}})
    assert alone.leaves == ()
    assert "left alone" in alone.capabilities[0].note


def test_hybrid_and_back(compiled: Callable[..., Compiled]) -> None:
    """Our rule for digits goes with its mode, or it would beat the next one's plan."""
    rule = r"startSpeakingPlan.customEndpointingRules[regex=\d\W*$]"
    assert leaves(compiled("vapi", endpointing={"mode": "hybrid"}))[rule]["timeoutSeconds"] == 2.5
    for mode in ("semantic", "silence"):
        assert leaves(compiled("vapi", endpointing={"mode": mode}))[rule] == Absent()
    german = compiled("vapi", language="de", endpointing={"mode": "hybrid"})
    assert leaves(german)[rule] == Absent()
    flux = compiled(
        "vapi", stt={"provider": "deepgram", "model": "flux-general-en"}, endpointing={"mode": "hybrid"}
    )
    assert leaves(flux)[rule] == Absent()


def test_barge_in_off_and_on_again(compiled: Callable[..., Compiled]) -> None:
    """What off wrote is taken back by on, unless the profile says what should stand there."""
    phrases = "stopSpeakingPlan.interruptionPhrases"
    assert leaves(compiled("vapi", barge_in={"enabled": False}))[phrases] == []
    on = leaves(compiled("vapi", barge_in={"enabled": True}))
    assert (on["stopSpeakingPlan.numWords"], on[phrases]) == (0, Absent([]))
    said = leaves(compiled("vapi", barge_in={"enabled": True, "interrupt_phrases": ["stop"]}))
    assert said[phrases] == ["stop"]
    retell = leaves(compiled("retell", barge_in={"enabled": False}))
    assert retell == {"interruption_sensitivity": 0, "allow_dtmf_interruption": False}
    assert leaves(compiled("retell", barge_in={"enabled": True})) == {"interruption_sensitivity": 1}


def test_a_check_does_not_ask_for_the_text_of_a_block(compiled: Callable[..., Compiled]) -> None:
    """Limits and rules read what is not the block; the body has it."""
    made = compiled("vapi", context_preservation={"enabled": True}, barge_in={"min_words": 2})
    assert made.settings("assistant")["stopSpeakingPlan"] == {"numWords": 2}
    assert "vaxctl:begin" in made.body("assistant")["model"]["messages"][0]["content"]
    assert "model" not in made.settings("assistant")


def test_no_limit_of_a_prompt_is_near_what_a_block_can_hold() -> None:
    """So leaving the block out of what limits read passes over nothing."""
    from vaxctl.prompts.bounds import BOUNDS
    from vaxctl.vendors.retell import limits as retell
    from vaxctl.vendors.vapi import limits as vapi

    body = {"model": {"messages": [{"role": "system", "content": ""}]}}
    limit = vapi.limit_for("assistant", "model.messages[0].content", body)
    assert limit is not None
    assert (limit.max_length or 0) > 10 * BOUNDS.output_bytes
    for kind, path in (("llm", "general_prompt"), ("conversation-flow", "global_prompt")):
        found = retell.limit_for(kind, path, {path: ""})
        assert found is not None
        assert found.max_length is None
