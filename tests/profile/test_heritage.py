"""`extends`: merging, provenance, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.heritage import MAX_GENERATIONS, Sources, root_of
from vaxctl.profile.load import load

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "schema: vaxctl/v1\n"
Write = "Callable[..., Path]"


def test_later_wins_and_mappings_merge(written: Callable[..., Path]) -> None:
    """Bases in order, the file over them; lists are replaced whole; each value knows its file."""
    written(
        "base/a.yaml",
        HEAD + "name: a\nvad: {threshold: 0.5, min_speech_ms: 100}\nbarge_in: {ignore_phrases: [a, b]}\n",
    )
    written(
        "base/b.yaml", "vad: {min_speech_ms: 150}\nstt: {provider: azure}\nbarge_in: {ignore_phrases: [z]}\n"
    )
    heir = written(
        "heirs/x.yaml",
        "extends: [../base/a.yaml, ../base/b.yaml]\nname: x\nbarge_in: {ignore_phrases: [c]}\nstt: {provider: null}\n",
    )
    loaded = load(heir)
    assert loaded.findings == ()
    assert loaded.profile is not None
    assert (loaded.profile.vad.threshold, loaded.profile.vad.min_speech_ms) == (0.5, 150)
    assert loaded.profile.barge_in.ignore_phrases == ("c",)
    assert not loaded.owns("stt.provider")
    assert str(loaded.origin("vad.threshold").location()) == "base/a.yaml:3:18"
    assert loaded.origin("vad.min_speech_ms").location().file == "base/b.yaml"
    assert str(loaded.origin("name").location()) == "heirs/x.yaml:2:7"
    assert loaded.origin("").location().file == "heirs/x.yaml"
    assert ("barge_in", "ignore_phrases", 1) not in loaded.layers.origins


def test_a_mapping_over_a_value_and_a_value_over_a_mapping(written: Callable[..., Path]) -> None:
    """Whichever is later, whole."""
    written("a.yaml", HEAD + "name: a\ntargets: {retell: {agent_id: {live: a}}, vapi: {assistant_id: one}}\n")
    written("b.yaml", "targets: {vapi: {assistant_id: {live: two}}}\n")
    loaded = load(written("x.yaml", "extends: [a.yaml, b.yaml]\nname: x\ntargets: {retell: {agent_id: b}}\n"))
    assert loaded.profile is not None
    assert loaded.profile.targets.retell is not None
    assert loaded.profile.targets.retell.agent_id == "b"
    assert loaded.profile.targets.vapi is not None
    assert loaded.profile.targets.vapi.assistant_id == {"live": "two"}


def test_a_base_is_read_once_and_never_changed(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand heirs cost one base; none of them leaves a mark on it."""
    from vaxctl.profile import heritage

    written(
        "base.yaml",
        HEAD
        + "name: base\nvad_config: {threshold: 0.4}\nenvironments: {live: {silence: {reminder_after_ms: 5000}}}\n",
    )
    heirs = [
        written(f"x{n}.yaml", f"extends: base.yaml\nname: x{n}\nvad: {{min_speech_ms: {n}}}\n")
        for n in range(5)
    ]
    read, opened = heritage.read, []

    def counted(path: Path, shown: str | None = None) -> object:
        opened.append(path.name)
        return read(path, shown)

    monkeypatch.setattr(heritage, "read", counted)
    sources = Sources()
    alone = load(Path("base.yaml"), None, sources)
    loaded = [load(heir, "live", sources) for heir in heirs]
    assert sorted(opened) == ["base.yaml", *(f"x{n}.yaml" for n in range(5))]
    assert [one.profile.vad.min_speech_ms for one in loaded if one.profile] == [0, 1, 2, 3, 4]
    assert all(one.profile.vad.threshold == 0.4 for one in loaded if one.profile)
    again = load(Path("base.yaml"), None, sources)
    assert again.layers.data == alone.layers.data
    assert again.profile == alone.profile


def test_a_file_is_named_as_it_was_asked_for(written: Callable[..., Path], folder: Path) -> None:
    """Not as some other profile led to it first."""
    written("base/b.yaml", HEAD + "name: b\nvad: {threshold: 7}\n")
    heir = written("heirs/x.yaml", "extends: ../base/b.yaml\nname: x\n")
    sources = Sources()
    assert load(heir, None, sources).findings[0].location.file == "base/b.yaml"
    assert load(Path("base/b.yaml"), None, sources).findings[0].location.file == "base/b.yaml"
    absolute = folder / "base/b.yaml"
    assert load(absolute, None, sources).findings[0].location.file == str(absolute)
    broken = written("broken.yaml", "a: [\n")
    load(broken, None, sources)
    assert load(folder / broken, None, sources).findings[0].location.file == str(folder / broken)


