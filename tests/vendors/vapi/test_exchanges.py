"""Reading, making and writing assistants: whole subtrees, one assistant per name, `latestVersion` watched."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import pytest

from vaxctl.errors import InvalidInput, OutcomeUnknown, RefusedAsUnsafe, VaxctlError, VendorRefused
from vaxctl.sandbox.model import Sandbox
from vaxctl.sandbox.seed import VAPI_NOVA, seed
from vaxctl.vendors.exchange import Request, Response, run
from vaxctl.vendors.live import Desired, Live, LiveObject, Target
from vaxctl.vendors.stamp import in_object, stamp_of
from vaxctl.vendors.vapi import exchanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAMP = stamp_of("p", None, [("assistant", "name", "x")])
FRESH = Target("vapi", None, name="fresh", create={"firstMessage": "Hello"})


class Door:
    """A `send` into a sandbox, with a fault for a request by its number."""

    def __init__(self, versioning: Literal["off", "on", "draft"] = "off") -> None:
        self.sandbox = Sandbox(":memory:", versioning=versioning)
        seed(self.sandbox)
        self.sent: list[Request] = []
        self.faults: dict[int, str] = {}

    def send(self, request: Request) -> Response:
        """Answer as the wire does."""
        headers = {"authorization": "Bearer k"}
        if (fault := self.faults.get(len(self.sent))) is not None:
            headers["x-vaxctl-fault"] = fault
        self.sent.append(request)
        content = b"" if request.json is None else json.dumps(request.json).encode()
        path = f"/vapi{request.path}"
        status, _, body = self.sandbox.handle(request.method, path, dict(request.query), headers, content)
        if status >= 500:
            raise OutcomeUnknown("no answer")
        if status >= 400:
            raise VendorRefused(body.decode(), status=status)
        return Response(status, json.loads(body))

    def make(self, name: str, **more: Any) -> str:
        """Make an assistant as somebody else would; return its id."""
        body = self.send(Request("vapi", "POST", "/assistant", "make", json={"name": name, **more})).body
        return str(body["id"])


@pytest.fixture
def open_door() -> Iterator[Callable[..., Door]]:
    """Open doors that are closed at the end."""
    opened: list[Door] = []

    def door(*args: Any) -> Door:
        opened.append(Door(*args))
        return opened[-1]

    yield door
    for one in opened:
        one.sandbox.close()


NO_VERSION = (
    (
        "Vapi names no version of the assistant: where an organisation has assistant versions the edit may be a draft; "
        "look in Vapi's dashboard"
    ),
)


def _changed(live: Live, **top: Any) -> Desired:
    return Desired({"assistant": {**live.objects["assistant"].body, **top}}, STAMP)


@pytest.mark.parametrize(
    ("versioning", "told"),
    [
        ("off", NO_VERSION),
        ("on", ("Vapi keeps the edit as version v1 (the assistant had none before)",)),
        ("draft", NO_VERSION),
    ],
)
def test_the_latest_version_is_watched(
    versioning: Literal["off", "on", "draft"], told: tuple[str, ...], open_door: Callable[..., Door]
) -> None:
    """What PATCH does in an organisation with versions is not documented: the report says what was seen."""
    door = open_door(versioning)
    live = run(exchanges.read(Target("vapi", VAPI_NOVA)), door.send)
    assert run(exchanges.write(live, _changed(live, endCallMessage="Bye")), door.send).notes == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, None, NO_VERSION),
        ("v1", "v2", ("Vapi keeps the edit as version v2 (before: v1)",)),
        (
            {"id": "i", "versionName": "Autumn"},
            {"id": "j"},
            ("Vapi keeps the edit as version j (before: Autumn)",),
        ),
        (None, "v1", ("Vapi keeps the edit as version v1 (the assistant had none before)",)),
        ("v1", None, ("Vapi no longer names a version of the assistant (before: v1)",)),
    ],
)
def test_versions_are_told_by_label(before: Any, after: Any, told: tuple[str, ...]) -> None:
    """Strings and objects, as the document shows both."""
    assert exchanges._versions(before, after) == told


def test_a_version_that_did_not_move_is_called_what_it_may_be() -> None:
    """The edit may be a draft that callers do not hear yet."""
    (note,) = exchanges._versions("v3", "v3")
    assert note.startswith("latestVersion stayed v3: the edit may be a draft")


def test_only_changed_subtrees_are_sent_whole_and_the_rest_is_others(open_door: Callable[..., Door]) -> None:
    """One changed field of `stopSpeakingPlan`: that plan and the metadata go out, model, tools and voice do not."""
    door = open_door()
    target = Target("vapi", VAPI_NOVA)
    live = run(exchanges.read(target), door.send)
    before = live.objects["assistant"].body
    plan = {**(before.get("stopSpeakingPlan") or {}), "numWords": 3}
    run(exchanges.write(live, _changed(live, stopSpeakingPlan=plan)), door.send)
    patch = next(request for request in door.sent if request.method == "PATCH")
    assert set(patch.json) == {"stopSpeakingPlan", "metadata"}
    after = run(exchanges.read(target), door.send)
    body = after.objects["assistant"].body
    assert {k: v for k, v in body.items() if k not in {"stopSpeakingPlan", "metadata", "updatedAt"}} == {
        k: v for k, v in before.items() if k not in {"stopSpeakingPlan", "metadata", "updatedAt"}
    }
    assert {k: v for k, v in body["metadata"].items() if k != "vaxctl"} == (before.get("metadata") or {})
    assert after.stamp == STAMP


@pytest.mark.parametrize("metadata", ["text", ["list"], 7])
def test_metadata_in_a_form_we_cannot_add_to_stays(metadata: Any) -> None:
    """Not documented, and somebody's: the write goes on without a stamp."""
    body = {"id": "a", "metadata": metadata}
    live = exchanges._live(Target("vapi", "a"), body)
    assert live.stamp is None
    assert exchanges._stamped(_changed(live, name="x"))["metadata"] == metadata


