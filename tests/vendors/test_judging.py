"""All that can be said of a profile offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.profile.load import load
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.judging import all_rules, every_rule, judge, vendor_findings
from vaxctl.vendors.vendor import vendor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxctl.profile.load import LoadedProfile

BOTH = {"retell": {"agent_id": "a"}, "vapi": {"assistant_id": "b"}}


def test_compiled_for_the_vendors_it_names(loaded: Callable[..., LoadedProfile]) -> None:
    """Or for those asked for; for none when it names none."""
    assert [one.vendor for one in judge(loaded(targets=BOTH)).compiled] == ["retell", "vapi"]
    assert [one.vendor for one in judge(loaded(targets=BOTH), ("vapi",)).compiled] == ["vapi"]
    assert judge(loaded()).compiled == ()


def test_an_unusable_profile_is_not_compiled(tmp_path: Path) -> None:
    """Its own findings are all there is."""
    path = tmp_path / "x.yaml"
    path.write_text(
        "schema: vaxctl/v1\nname: x\nvad: {threshold: 7}\ntargets: {vapi: {assistant_id: a}}\n",
        encoding="utf-8",
    )
    judged = judge(load(path))
    assert judged.compiled == ()
    assert [finding.rule for finding in judged.findings] == ["shape"]


def test_every_rule_has_a_page() -> None:
    """Those of the flats and those about excuses too."""
    rules = every_rule()
    assert {
        "vapi-name-too-long",
        "threshold-too-sensitive",
        "unknown-template-variable",
        "unused-excuse",
    } <= rules.keys()
    assert "unused-excuse" not in all_rules()
    assert all(rule.page for rule in rules.values())


def test_a_vendors_rules_look_at_any_trees(loaded: Callable[..., LoadedProfile]) -> None:
    """Offline at the owned leaves, when planning at what would stand there."""
    flux = {"provider": "deepgram", "model": "flux-general-en"}
    compiled = compile_for(
        loaded(endpointing={"mode": "semantic"}, targets={"vapi": {"assistant_id": "a"}}), vendor("vapi")
    )
    assert vendor_findings(compiled) == []
    trees = {
        "assistant": {
            "transcriber": flux,
            "startSpeakingPlan": {"smartEndpointingPlan": {"provider": "livekit"}},
        }
    }
    rules = {finding.rule for finding in vendor_findings(compiled, trees)}
    assert "vapi-smart-endpointing-disables-turn-ends" in rules
