"""The one scrubber: what must never stand in a cassette is replaced before anything is written.

Always: keys and cookies (only a few headers are kept at all), secrets in tools and servers, queries of URLs, e-mail
addresses, telephone numbers, the vendor's host. From a live account also: its ids, and every text people wrote
(prompts, names, messages). Scrubbing twice is scrubbing once, because on replay the request that our code makes from
a scrubbed answer is scrubbed again and must match the recorded one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MASK = "[scrubbed]"
TEXT = "[text]"
REQUEST_HEADERS = ("accept", "authorization", "content-type")
RESPONSE_HEADERS = ("content-type", "retry-after", "x-vaxctl-sandbox")

_SECRET_KEY = re.compile(
    r"secret$|token$|password|api_?key|authorization|credential|signature", re.IGNORECASE
)
_NO_SECRET = frozenset({"isServerUrlSecretSet"})
_URL_QUERY = re.compile(r"(https?://)(?:[^/\s\"@?]*@)?([^\s\"?]*)\?[^\s\"]*")
_URL_USER = re.compile(r"(https?://)[^/\s\"@?]*@")
_EMAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w/+=])\+\d[\d ().-]{5,}\d")
_HOST = re.compile(r"https?://[^/]+(?:/(?:retell|vapi))?(?=/)")

_WRITTEN_BY_PEOPLE = frozenset(
    {
        *("general_prompt", "global_prompt", "state_prompt", "begin_message", "agent_name", "version_title"),
        *("version_description", "description", "text", "prompt", "name", "content", "firstMessage"),
        *("voicemailMessage", "endCallMessage", "analysisPlan", "analysisSchema", "artifactPlan"),
        *("boosted_keywords", "pronunciation_dictionary", "default_dynamic_variables", "knowledge_base_ids"),
        *(
            "post_call_analysis_data",
            "nodes",
            "states",
            "general_tools",
            "tools",
            "toolIds",
            "mcps",
            "metadata",
        ),
        *("webhook_url", "server", "serverUrl", "voicemail_option", "hooks", "credentialIds", "credentials"),
        *("keyterm", "keywords", "variableValues", "handbook_config", "guardrail_config", "phoneNumber"),
        *("endCallPhrases", "voicemailDetection", "begin_tag_display_position", "notes", "components"),
    }
)
"""Keys whose value is, or holds, what somebody wrote for their own callers."""
_STAMP_LINE = re.compile(r"\[vaxctl 1 [^\]\n]*\]")
_LIVE_IDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bllm_(?!5ca1ab1e)\w{6,}"), "llm_5ca1ab1e0000000000000001"),
    (re.compile(r"\bconversation_flow_(?!5ca1ab1e)\w{6,}"), "conversation_flow_5ca1ab1e0002"),
    (
        re.compile(r"\b(agent|custom_voice|voice|knowledge_base|org|call|folder)_(?!5ca1ab1e)\w{6,}"),
        r"\1_scrubbed",
    ),
    (
        re.compile(r"\b(?!5ca1ab1e)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
        "00000000-0000-4000-8000-000000000000",
    ),
)


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Makes requests and answers fit to be kept.

    `live` also takes out ids and texts. `replaced` maps strings of this run (a key, the id of the agent recorded) to
    what stands for them. `listed` are the ids, after replacement, of the only items kept of a live list.
    """

    vendor: str
    live: bool = False
    replaced: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()

    def request(self, request: Any) -> Any:
        """Scrub a vcrpy request in place of the real one's copy, and return it."""
        request.uri = self.text(_HOST.sub(f"https://{self.vendor}.invalid", request.uri, count=1), url=False)
        kept = _kept(request.headers.items(), REQUEST_HEADERS)
        if "authorization" in kept:
            scheme = kept["authorization"].partition(" ")[0]
            kept["authorization"] = f"{scheme} {MASK}"
        request.headers = kept
        request.body = self.body(request.body) if request.body else None
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """Scrub a vcrpy response and return it."""
        headers = _kept(
            ((name, _first(value)) for name, value in response["headers"].items()), RESPONSE_HEADERS
        )
        content = self.body(response["body"].get("string") or b"")
        return {
            "status": response["status"],
            "headers": {name: [value] for name, value in headers.items()},
            "body": {"string": content},
        }

    def body(self, content: bytes | str) -> bytes:
        """Scrub a body: JSON by key and value, laid out for reading; anything else as text."""
        text = content.decode() if isinstance(content, bytes) else content
        if not text.strip():
            return b""
        try:
            value = json.loads(text)
        except ValueError:
            return self.text(text).encode()
        return (json.dumps(self.value(value), indent=1, ensure_ascii=False) + "\n").encode()

    def value(self, value: Any, key: str = "") -> Any:
        """Scrub a JSON value that stands under `key`."""
        if self.live and key in _WRITTEN_BY_PEOPLE and not isinstance(value, (bool, int, float, type(None))):
            return _told_nothing(self.text(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            return MASK if _is_secret(key) and value else self.text(value)
        if isinstance(value, list):
            return [self.value(item, key) for item in value] if key else self._top(value)
        if isinstance(value, dict):
            if key == "headers":
                return dict.fromkeys(value, MASK)
            return {name: self.value(item, name) for name, item in value.items()}
        return value

    def text(self, text: str, *, url: bool = True) -> str:
        """Scrub a string: this run's replacements, addresses, numbers and, from a live account, ids."""
        for found, stands_for in sorted(self.replaced.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(found, stands_for)
        if url:
            text = _URL_USER.sub(r"\1", _URL_QUERY.sub(rf"\1\2?{MASK}", text))
        text = _PHONE.sub("+10000000000", _EMAIL.sub("someone@example.com", text))
        for pattern, stands_for in _LIVE_IDS if self.live else ():
            text = pattern.sub(stands_for, text)
        return text

    def _top(self, items: list[Any]) -> list[Any]:
        """Scrub a bare list; of a live account's list only the items this run is about are kept."""
        if not self.live:
            return [self.value(item) for item in items]
        kept = [
            item for item in items if isinstance(item, dict) and self.text(str(item.get("id"))) in self.listed
        ]
        return [self.value(item) for item in kept]


def _told_nothing(value: Any) -> Any:
    """Return what stands for something people wrote: of the same JSON type, with only our own stamp kept."""
    if isinstance(value, str):
        stamp = _STAMP_LINE.search(value)
        return f"{TEXT}\n{stamp[0]}" if stamp else TEXT
    if isinstance(value, list):
        return []
    stamp_object = value.get("vaxctl")
    return {"vaxctl": stamp_object} if isinstance(stamp_object, dict) else {}


def _is_secret(key: str) -> bool:
    return key not in _NO_SECRET and _SECRET_KEY.search(key) is not None


def _kept(headers: Iterable[tuple[str, str]], names: tuple[str, ...]) -> dict[str, str]:
    low = {name.lower(): value for name, value in headers}
    return {name: low[name] for name in names if name in low}


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)
