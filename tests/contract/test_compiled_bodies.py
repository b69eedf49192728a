"""Whatever a valid profile compiles to, the vendor's own document takes, unknown properties forbidden.

A profile may ask for what a vendor does not take (a hang-up after five seconds at Retell); then it is a finding
that says so, before anything is sent. What has no such finding must pass.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from plan_strategies import profiles
from ruamel.yaml import YAML

from vaxctl.profile.load import load
from vaxctl.vendors.compiled import overlay
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.vendor import NAMES, vendor

if TYPE_CHECKING:
    from vaxctl.profile.load import LoadedProfile

PROFILES = Path(__file__).parents[2] / "profiles"
SHIPPED = sorted(
    path
    for path in PROFILES.rglob("*.yaml")
    if "schema:" in path.read_text(encoding="utf-8") or "vad_config" in path.read_text(encoding="utf-8")
)
MODEL = {"provider": "openai", "model": "gpt-4o"}
SPEECHMATICS = {"provider": "speechmatics", "customVocabulary": []}


def there(kind: str, loaded: LoadedProfile) -> dict[str, Any]:
    """Return what an object holds before us, where the document wants company for what we write."""
    profile = loaded.profile
    assert profile is not None
    if kind != "assistant":
        return {}
    return {
        "model": MODEL,
        **({"transcriber": SPEECHMATICS} if profile.stt.provider == "speechmatics" else {}),
    }


drawn = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LIMITS = {"vendor-limit", "vendor-field"}


def from_tree(tree: dict[str, Any]) -> LoadedProfile:
    """Load a drawn profile from a real file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawn.yaml")
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe", pure=True).dump({"schema": "vaxctl/v1", "name": "drawn", **tree}, stream)
        return load(path)


def refusals(loaded: LoadedProfile, name: str, document: Any) -> tuple[list[str], list[str]]:
    """Return what the document says against the bodies, laid over next to nothing, and what compiling found itself."""
    compiled = compile_for(loaded, vendor(name))
    bodies = {
        kind: overlay(there(kind, loaded), [leaf for leaf in compiled.leaves if leaf.kind == kind])
        for kind in compiled.kinds
    }
    said = [error for kind, body in bodies.items() if body for error in document.errors(kind, body)]
    return said, [finding.message for finding in compiled.findings if finding.rule in LIMITS]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(PROFILES)))
@pytest.mark.parametrize("name", NAMES)
def test_shipped_profiles(path: Path, name: str, vendor_document: Any) -> None:
    """What we ship, the bad examples included, is at least something the vendor would take."""
    loaded = load(path)
    assert loaded.profile is not None, loaded.findings
    assert refusals(loaded, name, vendor_document) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_generated_profiles(name: str, vendor_document: Any) -> None:
    """Without overrides, the document refuses only what a finding has already refused."""

    @drawn
    @given(tree=profiles(overrides=False))
    def holds(tree: dict[str, Any]) -> None:
        said, found = refusals(from_tree(tree), name, vendor_document)
        assert found or not said

    holds()


@pytest.mark.parametrize("name", NAMES)
@drawn
@given(tree=profiles(overrides=False))
def test_only_a_few_findings_are_possible(tree: dict[str, Any], name: str) -> None:
    """Every range of the profile that a vendor does not share is held in a formula, but for those that cannot be."""
    compiled = compile_for(from_tree(tree), vendor(name))
    origins = {f.message.split(" ")[1] for f in compiled.findings if f.rule in LIMITS}
    hooks = {f"hooks[{at}].options.timeoutSeconds" for at in (0, 1)}
    allowed = {
        "retell": {"end_call_after_silence_ms"},
        "vapi": {"transcriber.model", "transcriber.speechModel", *hooks},
    }
    assert origins <= allowed[name]
