"""`vaxctl models`, from arguments to exit codes."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.models import manifest
from local_agent.models.manifest import parsed
from vaxctl.cli.running import run
from vaxctl.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _forged(forge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "shipped", lambda: forge.manifest)


def _states(output: str) -> dict[str, str]:
    document = json.loads(output)
    assert (document["format_version"], document["type"]) == ("1.0", "models")
    return {model["id"]: model["state"] for model in document["models"]}


def test_pull_list_verify_go_together(cache: Path, forge: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, pulled, here; then one byte is changed, and verify says which and exits 4."""
    assert run(["models", "list", "--json"]) == ExitCode.DONE
    assert _states(capsys.readouterr().out) == {"single": "missing", "double": "missing"}
    assert run(["models", "pull", "--all", "--from", str(forge.wheels)]) == ExitCode.DONE
    assert "single: pulled" in capsys.readouterr().out
    assert run(["models", "verify"]) == ExitCode.DONE
    capsys.readouterr()
    (cache / "double" / "1.0" / "two.bin").write_bytes(b"twx" * 2000)
    assert run(["models", "verify", "--json"]) == ExitCode.POLICY
    assert _states(capsys.readouterr().out) == {"single": "here", "double": "corrupt"}


def test_list_tells_what_each_is_for_and_how_to_get_it(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is data on stdout; what is absent is a note on stderr with its command."""
    assert run(["models", "list"]) == ExitCode.DONE
    told = capsys.readouterr()
    assert "single  missing  0.0 MB" in told.out
    assert "vaxctl models pull single" in told.err


@pytest.mark.parametrize("columns", [80, 100])
def test_the_table_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    """What is long is wrapped under itself, and no word of it is lost."""
    monkeypatch.setenv("COLUMNS", str(columns))
    models = parsed((files("local_agent.models") / "manifest.toml").read_text("utf-8"))
    monkeypatch.setattr(manifest, "shipped", lambda: models)
    assert run(["models", "list"]) == ExitCode.DONE
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= columns
    for model in models.models:
        assert {*model.purpose.split(), *model.licence.split(), model.id} <= set(told.split())


def test_a_named_model_that_is_absent_fails_verify(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verify without names takes what is here; with names it means them."""
    assert run(["models", "verify"]) == ExitCode.DONE
    assert run(["models", "verify", "single"]) == ExitCode.POLICY


def test_wheels_in_a_folder_are_verified_without_installing(
    cache: Path, forge: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Right, then one byte other, then gone: 0, 4, 4, and the cache is never made."""
    verify = ["models", "verify", "--from", str(forge.wheels), "--json"]
    assert run(verify) == ExitCode.DONE
    assert _states(capsys.readouterr().out) == {"single": "here", "double": "here"}
    forge.wheel.write_bytes(forge.wheel.read_bytes()[:-1] + b"\1")
    assert run(verify) == ExitCode.POLICY
    assert _states(capsys.readouterr().out) == {"single": "corrupt", "double": "corrupt"}
    forge.wheel.unlink()
    assert run(verify[:-1]) == ExitCode.POLICY
    assert "pip download --no-deps --only-binary :all: fakes==1.0" in capsys.readouterr().err
    assert not cache.exists()


def test_a_folder_to_verify_must_be_one(cache: Path, tmp_path: Path) -> None:
    """A folder that is not there is a usage error, as with pull."""
    assert run(["models", "verify", "--from", str(tmp_path / "absent")]) == ExitCode.INVALID


@pytest.mark.parametrize(
    "arguments", [[], ["single", "--all"], ["nonesuch"], ["single", "--from", "/nonexistent"]]
)
def test_unclear_wishes_are_usage_errors(
    cache: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither or both of names and --all, unknown names, no folder: exit 3, nothing pulled."""
    assert run(["models", "pull", *arguments]) == ExitCode.INVALID
    assert not cache.exists()


def test_a_source_without_the_model_is_exit_9(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with a vendor that cannot be reached: trying again later may help."""
    (tmp_path / "empty").mkdir()
    assert run(["models", "pull", "single", "--from", str(tmp_path / "empty")]) == ExitCode.VENDOR_UNAVAILABLE
    assert "help:" in capsys.readouterr().err
