"""Where a vendor is and the key that opens it, read from the environment and checked before any use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vaxctl.errors import CredentialsRejected, InvalidInput
from vaxctl.vendors.wire.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_BASE_URLS: Mapping[str, str] = {
    "retell": "https://api.retellai.com",  # retell-sdk 6.2.13, Retell.__init__
    "vapi": "https://api.vapi.ai",  # vapi-server-sdk 3.0.0, VapiEnvironment.DEFAULT
}

_KEY = re.compile(r"[!-~]+")  # printable ASCII without the space: what an HTTP header can carry as one word
_URL = re.compile(r"[!-\[\]-~]+")  # the same without the backslash, which URL parsers disagree about


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One vendor's address and key. `base_url` is kept without a trailing slash.

    Raises:
        CredentialsRejected: the key is blank or holds what no key can hold.
        InvalidInput: the base URL is no http(s) URL, or would carry the key in clear text off this machine.

    """

    vendor: str
    base_url: str
    key: Secret

    def __post_init__(self) -> None:
        _check_key(self.vendor, self.key)
        _check_base_url(self.vendor, self.base_url)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the key."""
        return key_variable(self.vendor)

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine, where neither pacing nor a proxy makes sense."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")


def key_variable(vendor: str) -> str:
    """Return the name of the variable that holds the vendor's key, such as `RETELL_API_KEY`."""
    return f"{vendor.upper()}_API_KEY"


def base_url_variable(vendor: str) -> str:
    """Return the name of the variable that moves the vendor's address, as `VAXCTL_VAPI_BASE_URL`."""
    return f"VAXCTL_{vendor.upper()}_BASE_URL"


def endpoint_from_environment(vendor: str, environ: Mapping[str, str]) -> Endpoint:
    """Return the vendor's endpoint as `environ` has it; a blank base URL counts as unset.

    Raises:
        CredentialsRejected: the key is missing, blank or malformed; the message names its variable.
        InvalidInput: the vendor is unknown, or the base URL cannot be used.

    """
    if vendor not in DEFAULT_BASE_URLS:
        raise InvalidInput(
            f"there is no wire to vendor {vendor!r}", help=f"vendors: {', '.join(DEFAULT_BASE_URLS)}"
        )
    base_url = environ.get(base_url_variable(vendor), "").strip() or DEFAULT_BASE_URLS[vendor]
    return Endpoint(vendor, base_url, Secret(environ.get(key_variable(vendor), "")))


def _check_key(vendor: str, key: Secret) -> None:
    variable = key_variable(vendor)
    if not key.reveal().strip():
        raise CredentialsRejected(
            f"no key for {vendor}: {variable} is not set",
            help=f"export {variable} with a key of your account",
        )
    if not _KEY.fullmatch(key.reveal()):
        raise CredentialsRejected(
            f"{variable} holds a space, line break, control or non-ASCII character, which no key has",
            help="set it again without quotes and line breaks around the key",
        )


def _check_base_url(vendor: str, base_url: str) -> None:
    """Refuse what is no plain http(s) base. The URL is not repeated: it may hold a password."""
    variable = base_url_variable(vendor)
    example = f"set {variable} to something like {DEFAULT_BASE_URLS.get(vendor, 'https://api.example.com')}"
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput(f"{variable} is no valid URL", help=example) from None
    if not _URL.fullmatch(base_url) or parts.scheme not in {"http", "https"} or not host:
        raise InvalidInput(f"{variable} must be an http or https URL with a host", help=example)
    if "@" in parts.netloc or "?" in base_url or "#" in base_url:
        raise InvalidInput(f"{variable} must hold no user name, query or fragment", help=example)
    if parts.scheme == "http" and not _is_loopback(host):
        raise InvalidInput(
            f"{variable} is plain http to {host}: the key would travel in clear text",
            help="use https; plain http is for loopback addresses only",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
