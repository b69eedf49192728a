"""Secrets are found and never shown; what only looks like one is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from vaxctl.diagnostics import Diagnostic, Severity, SourceLocation
from vaxctl.rules.secrets import Veil, secrets_in
from vaxctl.source.document import Document, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxctl.profile.load import LoadedProfile

PLANTED = "9fQ2xLr7TzW4mKpB1cVd"
KEY = "key_0123456789abcdef0123456789ab"


def document(text: str) -> Document:
    """Parse a text as a file named f.yaml."""
    return parse(text, Document("f.yaml"))


@pytest.mark.parametrize(
    "value",
    [
        "${A_TOKEN}",
        "{{t}}",
        "[[ t ]]",
        "<token>",
        "changeme",
        "your-token",
        "xxxxxxxx",
        "short",
        "a few plain words",
        "Never ask for it.",
        "confidential",
        "****",
    ],
)
def test_placeholders_are_no_secrets(value: str) -> None:
    """A stand-in for a secret may stand under a secret's name."""
    assert secrets_in(document(f"token: '{value}'")) == []


@pytest.mark.parametrize(
    "name", ["token", "clientSecret", "X-Api-Key", "db_password", "Authorization", "accessKey"]
)
def test_random_values_are_secrets_under_a_telling_name(name: str) -> None:
    """Names count in any case and spelling."""
    (secret,) = secrets_in(document(f"a:\n  - {name}: {PLANTED}"))
    assert (secret.location.line, secret.what) == (2, f"a value named {name!r}")
    assert PLANTED not in repr(secret)


@pytest.mark.parametrize("name", ["credentialId", "tokens_used", "keyboard", "secretary"])
def test_other_names_tell_nothing(name: str) -> None:
    """An id of a secret is none."""
    assert secrets_in(document(f"{name}: {PLANTED}")) == []


@pytest.mark.parametrize(
    "value", ["hunter22", "password1", "kXpQzRtLmNbV", "7c9e6679-7425-40de-944b-e07fc1f90ae7"]
)
def test_weak_secrets_are_secrets(value: str) -> None:
    """Chosen passwords, letters only, and ids used as keys."""
    assert len(secrets_in(document(f"password: {value}"))) == 1


def test_one_finding_for_each_place() -> None:
    """Shape and name together make one secret; two on a line make two."""
    assert len(secrets_in(document(f"token: {KEY}"))) == 1
    assert len(secrets_in(document(f"{{token: {KEY}, secret: {PLANTED}}}"))) == 2


def test_the_veil_keeps_columns() -> None:
    """What is hidden is as long as it was, so a caret still points at its value."""
    text = f"{{token: {KEY}, secret: {PLANTED}, x: 1}}"
    at = SourceLocation("f.yaml", 1, text.index("x: 1") + 1)
    shown = Veil([document(text)]).over(Diagnostic("r", Severity.INFO, "m", at, None, text))
    assert shown.source_line == f"{{token: {'*' * len(KEY)}, secret: {'*' * len(PLANTED)}, x: 1}}"
    assert replace(shown, source_line=text) == Diagnostic("r", Severity.INFO, "m", at, None, text)


def test_the_veil_covers_every_part_of_a_finding() -> None:
    """Messages of other rooms may quote a value, and may cut it short."""
    at = SourceLocation("g.yaml", 7, 1)
    finding = Diagnostic(
        "shape",
        Severity.ERROR,
        f"not '{PLANTED[:15]}...'",
        at,
        f"or {PLANTED}?",
        f"y: {PLANTED}",
        related=((at, KEY),),
    )
    shown = repr(Veil([document(f"token: {PLANTED}")]).over(finding))
    assert PLANTED[:8] not in shown
    assert KEY[:8] not in shown


def test_the_veil_leaves_other_findings_as_they_are() -> None:
    """A finding without a secret is the same value."""
    finding = Diagnostic("r", Severity.INFO, "m", SourceLocation("f.yaml", 2, 1), "h", "token_type: bearer")
    assert Veil([document("a: 1")]).over(finding) is finding


@pytest.mark.parametrize(
    "body",
    [
        f"vad: {{threshold: 2, token: {PLANTED}}}",
        f"context_preservation: {{variables: {{api_key: {PLANTED}}}}}",
        f"crm_token: {PLANTED}",
        f"context_preservation:\n  variables: {{n: '{KEY}'\nbroken",
        f"context_preservation: [\ncrm_token: {PLANTED}  # why {KEY}",
        f"vad: {{threshold: '{KEY}'}}  # {KEY}",
        f"barge_in: {{ignore_phrases: [{KEY}], interrupt_phrases: [{KEY}]}}",
        f"context_preservation: {{variables: {{password: >-\n  {PLANTED}\n  }}}}",
    ],
)
def test_no_finding_shows_a_secret(body: str, found: Callable[..., list[Diagnostic]]) -> None:
    """Whatever is wrong with a profile, and whatever room found it."""
    shown = repr(found(body))
    assert shown != "[]"
    assert PLANTED[:8] not in shown
    assert KEY[:8] not in shown


def test_a_secret_is_found_in_a_profile_that_did_not_load(found: Callable[..., list[Diagnostic]]) -> None:
    """A secret often stands under a key that profiles do not have."""
    assert {f.rule for f in found(f"crm_token: {PLANTED}")} == {"shape", "plaintext-secret"}


def test_a_base_is_looked_through_too(
    tmp_path: object, loaded: Callable[..., LoadedProfile], known: frozenset[str]
) -> None:
    """A secret in a base is found there."""
    from pathlib import Path

    from vaxctl.rules.registry import GENERIC, discover

    folder = Path(str(tmp_path))
    (folder / "base.yaml").write_text(
        f"context_preservation: {{variables: {{token: {PLANTED}}}}}\n", encoding="utf-8"
    )
    (finding,) = discover(GENERIC)["plaintext-secret"].check(loaded("extends: base.yaml\n"))
    assert finding.location.file.endswith("base.yaml")
    assert PLANTED not in repr(finding)


def test_secrets_in_urls(found: Callable[..., list[Diagnostic]]) -> None:
    """A password before the host and a key in the query; placeholders and plain queries are none."""
    for url in ("https://joe:hunter2@x.org/a", "https://x.org/a?api_key=abcdef123456"):
        findings = found(f'targets: {{vapi: {{assistant_id: a, overrides: {{server: {{url: "{url}"}}}}}}}}\n')
        assert [finding.rule for finding in findings] == ["plaintext-secret"]
        assert "hunter2" not in str(findings)
        assert "abcdef123456" not in str(findings)
    for url in ("https://x.org:8080/a@b", "https://x.org/?page=123456789", "https://joe:<password>@x.org/"):
        assert found(f'description: "{url}"\n') == []
