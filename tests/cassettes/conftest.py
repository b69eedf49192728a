"""Cassettes: where they lie, how they are recorded and matched, and the wire that plays or records them.

Recording (`--record-mode=rewrite`) talks to a sandbox served on loopback, or with VAXCTL_RECORD=live to the vendors.
Replay opens no socket at all.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl import __version__
from vaxctl.sandbox import seed as seeds
from vaxctl.vendors.wire.endpoint import (
    DEFAULT_BASE_URLS,
    Endpoint,
    endpoint_from_environment,
    key_variable,
)
from vaxctl.vendors.wire.opening import open_wire
from vaxctl.vendors.wire.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from vaxctl.vendors.wire.wire import Wire

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
LIVE = os.environ.get("VAXCTL_RECORD") == "live"
STARTED_MS = (
    1_770_000_000_000  # the recorded sandbox's clock starts here and ticks by hand: recordings repeat
)
NEW_NAME = "vaxctl-cassette"
LIVE_IDS = {
    "VAXCTL_RECORD_RETELL_AGENT": seeds.RETELL_AGENT,
    "VAXCTL_RECORD_RETELL_FLOW_AGENT": seeds.RETELL_FLOW_AGENT,
    "VAXCTL_RECORD_VAPI_ASSISTANT": seeds.VAPI_NOVA,
}
"""The variables that name what is recorded (and written to) live, and the ids that stand for them in cassettes."""


def _load(name: str) -> ModuleType:
    # Test folders are no packages, so a module beside the tests has no import path of its own.
    spec = importlib.util.spec_from_file_location(f"cassettes_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


scrubbing_module, provenance_module = _load("scrubbing"), _load("provenance")


@dataclass(slots=True)
class Stage:
    """What a case works with: ids to use, the wire to a vendor, and what the wire waited for."""

    vendor: str
    kind: str
    base_url: str | None
    ids: dict[str, str]
    new_name: str
    waits: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def wire(self, key: str | None = None) -> Iterator[Wire]:
        """Open the wire, with the right key or the one given; waits are noted and not waited for."""
        endpoint = self._endpoint(key)
        with open_wire(self.kind, {self.vendor: endpoint}, on_wait=self._noted) as opened:  # type: ignore[arg-type]
            if not LIVE:
                opened._sleep = lambda _seconds: None
            yield opened

    def _endpoint(self, key: str | None) -> Endpoint:
        if self.base_url is None:
            found = endpoint_from_environment(self.vendor, os.environ)
            return found if key is None else Endpoint(self.vendor, found.base_url, Secret(key))
        return Endpoint(self.vendor, self.base_url, Secret(key or "key-of-a-cassette"))

    def _noted(self, _vendor: str, _purpose: str, seconds: float, reason: str) -> None:
        self.waits.append((reason, seconds))


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of these cases."""
    config.addinivalue_line(
        "markers", "sandbox_only(faults): recorded from the sandbox only, with these faults"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """When recording, leave out what cannot be recorded, before a fixture could remove its cassette."""
    if not _records(config):
        return
    if LIVE:
        provenance_module.refuse_other_addresses(os.environ)
    for item in items:
        if Path(__file__).parent not in item.path.parents or not isinstance(item, pytest.Function):
            continue
        if hasattr(item, "callspec") and item.callspec.params.get("stage") == "sdk":
            item.add_marker(pytest.mark.skip(reason="recorded over httpx, replayed over both wires"))
        elif LIVE and item.get_closest_marker("sandbox_only"):
            item.add_marker(pytest.mark.skip(reason="a fault is made to order in the sandbox only"))
        elif "replay_only" in item.fixturenames:
            item.add_marker(pytest.mark.skip(reason="about replay"))


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Give vcrpy our matchers, and our serializer in the place of its own."""
    vcr.register_matcher("json_body", _same_body)
    vcr.register_matcher("kept_headers", _same_headers)
    vcr.register_serializer("yaml", provenance_module.Serializer(_provenance() if _records(config) else None))


@pytest.fixture
def replay_only() -> None:
    """Ask for this in a test that has nothing to record."""


@pytest.fixture
def scrubbing() -> ModuleType:
    """Give the module of the scrubber."""
    return scrubbing_module


@pytest.fixture
def provenance() -> ModuleType:
    """Give the module of the heads."""
    return provenance_module


@pytest.fixture(scope="module")
def vendor_name(request: pytest.FixtureRequest) -> str:
    """Return the vendor a test module is about: test_vapi.py → vapi."""
    return str(request.path.stem).removeprefix("test_")


@pytest.fixture(scope="module")
def vcr_cassette_dir(vendor_name: str) -> str:
    """Return the folder of a vendor's cassettes."""
    return str(CASSETTES / vendor_name)


@pytest.fixture
def vcr_config(
    vendor_name: str, new_name: str, record_mode: str, vcr_cassette_dir: str, default_cassette_name: str
) -> dict[str, Any]:
    """Tell vcrpy what to match and what to scrub, going in and coming back."""
    path = Path(vcr_cassette_dir, f"{default_cassette_name}.yaml")
    live = LIVE if record_mode != "none" else provenance_module.recorded_live(path)
    scrubber = _scrubber(vendor_name, new_name, live=live)
    return {
        "match_on": ("method", "scheme", "host", "path", "query", "json_body", "kept_headers"),
        "decode_compressed_response": True,
        "before_record_request": scrubber.request,
        "before_record_response": scrubber.response,
    }


@pytest.fixture
def new_name(record_mode: str) -> str:
    """Return the name of the assistant a case makes; live it is a fresh one, so that it is really made."""
    return f"{NEW_NAME}-{int(time.time())}" if LIVE and record_mode != "none" else NEW_NAME


@pytest.fixture(params=["httpx", "sdk"])
def stage(
    request: pytest.FixtureRequest, vendor_name: str, record_mode: str, new_name: str, tmp_path: Path
) -> Iterator[Stage]:
    """Set the stage: nothing behind the wire on replay, a served sandbox or the vendor when recording."""
    if request.param == "sdk":
        pytest.importorskip({"retell": "retell", "vapi": "vapi"}[vendor_name])
    recorded = {short: short for short in LIVE_IDS.values()}
    if record_mode == "none":
        yield Stage(vendor_name, request.param, f"http://127.0.0.1:9/{vendor_name}", recorded, new_name)
    elif LIVE:
        ids = {stands_for: _asked_for(variable) for variable, stands_for in LIVE_IDS.items()}
        yield Stage(vendor_name, request.param, None, ids, new_name)
    else:
        mark = request.node.get_closest_marker("sandbox_only")
        with _served(tmp_path / "sandbox.db", mark.args if mark else ()) as address:
            yield Stage(vendor_name, request.param, f"{address}/{vendor_name}", recorded, new_name)


@pytest.fixture(autouse=True)
def every_recorded_request_is_used(request: pytest.FixtureRequest, record_mode: str) -> Iterator[None]:
    """Fail a replay that has no cassette, or that left a recorded request unasked."""
    if request.node.get_closest_marker("vcr") is None or record_mode != "none":
        yield
        return
    cassette = request.getfixturevalue("vcr")
    assert len(cassette), f"there is no cassette {cassette._path}: record it (docs/cassettes.md)"
    yield
    unasked = [str(asked) for at, asked in enumerate(cassette.requests) if not cassette.play_counts[at]]
    assert not unasked, f"recorded, but not asked for: {unasked}"


def _asked_for(variable: str) -> str:
    """Return the live id to record. A case that does not use it does not need it."""
    return os.environ.get(variable) or f"{variable}-is-not-set"


def _records(config: pytest.Config) -> bool:
    return (config.getoption("--record-mode") or "none") != "none"


def _scrubber(vendor: str, new_name: str, *, live: bool) -> Any:
    """Make the scrubber of a case: on replay the one that the cassette was recorded with."""
    keys = {os.environ.get(key_variable(name), ""): scrubbing_module.MASK for name in DEFAULT_BASE_URLS}
    ids = {os.environ.get(variable, ""): stands_for for variable, stands_for in LIVE_IDS.items()}
    replaced = {**keys, **ids, new_name: NEW_NAME} if LIVE else {}
    return scrubbing_module.Scrubber(
        vendor,
        live=live,
        replaced={found: stands_for for found, stands_for in replaced.items() if found},
        listed=frozenset(LIVE_IDS.values()),
    )


def _provenance() -> Any:
    today = datetime.now(UTC).date().isoformat()
    if LIVE:
        return provenance_module.Provenance("live", today, __version__, ", ".join(DEFAULT_BASE_URLS.values()))
    return provenance_module.Provenance("sandbox", today, __version__, _model())


def _model() -> str:
    """Ask the sandbox which documents it is a model of."""
    from vaxctl.sandbox.model import Sandbox

    sandbox = Sandbox(":memory:")
    about = json.loads(sandbox.handle("GET", "/", {}, {}, b"")[2])
    sandbox.close()
    return "; ".join(f"{name}: {about[name]['modelled_from']}" for name in ("retell", "vapi"))


@contextmanager
def _served(path: Path, faults: tuple[str, ...]) -> Iterator[str]:
    """Serve a seeded sandbox on loopback whose clock and ids repeat from recording to recording."""
    from vaxctl.sandbox.model import Sandbox
    from vaxctl.sandbox.serve import bind, make_server

    ticks, ids = itertools.count(STARTED_MS, 1000), itertools.count(0x5CA1AB1E << 96)
    sandbox = Sandbox(path, faults, clock=lambda: next(ticks), new_id=lambda: f"{next(ids):032x}")
    seeds.seed(sandbox)
    ready = threading.Event()
    with bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        server = make_server(sandbox, port, lambda _port: ready.set())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        assert ready.wait(10)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()
            sandbox.close()


def _same_body(one: Any, other: Any) -> None:
    """Compare bodies as JSON: order of keys aside, with 1 and 1.0 and true told apart."""
    found, recorded = (_canonical(request.body) for request in (one, other))
    assert found == recorded, f"body {found} is not {recorded}"


def _canonical(body: bytes | str | None) -> str:
    return json.dumps(json.loads(body), sort_keys=True) if body else ""


def _same_headers(one: Any, other: Any) -> None:
    """Compare the headers that are kept: that there is a key, what is accepted, what the body is."""
    found, recorded = (
        dict(scrubbing_module._kept(r.headers.items(), scrubbing_module.REQUEST_HEADERS))
        for r in (one, other)
    )
    assert found == recorded, f"headers {found} are not {recorded}"
