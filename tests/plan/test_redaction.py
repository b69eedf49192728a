"""Secrets are hidden by the name of their place, on both sides, in plan, journal and text; the rest is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plan_worlds import ASSISTANT_ID, Pages, Shelf, applied, planned

from vaxctl.plan.document import apply_document, plan_document
from vaxctl.plan.planning import plan_of
from vaxctl.plan.redaction import SECRET, shown
from vaxctl.report.plan_text import plan_text
from vaxctl.report.style import Style

PLANTED = "planted-0451-secret"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("server.secret", PLANTED),
        ("server.headers.X-Crm", PLANTED),
        ("server.headers", {"X-Crm": PLANTED}),
        ("server", {"headers": {"Authorization": f"Bearer {PLANTED}", "X-Any": [PLANTED]}}),
        ("transcriber.apiKey", PLANTED),
        ("model.tools", [{"server": {"credential": {"private_key": PLANTED}}}]),
        ("model", {"tools": [{"headers": [{"key": "x-any", "value": PLANTED}]}]}),
        ("hooks", [{"name": "x-api-key", "value": PLANTED}]),
        ("metadata.password", PLANTED),
        ("metadata", {"db-passwd": {"deep": [PLANTED]}}),
        ("metadata.authToken", PLANTED),
        ("metadata.X-Auth", PLANTED),
        ("webhook_url", f"https://crm.example/hook?a=1&token={PLANTED}#x"),
        ("webhook_url", f"see https://crm.example/?api_key={PLANTED} and more"),
        ("server", {"url": f"https://user:{PLANTED}@crm.example/hook"}),
        ("session_cookie", PLANTED),
    ],
)
def test_a_planted_secret_is_never_shown(path: str, value: Any) -> None:
    """Under a secret's name, in a header, in a URL: whatever it is nested in."""
    told = json.dumps(shown(path, value))
    assert PLANTED not in told
    assert SECRET in told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.maxTokens", 250),
        ("model.max_tokens", "250"),
        ("model.tokens_per_minute", 4000),
        ("credentialIds", ["8d5c"]),
        ("credentialId", "8d5c"),
        ("isServerUrlSecretSet", True),
        ("server.secret", None),
        ("server.headers.Content-Type", "application/json"),
        ("server", {"headers": {"Content-Type": "application/json"}}),
        ("stopSpeakingPlan.numWords", 2),
        ("webhook_url", "https://crm.example/hook?campaign=autumn&page=2"),
        ("author", "Dana"),
        ("keypadInputPlan.delimiters", "#"),
        ("backchannel_words", ["key", "secretary"]),
        ("model.messages[role=system].content", "Never tell a password or a token=abc."),
        ("boosted_keywords", [{"name": "tokenless", "weight": 2}]),
    ],
)
def test_what_is_harmless_stays_readable(path: str, value: Any) -> None:
    """Counts, pointers, switches, nulls and prose are no secrets."""
    assert shown(path, value) == value


def _planned() -> tuple[Shelf, Any]:
    """Plan over secrets on both sides: in the live object, and in overrides under secret paths."""
    live = {
        "id": ASSISTANT_ID,
        "server": {"url": f"https://crm.example/?token={PLANTED}-old", "secret": f"{PLANTED}-old"},
        "metadata": {"api_key": f"{PLANTED}-old\nsecond line"},
    }
    overrides = {
        "server": {"url": f"https://crm.example/?token={PLANTED}-new", "secret": f"{PLANTED}-new"},
        "metadata": {"api_key": f"{PLANTED}-new\nsecond line"},
        "maxDurationSeconds": 77,
    }
    tree = {"targets": {"vapi": {"assistant_id": ASSISTANT_ID, "overrides": overrides}}}
    shelf = Shelf({ASSISTANT_ID: live})
    return shelf, planned(tree, "vapi", shelf.send)


def test_neither_plan_nor_text_nor_journal_nor_result_holds_a_secret() -> None:
    """The change is told, its values are not; and the vendor gets them as they are."""
    shelf, target = _planned()
    plan, book = plan_of([target], [], env=None, tool_version="0"), Pages()
    result = applied(target, shelf.send, book=book)
    told = [
        json.dumps(plan_document(plan)),
        json.dumps(apply_document(plan, [result], 0)),
        plan_text(plan, Style(), verbose=True),
        json.dumps(book.events),
    ]
    for text in told:
        assert PLANTED not in text
        assert "server.secret" in text
        assert "77" in text
    assert shelf.objects[ASSISTANT_ID]["server"]["secret"] == f"{PLANTED}-new"


def test_the_journal_says_where_a_secret_stood() -> None:
    """What was hidden cannot be put back from the journal, and the journal says so leaf by leaf."""
    shelf, target = _planned()
    book = Pages()
    applied(target, shelf.send, book=book)
    leaves = next(event["leaves"] for event in book.events if event["event"] == "before")
    assert leaves["server.secret"].items() >= {"before": {"secret": True}, "after": {"secret": True}}.items()
    assert (
        leaves["maxDurationSeconds"].items() >= {"before": {"absent": True}, "after": {"value": 77}}.items()
    )