def test_links_are_followed_and_named_as_they_are(written: Callable[..., Path], folder: Path) -> None:
    """`link/../x` is not `x` when the link leads elsewhere."""
    written("far/deep/here.yaml", "extends: ../base.yaml\nname: x\n")
    written("far/base.yaml", HEAD + "name: far\n")
    written("base.yaml", HEAD + "name: near\nvad: {threshold: 7}\n")
    (folder / "link").symlink_to(folder / "far/deep")
    (folder / "file.yaml").symlink_to(folder / "far/deep/here.yaml")
    assert load(Path("link/here.yaml")).findings == ()
    assert Sources().resolved(folder / "file.yaml") == (folder / "far/deep/here.yaml").resolve()


WRONG = [
    ("extends: ../../etc/passwd", "lies outside", "move the base below it"),
    ("extends: /etc/passwd", "lies outside", "move the base below it"),
    ("extends: nothing.yaml", "there is no file nothing.yaml", None),
    ("extends: bas.yaml", "there is no file bas.yaml", "did you mean base.yaml?"),
    ("extends: nowhere/base.yaml", "there is no file nowhere/base.yaml", None),
    ("extends: 3", "extends takes file names, not 3", None),
    ("extends: ['']", "extends takes file names, not ''", None),
    ('extends: "a\\0b"', "extends takes file names", None),
    ("extends: case.yaml", "extends runs in a circle: case.yaml → case.yaml", None),
    ("extends: .", "there is no file .", None),
]


@pytest.mark.parametrize(("line", "message", "advice"), WRONG)
def test_what_is_refused(line: str, message: str, advice: str | None, written: Callable[..., Path]) -> None:
    """At the entry that says it."""
    written("base.yaml", HEAD + "name: base\n")
    loaded = load(written("case.yaml", f"name: x\n{line}\n"))
    (finding,) = loaded.findings
    assert message in finding.message
    assert (finding.help, finding.rule, finding.location.line) == (advice, "extends", 2)
    assert loaded.profile is None


def test_a_circle_is_said_for_each_who_asks(written: Callable[..., Path]) -> None:
    """What one run found for one file is not said of another."""
    a = written("a.yaml", HEAD + "name: a\nextends: b.yaml\n")
    b = written("b.yaml", HEAD + "name: b\nextends: a.yaml\n")
    sources = Sources()
    for first, second in ((a, b), (b, a), (a, b)):
        (finding,) = load(first, None, sources).findings
        assert finding.message == f"extends runs in a circle: {first} → {second} → {first}"
        assert finding.location.file == str(second)


def test_too_many_generations(written: Callable[..., Path]) -> None:
    """Also where a part of the line is known from before."""
    written("g0.yaml", HEAD + "name: g\n")
    for n in range(1, MAX_GENERATIONS + 1):
        written(f"g{n}.yaml", f"extends: g{n - 1}.yaml\n")
    sources = Sources()
    assert load(Path(f"g{MAX_GENERATIONS - 1}.yaml"), None, sources).findings == ()
    (finding,) = load(Path(f"g{MAX_GENERATIONS}.yaml"), None, sources).findings
    assert finding.message == f"extends goes more than {MAX_GENERATIONS} files deep"


def test_the_root_is_the_nearest_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's own folder; without any mark, the working directory if it is above the file, else the file's folder."""
    project = tmp_path / "p"
    (project / "a/b").mkdir(parents=True)
    (project / "vaxctl.toml").touch()
    assert root_of(project / "a/b/x.yaml") == project.resolve()
    monkeypatch.setattr("vaxctl.profile.heritage.ROOT_MARKS", ())
    for here, root in (
        (project, "."),
        (project / "a", "a"),
        (project / "a/b", "a/b"),
        (tmp_path.parent, "a/b"),
    ):
        monkeypatch.chdir(here)
        expected = here if here == tmp_path.parent else project / root
        assert root_of(project / "a/b/x.yaml") == expected.resolve()
    (project / "c").mkdir()
    monkeypatch.chdir(project / "c")
    assert root_of(project / "a/b/x.yaml") == (project / "a/b").resolve()
