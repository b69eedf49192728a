"""Many targets at once, plans as documents, and what binds a saved plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plan_worlds import ASSISTANT_ID, Pages, Shelf, applied, compiled, planned

from vaxctl.errors import InvalidInput, RefusedAsUnsafe, VendorRefused, VendorUnavailable
from vaxctl.plan.applying import Outcome
from vaxctl.plan.change import Action
from vaxctl.plan.document import apply_document, error_document, plan_document
from vaxctl.plan.fleet import apply_fleet, plan_fleet
from vaxctl.plan.planning import one_owner, plan_of, plan_target
from vaxctl.plan.verifying import differences, verify
from vaxctl.vendors.compiled import Leaf
from vaxctl.vendors.exchange import Response, run
from vaxctl.vendors.live import Desired, Live, LiveObject, Target
from vaxctl.vendors.stamp import stamp_of
from vaxctl.vendors.vendor import vendor

IDS = [f"a-{n}" for n in range(6)]
BROKEN = "a-3"


def _wanted(ids: list[str] = IDS) -> list[tuple[Any, Target]]:
    made = compiled(
        {"barge_in": {"min_words": 2}, "targets": {"vapi": {"assistant_id": ASSISTANT_ID}}}, "vapi"
    )
    return [(made, Target("vapi", id_)) for id_ in ids]


def _shelf() -> Shelf:
    return Shelf({id_: {"id": id_} for id_ in IDS})


def _breaking(shelf: Shelf, method: str) -> Any:
    def send(request: Any) -> Any:
        if request.path.endswith(BROKEN) and request.method == method:
            raise VendorUnavailable("nobody there")
        return shelf.send(request)

    return send


def test_one_target_that_cannot_be_read_does_not_stop_the_others() -> None:
    """The rest is planned, in the order asked for; progress counts every target."""
    told: list[tuple[int, int]] = []
    plan = plan_fleet(
        _wanted(),
        _breaking(_shelf(), "GET"),
        env=None,
        tool_version="0",
        progress=lambda *at: told.append(at),
    )
    assert [target.target.id for target in plan.targets] == [id_ for id_ in IDS if id_ != BROKEN]
    assert [failure.error.message for failure in plan.failures] == ["nobody there"]
    assert plan.summary["failed"] == 1
    assert plan.summary["update"] == 5
    assert told == [(n, 6) for n in range(1, 7)]
    document = plan_document(plan)
    assert document["failures"][0]["kind"] == "VendorUnavailable"
    json.dumps(document)


def test_one_target_that_cannot_be_written_does_not_stop_the_others() -> None:
    """Five are applied, one failed; the document says which, and a second run finishes the work."""
    shelf, book = _shelf(), Pages()
    plan = plan_fleet(_wanted(), shelf.send, env=None, tool_version="0")
    results = apply_fleet(plan, _breaking(shelf, "PATCH"), lambda: book)
    assert [r.outcome for r in results] == [
        Outcome.FAILED if id_ == BROKEN else Outcome.APPLIED for id_ in IDS
    ]
    document = apply_document(plan, results, 7)
    assert document["summary"]["applied"] == 5
    assert document["results"][3]["error"]["message"] == "nobody there"
    again = plan_fleet(_wanted(), shelf.send, env=None, tool_version="0")
    assert [target.changes for target in again.targets] == [id_ == BROKEN for id_ in IDS]
    assert apply_fleet(plan_of((), (), env=None, tool_version="0"), shelf.send, lambda: book) == []


def test_a_single_target_is_planned_without_threads() -> None:
    """The common case pays for none."""
    plan = plan_fleet(_wanted(["a-1"]), _shelf().send, env=None, tool_version="0")
    assert [target.target.id for target in plan.targets] == ["a-1"]


def test_the_digest_binds_profile_agent_environment_and_tool() -> None:
    """Each of them changed alone gives another digest; the order of the targets does not."""

    def digest(words: int = 2, extra: Any = None, env: str | None = None, tool: str = "1") -> str:
        shelf = Shelf({ASSISTANT_ID: {"id": ASSISTANT_ID, "x": extra}})
        tree = {"barge_in": {"min_words": words}, "targets": {"vapi": {"assistant_id": ASSISTANT_ID}}}
        return plan_of([planned(tree, "vapi", shelf.send)], [], env=env, tool_version=tool).digest

    seen = {digest(), digest(3), digest(extra=1), digest(env="prod"), digest(tool="2")}
    assert len(seen) == 5
    assert digest() in seen
    send = _shelf().send
    there, back = (plan_fleet(_wanted(ids), send, env=None, tool_version="0") for ids in (IDS, IDS[::-1]))
    assert there.digest == back.digest


def test_two_profiles_of_a_run_cannot_own_one_agent() -> None:
    """By id or by name; the same file twice is one owner."""
    one_owner(
        [("a.yaml", Target("vapi", "x")), ("a.yaml", Target("vapi", "x")), ("b.yaml", Target("retell", "x"))]
    )
    with pytest.raises(RefusedAsUnsafe, match=r"a\.yaml and b\.yaml both go to vapi x"):
        one_owner([("a.yaml", Target("vapi", "x")), ("b.yaml", Target("vapi", None, name="x"))])


def test_an_assistant_to_be_made_is_planned_and_then_there() -> None:
    """Create, then in sync; the plan's leaves are all new, and the result names the id."""
    shelf = Shelf({})

    def send(request: Any) -> Any:
        if request.method == "POST":
            shelf.objects["made"] = {"id": "made", **request.json}
            return type(shelf)(shelf.objects).send(type(request)("vapi", "GET", "/assistant/made", "read"))
        if request.path == "/assistant":
            from vaxctl.vendors.exchange import Response

            return Response(200, list(shelf.objects.values()))
        return shelf.send(request)

    tree = {
        "barge_in": {"min_words": 2},
        "targets": {
            "vapi": {"name": "fresh", "create": {"firstMessage": "Hello", "stopSpeakingPlan": {"x": 1}}}
        },
    }
    plan = planned(tree, "vapi", send)
    (resource,) = plan.resources
    assert resource.action is Action.CREATE
    assert {change.path for change in resource.changes} == {"name", "stopSpeakingPlan.numWords"}
    result = applied(plan, send)
    assert result.outcome is Outcome.APPLIED
    assert result.target.id == "made"
    assert shelf.objects["made"]["stopSpeakingPlan"] == {"x": 1, "numWords": 2}
    assert not planned(tree, "vapi", send).changes


