"""The second transport: the vendors' own SDKs, through their low-level request doors.

The doors are used because the typed ones lose the form of JSON (ints become floats) and cost 21 s and
358 MB at the first touch of `Vapi().assistants` (vapi-server-sdk 3.0.0, measured 2026-10 on two cores).
Retries of the SDKs are off: both would send a failing create three times.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from vaxctl.errors import InvalidInput
from vaxctl.vendors.wire.connection import USER_AGENT, ConnectionSettings, failure, open_client, unusable
from vaxctl.vendors.wire.transport import RawResponse, encoded, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from vaxctl.vendors.exchange import Request
    from vaxctl.vendors.wire.endpoint import Endpoint

    Door = Callable[[Request], httpx.Response]


class SdkTransport:
    """Sends requests with retell-sdk and vapi-server-sdk, each imported at its vendor's first request."""

    def __init__(self, endpoints: Mapping[str, Endpoint], settings: ConnectionSettings | None = None) -> None:
        self._endpoints = endpoints
        self._settings = settings or ConnectionSettings()
        self._doors: dict[str, Door] = {}
        self._clients: list[httpx.Client] = []
        self._opening = Lock()

    def send_once(self, request: Request) -> RawResponse:
        """Send `request` and return the answer; see `Transport`."""
        import httpx

        encoded(request)  # the same refusal of NaN and the like as on the other wire, before an SDK meets it
        endpoint = self._endpoints[request.vendor]
        try:
            answer = self._door(endpoint)(request)
        except (httpx.InvalidURL, UnicodeError):  # the latter: a host name IDNA forbids
            raise unusable(endpoint) from None
        except httpx.RequestError as error:
            raise failure(error) from None
        return RawResponse(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        """Close every client that was opened."""
        with self._opening:
            for client in self._clients:
                client.close()
            self._clients.clear()
            self._doors.clear()

    def _door(self, endpoint: Endpoint) -> Door:
        with self._opening:
            if endpoint.vendor not in self._doors:
                client = open_client(endpoint, self._settings)
                self._clients.append(client)
                self._doors[endpoint.vendor] = _door_of(endpoint, client)
            return self._doors[endpoint.vendor]


def _door_of(endpoint: Endpoint, client: httpx.Client) -> Door:
    doors = {"retell": _retell_door, "vapi": _vapi_door}
    if endpoint.vendor not in doors:
        raise InvalidInput(f"there is no SDK wire to {endpoint.vendor}", help="use --wire httpx")
    try:
        return doors[endpoint.vendor](endpoint, client)
    except ImportError as error:
        raise InvalidInput(
            f"the SDK wire to {endpoint.vendor} needs a package that is not installed: {error.name}",
            help="pip install 'vaxctl[sdk]'",
        ) from error


def _retell_door(endpoint: Endpoint, client: httpx.Client) -> Door:
    """Return retell-sdk's (Stainless) `request`, its errors turned back into answers and httpx errors."""
    import httpx
    from retell import APIConnectionError, APIStatusError, Omit, Retell

    sdk: Any = Retell(
        api_key=endpoint.key.reveal(),
        base_url=endpoint.base_url,
        max_retries=0,
        http_client=client,
        default_headers={"User-Agent": USER_AGENT},
    )

    def send(request: Request) -> httpx.Response:
        # Without a body the SDK would still announce one of type JSON.
        options: dict[str, Any] = {} if request.json is not None else {"headers": {"Content-Type": Omit()}}
        body = {} if request.method == "GET" else {"body": request.json}
        ask = getattr(sdk, request.method.lower())
        answer: httpx.Response
        try:
            answer = ask(target(request), cast_to=httpx.Response, options=options, **body)
        except APIStatusError as error:
            answer = error.response
        except APIConnectionError as error:
            # It wraps whatever the client raised; the httpx error tells what was sent, a bug stays a bug.
            raise (error.__cause__ or error) from None
        return answer

    return send


def _vapi_door(endpoint: Endpoint, client: httpx.Client) -> Door:
    """Return vapi-server-sdk's (Fern) `request`, which answers with the plain response at any status.

    `timeout=` takes the whole httpx.Timeout: by itself the SDK would use the read timeout to connect, too.
    """
    from vapi import Vapi

    sdk: Any = Vapi(
        token=endpoint.key.reveal(),
        base_url=endpoint.base_url,
        timeout=client.timeout,
        httpx_client=client,
        headers={"User-Agent": USER_AGENT},
    )
    http = sdk._client_wrapper.httpx_client  # noqa: SLF001 - the SDK has no public door for plain JSON

    def send(request: Request) -> httpx.Response:
        answer: httpx.Response = http.request(
            target(request), method=request.method, json=request.json, request_options={"max_retries": 0}
        )
        return answer

    return send
