"""All that can be said of a profile offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxctl.diagnostics import Severity
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


def test_a_template_is_looked_at_without_a_target(tmp_path: Path) -> None:
    """One that is missing, leads out of the project, or is broken: `validate` of a base says so."""
    (tmp_path / "broken.j2").write_text("[% if %]", encoding="utf-8")
    (tmp_path / "heirs.j2").write_text("[[ given_by_an_heir | default('') ]]", encoding="utf-8")
    path = tmp_path / "base.yaml"
    for name, count in (("none.j2", 1), ("../../x.j2", 1), ("broken.j2", 1), ("heirs.j2", 0)):
        path.write_text(
            f"schema: vaxctl/v1\nname: x\ncontext_preservation: {{template: {name}}}\n", encoding="utf-8"
        )
        found = [finding for finding in judge(load(path)).findings if finding.rule == "template"]
        assert len(found) == count
        assert all(finding.invalid for finding in found)


def test_an_empty_block_is_a_warning(tmp_path: Path) -> None:
    """A template of white space would put two markers and nothing else into a prompt."""
    (tmp_path / "empty.j2").write_text("[# nothing #]\n \n", encoding="utf-8")
    path = tmp_path / "x.yaml"
    path.write_text(
        "schema: vaxctl/v1\nname: x\ncontext_preservation: {enabled: true, template: empty.j2}\n"
        "targets: {vapi: {assistant_id: a}}\n",
        encoding="utf-8",
    )
    (finding,) = judge(load(path)).findings
    assert (finding.rule, finding.severity, finding.invalid) == ("template", Severity.WARNING, False)


def test_a_field_that_no_closed_object_has_is_refused(loaded: Callable[..., LoadedProfile]) -> None:
    """Below the top level too, with the key that was probably meant."""
    overrides = {"startSpeakingPlan": {"waitSecs": 1, "waitSeconds": 0.4}, "metadata": {"anything": 1}}
    profile = loaded(targets={"vapi": {"assistant_id": "a", "overrides": overrides}})
    (finding,) = [one for one in judge(profile).findings if one.rule == "vendor-field"]
    assert (finding.rule, finding.invalid, finding.help) == (
        "vendor-field",
        True,
        "did you mean waitSeconds?",
    )
    agent = {"custom_stt_config": {"provider": "azure", "endpoint_ms": 500, "endpointing_ms": 500}}
    profile = loaded(targets={"retell": {"agent_id": "a", "overrides": {"agent": agent}}})
    (finding,) = [one for one in judge(profile).findings if one.rule == "vendor-field"]
    assert "custom_stt_config.endpoint_ms" in finding.message


def test_what_no_vendor_of_the_profile_holds_is_said(loaded: Callable[..., LoadedProfile]) -> None:
    """Once, with each vendor's reason; not for what is the local agent's, and not where one of them holds it."""
    blocks = {"barge_in": {"backoff_ms": 500}, "false_barge_in": {"resume": True}, "vad": {"threshold": 0.5}}
    (finding,) = judge(loaded(**blocks, targets={"retell": {"agent_id": "a"}})).findings
    assert (finding.rule, finding.severity) == ("owned-but-held-nowhere", Severity.WARNING)
    assert finding.message.startswith("barge_in.backoff_ms is sent to no vendor here: retell: ")
    assert judge(loaded(**blocks, targets=BOTH)).findings == ()
    assert judge(loaded(**blocks)).findings == ()