def test_an_assistant_is_made_once_and_found_again(open_door: Callable[..., Door]) -> None:
    """Made with the stamp; the next read by name finds it; the note says what to put into the profile."""
    door = open_door()
    live = run(exchanges.read(FRESH), door.send)
    assert live.objects == {}
    written = run(exchanges.write(live, Desired({"assistant": {"name": "fresh"}}, STAMP)), door.send)
    assert f"assistant_id: {written.target.id}" in written.notes[0]
    again = run(exchanges.read(FRESH), door.send)
    assert again.objects["assistant"].id == written.target.id
    assert in_object(again.objects["assistant"].body["metadata"]["vaxctl"]) == STAMP


@pytest.mark.parametrize(("fault", "posts"), [("500-after", 1), ("500-before", 2)])
def test_a_create_whose_answer_never_came_makes_no_second_assistant(
    fault: str, posts: int, open_door: Callable[..., Door]
) -> None:
    """Looked up by name first; only what is not there is sent again."""
    door = open_door()
    live = run(exchanges.read(FRESH), door.send)
    door.faults = {len(door.sent): fault}
    run(exchanges.write(live, Desired({"assistant": {"name": "fresh"}}, STAMP)), door.send)
    assert [request.method for request in door.sent].count("POST") == posts
    listed = door.send(Request("vapi", "GET", "/assistant", "list")).body
    assert [item["name"] for item in listed].count("fresh") == 1


def test_two_assistants_of_one_name_are_not_guessed_between(open_door: Callable[..., Door]) -> None:
    """Refused, with both ids to choose from."""
    door = open_door()
    ids = [door.make("fresh"), door.make("fresh")]
    with pytest.raises(RefusedAsUnsafe, match="several assistants are named 'fresh'") as caught:
        run(exchanges.read(FRESH), door.send)
    assert all(id_ in caught.value.message for id_ in ids)


def test_the_look_up_goes_through_every_page(
    monkeypatch: pytest.MonkeyPatch, open_door: Callable[..., Door]
) -> None:
    """Assistants of the same millisecond on both sides of a page's end are not passed over."""
    door = open_door()
    monkeypatch.setattr(exchanges, "_PAGE", 2)
    door.sandbox.world = type(door.sandbox.world)(
        door.sandbox.store, lambda: 1_770_000_000_000, door.sandbox.world.new_id
    )
    wanted = door.make("fresh")
    door.make("other")
    for when in range(1, 6):
        door.sandbox.world = type(door.sandbox.world)(
            door.sandbox.store, lambda when=when: 1_770_000_000_000 + when, door.sandbox.world.new_id
        )
        door.make(f"other {when}")
    found = run(exchanges.read(FRESH), door.send)
    assert found.objects["assistant"].id == wanted