def test_errors_are_documents_too() -> None:
    """One JSON document whatever happens, with the exit code in it."""
    document = error_document(InvalidInput("no", help="do"))
    assert document["error"] == {"kind": "InvalidInput", "message": "no", "help": "do", "exit_code": 3}


@pytest.mark.parametrize(
    ("wanted", "found", "changed", "added"),
    [
        ({"a": 1}, {"a": 1.0}, [], []),
        ({"a": 1}, {"a": True}, ["a"], []),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, [], ["a.c"]),
        ({"a": {"b": 1}}, {"a": {}}, ["a.b"], []),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a[0]", "a[1]"], []),
        ({"a": [1]}, {"a": [1, 2]}, ["a[1]"], []),
        ({"__x": 1}, {"__x": 2}, ["__x"], []),
        ({"a": "1"}, {"a": 1}, ["a"], []),
        (
            {"a": [{"b": {"c": "long " * 2000}}]},
            {"a": [{"b": {"c": "long " * 2000 + "!"}}]},
            ["a[0].b.c"],
            [],
        ),
    ],
)
def test_differences_are_named_by_path(wanted: Any, found: Any, changed: list[str], added: list[str]) -> None:
    """Added members of objects apart; everything else that differs is a change."""
    assert differences(wanted, found) == (changed, added)


def test_a_resource_that_is_gone_is_broken() -> None:
    """Verification does not pass over what is not there."""
    live = Live(Target("retell", "a"), {"agent": LiveObject("agent", "a", {})})
    desired = Desired({"agent": {}, "llm": {}}, stamp_of("p", None, []))
    assert verify(vendor("retell"), desired, live, []).broken == ("llm is gone",)


