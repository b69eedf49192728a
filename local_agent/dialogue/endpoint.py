"""Where an OpenAI-compatible endpoint is, from the environment, as the tools around it name it.

OPENAI_BASE_URL (with /v1), OPENAI_API_KEY (any text serves where the server asks for none), OPENAI_MODEL
(without it, the first that the server lists).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_agent.errors import LocalAgentError, UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_DUMMY_KEY = "unused"


class ResponderFailed(LocalAgentError):
    """The endpoint did not give a reply.

    `refused` says that it did not take the key, or wants one.
    """

    def __init__(self, message: str, *, help: str | None = None, refused: bool = False) -> None:  # noqa: A002 - the word users see
        super().__init__(message, help=help)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, a key that is never shown, and a model; None asks the server for its first."""

    base_url: str
    api_key: str = field(default=_DUMMY_KEY, repr=False)
    model: str | None = None
    timeout_s: float = 30.0

    def failed(self, what: str, why: str, status: int | None = None) -> ResponderFailed:
        """Return the error for a reply that did not come: `what` failed, `why` in the server's own words."""
        refused = status in {401, 403}
        advice = "check OPENAI_BASE_URL (it ends in /v1) and OPENAI_MODEL, and that the server runs"
        if refused:
            keyless = self.api_key == _DUMMY_KEY
            advice = f"OPENAI_API_KEY is {'not set' if keyless else 'set, but not taken'}: give a key of this server"
        return ResponderFailed(f"{self.base_url} {what}: {self.hidden(why)}", help=advice, refused=refused)

    def hidden(self, text: str) -> str:
        """Return a text without the key in it: servers quote it in their errors."""
        return text.replace(self.api_key, "(key)") if len(self.api_key) > 3 else text  # noqa: PLR2004 - "x" is no secret

    def url(self, path: str) -> str:
        """Return the address of a resource."""
        return f"{self.base_url.rstrip('/')}/{path}"


def endpoint_from(environment: Mapping[str, str]) -> Endpoint:
    """Return the endpoint that the environment names.

    Raises UnusableInput where it names none or no web address.
    """
    base_url = environment.get("OPENAI_BASE_URL", "").strip()
    if not base_url:
        raise UnusableInput(
            "no endpoint: OPENAI_BASE_URL is not set",
            help="set it to an address that ends in /v1, such as http://localhost:11434/v1",
        )
    if not base_url.startswith(("http://", "https://")):
        raise UnusableInput(
            f"OPENAI_BASE_URL is {base_url!r}, which is no http address", help="begin with http://"
        )
    key = environment.get("OPENAI_API_KEY", "").strip() or _DUMMY_KEY
    return Endpoint(base_url, key, environment.get("OPENAI_MODEL", "").strip() or None)