def test_the_look_up_ends_where_a_page_brings_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """More assistants of one millisecond than a page holds: no endless loop."""
    monkeypatch.setattr(exchanges, "_PAGE", 1)
    sent: list[Request] = []

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(200, [{"id": "a", "name": "x", "createdAt": "2026-01-01T00:00:00.000Z"}])

    assert run(exchanges.read(FRESH), send).objects == {}
    assert len(sent) == 2


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_id_is_the_profiles_mistake(status: int) -> None:
    """The message names the key; any other refusal stays what it is."""

    def send(_: Request) -> Response:
        raise VendorRefused("gone", status=status)

    with pytest.raises(InvalidInput, match="Vapi knows no assistant a"):
        run(exchanges.read(Target("vapi", "a")), send)


@pytest.mark.parametrize(
    ("target", "answer", "error"),
    [
        (Target("vapi", "a"), [], VendorRefused),
        (FRESH, {}, VendorRefused),
        (FRESH, ["text"], VendorRefused),
        (Target("vapi", "a"), VendorRefused("teapot", status=418), VendorRefused),
    ],
)
def test_an_answer_of_another_shape_is_refused(target: Target, answer: Any, error: type[VaxctlError]) -> None:
    """Nothing is guessed from a body that is no assistant."""

    def send(_: Request) -> Response:
        if isinstance(answer, VaxctlError):
            raise answer
        return Response(200, answer)

    with pytest.raises(error):
        run(exchanges.read(target), send)


def test_publishing_is_no_step_of_vapi() -> None:
    """It sends nothing."""
    live = Live(Target("vapi", "a"), {"assistant": LiveObject("assistant", "a", {})})
    assert run(exchanges.publish(live), lambda _: pytest.fail("sent")).target == live.target


def _targets(door: Door, how_many: int) -> list[Target]:
    return [Target("vapi", door.make(f"assistant {n}")) for n in range(how_many)]


def test_many_are_read_from_the_list_as_each_would_be_by_itself(open_door: Callable[..., Door]) -> None:
    """One list, and one GET to see that it holds whole assistants; an unknown id is not in the result."""
    door = open_door()
    targets = _targets(door, exchanges._MANY)
    live = run(exchanges.read(targets[3]), door.send)
    run(exchanges.write(live, _changed(live, endCallMessage="Bye")), door.send)
    sent = len(door.sent)
    unknown = Target("vapi", "5ca1ab1e-0000-4000-8000-0000000000ff")
    found = run(exchanges.read_many([*targets, unknown, FRESH]), door.send)
    asked = [(r.method, r.path.split("/")[1:2], dict(r.query)) for r in door.sent[sent:]]
    assert asked == [("GET", ["assistant"], {"limit": "1000"}), ("GET", ["assistant"], {})]
    assert found == {target.id: run(exchanges.read(target), door.send) for target in targets}
    assert found[str(targets[3].id)].stamp == STAMP


def test_few_are_not_read_from_the_list() -> None:
    """A page holds up to a thousand whole assistants: too much for a handful."""

    def send(_: Request) -> Response:
        raise AssertionError("nothing is to be asked")

    few = [Target("vapi", f"a-{n}") for n in range(exchanges._MANY - 1)]
    assert run(exchanges.read_many([*few, FRESH, FRESH]), send) == {}


def test_the_list_is_followed_while_many_are_missing(
    monkeypatch: pytest.MonkeyPatch, open_door: Callable[..., Door]
) -> None:
    """Page by page, newest first, and no further than it saves requests."""
    door = open_door()
    times = count(1_900_000_000_000)  # after what the sandbox is seeded with
    door.sandbox.world = type(door.sandbox.world)(
        door.sandbox.store, lambda: next(times), door.sandbox.world.new_id
    )
    oldest = _targets(door, 3)
    wanted = _targets(door, 9)
    monkeypatch.setattr(exchanges, "_MANY", 4)
    monkeypatch.setattr(exchanges, "_PAGE", 5)
    found = run(exchanges.read_many([*wanted, *oldest]), door.send)
    assert set(found) == {target.id for target in wanted}
    assert sum(request.path == "/assistant" and bool(request.query) for request in door.sent) == 2


@pytest.mark.parametrize("more", [{"name": "another"}, {"latestVersion": "v2"}])
def test_a_list_that_does_not_hold_what_a_get_returns_is_not_used(more: dict[str, Any]) -> None:
    """Vapi's document says that it holds whole assistants; its answers are asked once."""
    ids = [f"a-{n}" for n in range(exchanges._MANY)]

    def send(request: Request) -> Response:
        if request.path == "/assistant":
            return Response(200, [{"id": id_, "name": "x"} for id_ in ids])
        return Response(200, {"id": request.path.rsplit("/", 1)[1], "name": "x", **more})

    assert run(exchanges.read_many([Target("vapi", id_) for id_ in ids]), send) == {}
