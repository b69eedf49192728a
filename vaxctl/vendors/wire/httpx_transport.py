"""The default transport: httpx, one pooled client per vendor."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from vaxctl.vendors.wire.connection import ConnectionSettings, failure, open_client, unusable
from vaxctl.vendors.wire.transport import RawResponse, encoded, target

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from vaxctl.vendors.exchange import Request
    from vaxctl.vendors.wire.endpoint import Endpoint


class HttpxTransport:
    """Sends requests with httpx. A vendor's client is opened at its first request; threads share it."""

    def __init__(self, endpoints: Mapping[str, Endpoint], settings: ConnectionSettings | None = None) -> None:
        self._endpoints = endpoints
        self._settings = settings or ConnectionSettings()
        self._clients: dict[str, httpx.Client] = {}
        self._opening = Lock()

    def send_once(self, request: Request) -> RawResponse:
        """Send `request` and return the answer; see `Transport`."""
        import httpx

        endpoint = self._endpoints[request.vendor]
        url, body = endpoint.base_url + target(request), encoded(request)
        headers = {"Authorization": f"Bearer {endpoint.key.reveal()}"}
        if body:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._client(endpoint).request(
                request.method, url, content=body or None, headers=headers
            )
        except (httpx.InvalidURL, UnicodeError):  # the latter: a host name IDNA forbids
            raise unusable(endpoint) from None
        except httpx.RequestError as error:
            raise failure(error) from None
        return RawResponse(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        """Close every client that was opened."""
        with self._opening:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _client(self, endpoint: Endpoint) -> httpx.Client:
        with self._opening:
            if endpoint.vendor not in self._clients:
                self._clients[endpoint.vendor] = open_client(endpoint, self._settings)
            return self._clients[endpoint.vendor]
