"""Bad input gets a diagnostic at its place and exit 3 (or 4), never a traceback, in every format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaxctl.cli.running import run

HEAD = b"schema: vaxctl/v1\nname: x\n"
TEXT = """\
schema: vaxctl/v1
name: outbound
call_type: outbound-qualification
language: en-GB
vad: {model: silero_v6, threshold: 0.55, min_speech_ms: 200}
noise_suppression: {engine: platform}
endpointing: {mode: semantic, delay_ms: 400, max_delay_ms: 2500}
barge_in: {enabled: true, ignore_phrases: [mm-hmm, right]}
context_preservation: {enabled: true, variables: {company: Larkspur}}
environments:
  staging: {vad: {threshold: 0.6}}
targets:
  retell: {agent_id: {staging: agent_1, production: agent_2}}
  vapi: {assistant_id: a-1, overrides: {firstMessage: Hello}}
"""


def _bomb() -> bytes:
    lines = [b"a0: &a0 {k: 1}"]
    lines += [
        b"a%d: &a%d {<<: [*a%d, *a%d], k%d: {<<: *a%d}}" % (i, i, i - 1, i - 1, i, i - 1)
        for i in range(1, 30)
    ]
    return b"\n".join(lines) + b"\n"


def _laughs() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 10)]
    return b"\n".join(lines) + b"\n"


def _context(template: bytes) -> bytes:
    return (
        HEAD
        + b"context_preservation: {enabled: true, template: %s}\ntargets: {vapi: {assistant_id: a}}\n"
        % template
    )


CASES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n\n",
    "comment-only": b"# nothing\n",
    "null": b"null\n",
    "list": b"- a\n",
    "scalar": b"hello\n",
    "two-documents": HEAD + b"---\na: 1\n",
    "tabs": HEAD + b"vad:\n\tthreshold: 0.5\n",
    "duplicate-key": HEAD + b"name: y\n",
    "binary": bytes(range(256)) * 20,
    "latin-1": b"schema: vaxctl/v1\nname: caf\xe9\n",
    "utf-16": "schema: vaxctl/v1\n".encode("utf-16"),
    "nul": b"schema: vaxctl/v1\nname: 'a\x00b'\n",
    "raw-escape": b"schema: vaxctl/v1\nname: a\x1b[31mb\n",
    "escaped-escape": b'schema: vaxctl/v1\nname: "a\\e[31mb"\n',
    "escaped-key": HEAD + b'"\\e[31mred": 1\n',
    "surrogate": b'schema: vaxctl/v1\nname: "\\uD800"\n',
    "10-mb": b"# " + b"x" * 10_000_000,
    "deep-list": b"a: " + b"[" * 5000 + b"]" * 5000,
    "deep-map": b"\n".join(b" " * depth + b"a:" for depth in range(900)),
    "unclosed": b"{a: " * 3000,
    "merge-bomb": _bomb(),
    "billion-laughs": _laughs(),
    "self-merge": b"a: &a {<<: *a}\n",
    "self-alias": HEAD + b"vad: &a [*a]\n",
    "unknown-alias": HEAD + b"vad: *nope\n",
    "tag": b"schema: !!python/object:os.system x\n",
    "set-tag": HEAD + b"vad: !!set {a, b}\n",
    "nan": HEAD + b"vad: {threshold: .nan}\n",
    "inf": HEAD + b"vad: {threshold: .inf}\n",
    "float-overflow": HEAD + b"vad: {threshold: 1e999}\n",
    "huge-integer": HEAD + b"vad: {min_speech_ms: 1" + b"0" * 400 + b"}\n",
    "huger-integer": HEAD + b"vad: {min_speech_ms: " + b"9" * 6000 + b"}\n",
    "huge-hex": HEAD + b"vad: {min_speech_ms: 0x" + b"f" * 6000 + b"}\n",
    "huge-in-override": HEAD + b"targets: {vapi: {assistant_id: a, overrides: {x: 1" + b"0" * 5000 + b"}}}\n",
    "number-as-string": HEAD + b'vad: {threshold: "0.5"}\n',
    "number-with-unit": HEAD + b"vad: {min_speech_ms: 200ms}\n",
    "unknown-key": HEAD + b"vad: {treshold: 0.5}\n",
    "integer-key": HEAD + b"1: 2\n",
    "null-key": HEAD + b"~: 2\n",
    "list-key": HEAD + b"? [a]\n: 2\n",
    "extends-itself": HEAD + b"extends: [bad.yaml]\n",
    "extends-missing": HEAD + b"extends: [nobody.yaml]\n",
    "extends-up": HEAD + b"extends: [../../../../../../../../../../etc/passwd]\n",
    "extends-absolute": HEAD + b"extends: [/etc/passwd]\n",
    "extends-nul": HEAD + b'extends: ["a\\0b"]\n',
    "extends-long-name": HEAD + b"extends: [" + b"a" * 5000 + b"]\n",
    "extends-number": HEAD + b"extends: [1, {a: 2}]\n",
    "extends-mapping": HEAD + b"extends: {a: 1}\n",
    "extends-folder": HEAD + b"extends: [.]\n",
    "extends-escaping-link": HEAD + b"extends: [link.yaml]\n",
    "template-up": _context(b"../../../../../../../../../../etc/passwd"),
    "template-absolute": _context(b"/etc/passwd"),
    "template-nul": _context(b'"a\\0b"'),
    "template-long-name": _context(b"a" * 5000),
    "template-folder": _context(b"."),
    "template-missing": _context(b"nobody.j2"),
    "template-escaping-link": _context(b"link.yaml"),
    "template-endless": _context(b"endless.j2"),
    "environments-list": HEAD + b"environments: [a]\n",
    "environments-number": HEAD + b"environments: {a: 1}\n",
    "targets-list": HEAD + b"targets: [vapi]\n",
    "targets-word": HEAD + b"targets: vapi\n",
    "target-word": HEAD + b"targets: {vapi: abc}\n",
    "id-number": HEAD + b"targets: {retell: {agent_id: 12}}\n",
    "id-list": HEAD + b"targets: {retell: {agent_id: [a]}}\n",
    "ids-of-lists": HEAD + b"targets: {retell: {agent_id: {a: [b]}}}\n",
    "crlf": b"schema: vaxctl/v1\r\nname: x\r\nvad: {threshold: 5}\r\n",
    "bom": b"\xef\xbb\xbf" + HEAD + b"vad: {threshold: 5}\n",
    "long-line": HEAD + b"foo: '" + b"a" * 200_000 + b"'\n",
    "long-key": HEAD + b"a" * 5000 + b": 1\n",
    "thousand-findings": HEAD + b"".join(b"k%d: 1\n" % number for number in range(1000)),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with the files that the cases name, below the file that they try to reach."""
    root = tmp_path_factory.mktemp("bad")
    (root / "outside.yaml").write_bytes(HEAD)
    work = root / "in" / "work"
    work.mkdir(parents=True)
    (work / "link.yaml").symlink_to(root / "outside.yaml")
    (work / "endless.j2").write_text(
        "[% for i in range(10**9) %][% for j in range(10**9) %]x[% endfor %][% endfor %]"
    )
    return work


