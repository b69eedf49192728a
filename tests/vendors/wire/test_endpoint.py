"""Endpoints are read from the environment and refused before a key can leak."""

from __future__ import annotations

import traceback

import pytest

from vaxctl.errors import CredentialsRejected, InvalidInput
from vaxctl.vendors.wire.endpoint import Endpoint, endpoint_from_environment
from vaxctl.vendors.wire.secret import Secret


@pytest.mark.parametrize(
    ("vendor", "base_url"), [("retell", "https://api.retellai.com"), ("vapi", "https://api.vapi.ai")]
)
def test_default_addresses(vendor: str, base_url: str, planted: str) -> None:
    """Without a base URL variable, or with a blank one, the vendor's public address is used."""
    environ = {f"{vendor.upper()}_API_KEY": planted, f"VAXCTL_{vendor.upper()}_BASE_URL": " "}
    endpoint = endpoint_from_environment(vendor, environ)
    assert (endpoint.vendor, endpoint.base_url, endpoint.key.reveal()) == (vendor, base_url, planted)
    assert not endpoint.is_loopback
    assert planted not in repr(endpoint) + str(endpoint)


def test_base_url_from_the_environment_loses_its_trailing_slash(planted: str) -> None:
    """The variable moves the address; paths start with a slash of their own."""
    environ = {"VAPI_API_KEY": planted, "VAXCTL_VAPI_BASE_URL": "https://eu.vapi.example/v1/"}
    assert endpoint_from_environment("vapi", environ).base_url == "https://eu.vapi.example/v1"


def test_unknown_vendor_is_refused() -> None:
    """Only vendors with a known address have a wire."""
    with pytest.raises(InvalidInput, match="no wire to vendor 'blandd'"):
        endpoint_from_environment("blandd", {})


@pytest.mark.parametrize("environ", [{}, {"RETELL_API_KEY": ""}, {"RETELL_API_KEY": " \t"}])
def test_missing_key_names_its_variable(environ: dict[str, str]) -> None:
    """A missing or blank key says which variable to set."""
    with pytest.raises(CredentialsRejected, match="RETELL_API_KEY is not set"):
        endpoint_from_environment("retell", environ)


@pytest.mark.parametrize("spoil", ["{}\n", " {}", "{}\r", "{}\x00", "a {}", "{}é"])
def test_malformed_key_is_refused_unseen(spoil: str, planted: str) -> None:
    """A key that no header can carry is named by its variable, and not shown, not even in a traceback."""
    with pytest.raises(CredentialsRejected, match="VAPI_API_KEY holds a space") as caught:
        endpoint_from_environment("vapi", {"VAPI_API_KEY": spoil.format(planted)})
    assert planted not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("ftp://api.vapi.ai", "must be an http or https URL"),
        ("api.vapi.ai", "must be an http or https URL"),
        ("https://", "must be an http or https URL"),
        ("https://api.vapi.ai /x", "must be an http or https URL"),
        ("http://127.0.0.1\\@evil.example", "must be an http or https URL"),
        ("https://me:pa55word@api.vapi.ai", "no user name, query or fragment"),
        ("https://api.vapi.ai?", "no user name, query or fragment"),
        ("https://api.vapi.ai/#x", "no user name, query or fragment"),
        ("https://api.vapi.ai:port", "is no valid URL"),
        ("https://[::1", "is no valid URL"),
        ("http://api.vapi.ai", "the key would travel in clear text"),
        ("http://localhost.evil.example", "the key would travel in clear text"),
        ("http://10.0.0.1", "the key would travel in clear text"),
    ],
)
def test_unusable_base_url_is_refused(base_url: str, words: str, planted: str) -> None:
    """Each kind of bad address is named with its variable; a password in it is not repeated."""
    with pytest.raises(InvalidInput, match=words) as caught:
        Endpoint("vapi", base_url, Secret(planted))
    assert "VAXCTL_VAPI_BASE_URL" in caught.value.message
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "http://127.9.9.9"]
)
def test_plain_http_to_loopback_is_allowed(base_url: str, planted: str) -> None:
    """The key does not leave the machine there."""
    assert Endpoint("retell", base_url, Secret(planted)).is_loopback
