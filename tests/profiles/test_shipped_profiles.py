"""The profiles that come with vaxctl say nothing wrong, compile for both vendors, and hold after one apply."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from vaxctl.cli.running import run

ROOT = Path(__file__).parents[2] / "profiles"
NAMES = sorted(path.name for path in ROOT.glob("*.yaml"))
SANDBOXED = {"published-good.yaml": ["--env", "sandbox"]}
"""What stands in the place of another profile goes nowhere without an environment."""


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the profiles to an empty folder and go there: the sandbox keeps its data below it."""
    shutil.copytree(ROOT, tmp_path / "profiles", ignore=shutil.ignore_patterns("hall-of-shame"))
    monkeypatch.chdir(tmp_path)
    return Path("profiles")


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Return the one JSON document on stdout."""
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_one_per_call_type_and_the_published_one() -> None:
    """The set is whole."""
    calls = {"outbound-qualification.yaml", "inbound-service.yaml", "complex-questions.yaml"}
    assert calls | {"published-good.yaml"} == set(NAMES)


def test_no_rule_has_anything_to_say(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a note, for all of them and their base; and each says what it says without the others."""
    assert run(["validate", str(shipped), "--format", "json"]) == 0
    assert document(capsys)["diagnostics"] == []
    for name in NAMES:
        extra = SANDBOXED.get(name, [])
        assert run(["validate", str(shipped / name), "--format", "concise", *extra]) == 0
        assert ":" not in capsys.readouterr().out.replace("All clear:", "")


def test_they_are_laid_out(shipped: Path) -> None:
    """`vaxctl fmt` would change nothing."""
    assert run(["fmt", "--check", str(shipped)]) == 0


@pytest.mark.parametrize("vendor", ["retell", "vapi"])
@pytest.mark.parametrize("name", NAMES)
def test_compiles(name: str, vendor: str, shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each compiles for either vendor, whether it names one there or not."""
    assert run(["compile", str(shipped / name), "--target", vendor, "--json"]) == 0
    made = document(capsys)
    assert made["diagnostics"] == []
    assert made["resources"]


@pytest.mark.parametrize("name", NAMES)
def test_second_plan_is_empty(name: str, shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a fresh sandbox: something to do, no warning about the live agents, and nothing left to do."""
    where = [str(shipped / name), "--sandbox", *SANDBOXED.get(name, [])]
    assert run(["plan", *where, "--detailed-exitcode"]) == 2
    assert "warning" not in capsys.readouterr().err
    assert run(["apply", *where, "--auto-approve"]) == 0
    assert run(["plan", *where, "--detailed-exitcode"]) == 0


def test_the_folder_can_be_applied_at_once(shipped: Path) -> None:
    """No two of them own one agent."""
    files = [str(shipped / name) for name in NAMES]
    assert run(["apply", *files, "--sandbox", "--auto-approve"]) == 0
    assert run(["plan", *files, "--sandbox", "--detailed-exitcode"]) == 0


def test_flux_keeps_its_turn_ends(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reception's assistant runs on Flux: no smart plan, the cap as Flux's timeout, a language without region."""
    assert run(["compile", str(shipped / "inbound-service.yaml"), "--target", "vapi", "--json"]) == 0
    (resource,) = json.loads(capsys.readouterr().out)["resources"]
    assert resource["body"]["startSpeakingPlan"] == {"smartEndpointingPlan": None}
    assert resource["body"]["transcriber"] == {
        "provider": "deepgram",
        "model": "flux-general-en",
        "language": "en",
        "eotTimeoutMs": 3000,
    }