@pytest.mark.parametrize("name", CASES)
def test_bad_file_is_told_at_its_place(
    cli: Any, bench: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever the bytes: exit 3, file:line:column, no traceback, nothing that a terminal would obey."""
    monkeypatch.chdir(bench)
    Path("bad.yaml").write_bytes(CASES[name])
    for style in ("concise", "full", "github", "json", "sarif"):
        ran = cli("validate", "bad.yaml", "--format", style)
        assert ran.code == 3, (style, ran.err)
        assert "Traceback" not in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err
        if style in ("concise", "full"):
            assert ran.out.startswith("bad.yaml:")
            assert all(part.isdigit() for part in ran.out.split(" ")[0].rstrip(":").split(":")[1:3])
        elif style == "github":
            assert ran.out.startswith("::error ")
            assert "file=bad.yaml,line=" in ran.out
        else:
            assert ran.json
    told = cli("compile", "bad.yaml", "--target", "vapi", "--json")
    assert told.code == 3
    assert told.json["diagnostics"]


def test_all_findings_are_told(cli: Any, folder: Path) -> None:
    """A thousand findings are a thousand lines, and one summary."""
    Path("bad.yaml").write_bytes(CASES["thousand-findings"])
    lines = cli("validate", "bad.yaml", "--format", "concise").out.splitlines()
    assert len(lines) == 1001
    assert lines[-1] == "Found 1000 errors in 1 file."


@pytest.mark.parametrize("kind", ["folder.yaml", "dangling.yaml", "loop.yaml", "fifo.yaml", "zero.yaml"])
@pytest.mark.parametrize("via", ["named", "found", "extended"])
def test_what_is_no_plain_file(cli: Any, folder: Path, kind: str, via: str) -> None:
    """A folder, a dead link, a link to itself, a pipe without a writer, an endless device: told, never waited for."""
    place = folder / "p"
    place.mkdir()
    odd = place / kind
    makers: dict[str, Any] = {
        "folder.yaml": odd.mkdir,
        "dangling.yaml": lambda: odd.symlink_to(place / "nobody"),
        "loop.yaml": lambda: odd.symlink_to(odd),
        "fifo.yaml": lambda: os.mkfifo(odd),
        "zero.yaml": lambda: odd.symlink_to("/dev/zero"),
    }
    makers[kind]()
    if via == "extended":
        (place / "profile.yaml").write_bytes(HEAD + b"extends: [%s]\n" % kind.encode())
    path = {"named": odd, "found": place, "extended": place / "profile.yaml"}[via]
    for arguments in (
        ["validate", path],
        ["validate", path, "--format", "json"],
        ["compile", path, "--target", "vapi"],
    ):
        ran = cli(*arguments)
        assert ran.code == 3
        assert "Traceback" not in ran.out + ran.err
    assert ran.err


@pytest.mark.parametrize("wrong", ["../../x", "a/b", "..", "", "a b", "a\\e[31m", "a?b", "é"])
@pytest.mark.parametrize("vendor", ["retell", "vapi"])
def test_id_that_would_be_a_path(cli: Any, folder: Path, vendor: str, wrong: str) -> None:
    """An id goes into a URL: what is none is refused with its place before anything is sent."""
    key = {"retell": "agent_id", "vapi": "assistant_id"}[vendor]
    Path("bad.yaml").write_text(
        f'schema: vaxctl/v1\nname: x\ntargets: {{{vendor}: {{{key}: "{wrong}"}}}}\n', "utf-8"
    )
    ran = cli("plan", "bad.yaml", "--sandbox")
    assert ran.code == 3
    assert "bad.yaml:3:" in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert not (folder / ".vaxctl").exists()


def test_unknown_environment(cli: Any, folder: Path) -> None:
    """An environment that nothing knows is told, with the one that was probably meant."""
    Path("good.yaml").write_text(TEXT, "utf-8")
    ran = cli("validate", "good.yaml", "--env", "stagin")
    assert ran.code == 3
    assert "did you mean staging?" in ran.out


def test_target_without_the_environments_id(cli: Any, folder: Path) -> None:
    """Ids per environment and no `--env`: the choice is named, with the place."""
    Path("good.yaml").write_text(TEXT, "utf-8")
    ran = cli("plan", "good.yaml", "--sandbox")
    assert ran.code == 3
    assert "good.yaml:13:" in ran.err
    assert "--env" in ran.err


_ODD = st.sampled_from(
    ["", " ", "\t", "\n", "{", "}", "[", "]", ":", ": ", "- ", "#", "&a ", "*a", "<<: ", "~", "null", "true", "-1", "1e9",
     ".nan", "9" * 30, "'", '"', "%", "!x ", "|", ">", "é", "\u2028", "\x00", "\x1b", "?", "@", "[[ x ]]", "{{ y }}"]
)  # fmt: skip


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(edits=st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), _ODD), min_size=1, max_size=4))
def test_mutated_profile(
    edits: list[tuple[int, int, str]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However a valid profile is mutilated, it is valid, invalid, or against a rule; never a bug of ours."""
    text = TEXT
    for at, length, put in edits:
        text = text[:at] + put + text[at + length :]
    (folder / "fuzzed.yaml").write_bytes(text.encode())
    code = run(["validate", "fuzzed.yaml"])
    printed = capsys.readouterr()
    assert code in {0, 3, 4}, printed.err
    assert "Traceback" not in printed.out + printed.err
    assert "\x1b" not in printed.out + printed.err


def _base(folder: Path, name: str, body: str = "") -> None:
    (folder / name).write_text(HEAD.decode() + body, encoding="utf-8")


def test_env_over_a_folder_lets_bases_be(folder: Path, cli: Any) -> None:
    """Only a profile that knows environments has to know this one; when none does, the run says so."""
    _base(folder, "base.yaml")
    _base(folder, "one.yaml", "targets: {retell: {agent_id: {staging: a, live: b}}}\n")
    assert cli("validate", folder, "--env", "staging").code == 0
    assert "did you mean staging?" in cli("validate", folder, "--env", "stagin").out
    (folder / "one.yaml").unlink()
    assert "no environment 'staging'" in cli("validate", folder, "--env", "staging").out


def test_links_out_of_the_folder_are_not_followed(folder: Path, cli: Any, tmp_path: Path) -> None:
    """Files and folders alike; they are counted."""
    outside = tmp_path / "outside"
    outside.mkdir()
    _base(outside, "secret.yaml", "vad: {threshold: 7}\n")
    inside = folder / "profiles"
    inside.mkdir()
    _base(inside, "x.yaml")
    (inside / "file.yaml").symlink_to(outside / "secret.yaml")
    (inside / "folder").symlink_to(outside)
    (inside / "same.yaml").symlink_to(inside / "x.yaml")
    ran = cli("validate", inside)
    assert ran.code == 0
    assert "2 links lead out of the folder: not followed" in ran.err


def test_what_the_system_refuses_is_no_bug(folder: Path, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be read or written ends with its name and exit 3."""
    _base(folder, "x.yaml")

    def refused(self: Path, *_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_dir", refused)
    ran = cli("validate", "some-folder")
    assert (ran.code, "bug" in ran.err) == (3, False)
    assert "some-folder: Permission denied" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_device_is_said(folder: Path) -> None:
    """Output that cannot be written is an error of its own, and Python does not fail once more at its end."""
    import subprocess
    import sys

    _base(folder, "x.yaml")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "vaxctl", "validate", "x.yaml"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    assert ended.returncode == 1
    assert ended.stderr == "error: the output cannot be written: No space left on device\n"


def test_explain_lists_a_section(folder: Path, cli: Any) -> None:
    """All of its keys, with where they are set."""
    _base(folder, "x.yaml", "vad: {threshold: 0.5}\n")
    ran = cli("explain", "x.yaml", "vad")
    assert ran.code == 0
    assert "vad.window_size_ms" in ran.out
    assert "x.yaml:3:18" in ran.out
    assert cli("explain", "x.yaml", "va").code == 3


def test_faults_are_listed(cli: Any) -> None:
    """Every kind there is, with how it is written."""
    from vaxctl.sandbox.faults import KINDS

    ran = cli("sandbox", "faults")
    assert all(kind in ran.out for kind in KINDS)
    assert "KIND[:ARG][@[METHOD][ PATH]][*COUNT][+SKIP]" in ran.out