def test_a_difference_without_a_name_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the comparison by leaves ever miss what the digests see, the write is not called verified."""
    monkeypatch.setattr("vaxctl.plan.verifying.differences", lambda *_: ([], []))
    live = Live(Target("vapi", "a"), {"assistant": LiveObject("assistant", "a", {"name": "x"})})
    desired = Desired({"assistant": {"name": "y"}}, stamp_of("p", None, []))
    assert verify(vendor("vapi"), desired, live, []).moved


def test_owned_leaves_that_do_not_hold_are_told_from_others_that_moved() -> None:
    """The leaf that we wrote and lost is ours; the greeting that changed with it is not."""
    wanted = {"stopSpeakingPlan": {"numWords": 2, "voiceSeconds": 0.2}, "firstMessage": "Hello."}
    read = {"stopSpeakingPlan": {"numWords": 9, "voiceSeconds": 0.2}, "firstMessage": "Hi.", "extra": 1}
    live = Live(Target("vapi", "a"), {"assistant": LiveObject("assistant", "a", read)})
    leaf = Leaf("assistant", ("stopSpeakingPlan", "numWords"), 2, "barge_in.min_words")
    desired = Desired({"assistant": wanted}, stamp_of("p", None, []))
    found = verify(vendor("vapi"), desired, live, [leaf])
    assert found.broken == ("assistant stopSpeakingPlan.numWords",)
    assert found.moved == ("assistant firstMessage",)
    assert found.filled_in == ("assistant extra",)


MANY = [f"b-{n}" for n in range(30)]


def _listing(shelf: Shelf, requests: list[Any], *, whole: bool = True) -> Any:
    """Return a `send` over a shelf that can be listed; the list is refused where it is not `whole`."""

    def send(request: Any) -> Any:
        requests.append(request)
        if request.path == "/assistant":
            if not whole:
                raise VendorUnavailable("too much")
            return Response(200, json.loads(json.dumps(list(shelf.objects.values()))))
        return shelf.send(request)

    return send


@pytest.mark.parametrize(("whole", "requests"), [(True, 2), (False, 31)])
def test_many_assistants_are_planned_from_one_list(*, whole: bool, requests: int) -> None:
    """It is the plan that single reads make, in the same order; where the list fails, each is read by itself."""
    shelf = Shelf({id_: {"id": id_, "name": id_} for id_ in MANY})
    sent: list[Any] = []
    told: list[tuple[int, int]] = []
    plan = plan_fleet(
        _wanted(MANY),
        _listing(shelf, sent, whole=whole),
        env=None,
        tool_version="0",
        progress=lambda *at: told.append(at),
    )
    assert len(sent) == requests
    assert [target.target.id for target in plan.targets] == MANY
    assert told == [(n, 30) for n in range(1, 31)]
    flat = vendor("vapi")
    alone = [plan_target(made, flat, run(flat.read(to), shelf.send)) for made, to in _wanted(MANY)]
    assert plan.digest == plan_of(alone, [], env=None, tool_version="0").digest


def test_what_is_not_in_the_list_is_read_by_itself_and_every_write_reads_again() -> None:
    """An unknown assistant fails alone; apply asks for each agent right before it writes."""
    shelf = Shelf({id_: {"id": id_} for id_ in MANY})
    sent: list[Any] = []
    send = _listing(shelf, sent)

    def refusing(request: Any) -> Any:
        if request.path.endswith("/gone"):
            raise VendorRefused("not here", status=404)
        return send(request)

    plan = plan_fleet(_wanted([*MANY[:15], "gone", *MANY[15:]]), refusing, env=None, tool_version="0")
    assert [target.target.id for target in plan.targets] == MANY
    assert [failure.error.message for failure in plan.failures] == ["Vapi knows no assistant gone"]
    sent.clear()
    book = Pages()
    results = apply_fleet(plan, refusing, lambda: book)
    assert {result.outcome for result in results} == {Outcome.APPLIED}
    first = {request.path: request.method for request in reversed(sent)}
    assert first == {f"/assistant/{id_}": "GET" for id_ in MANY}
