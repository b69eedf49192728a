"""The OpenAI-compatible responder against a real server on loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from local_agent.context.interruption import InterruptionContext
from local_agent.dialogue.chat_stream import events
from local_agent.dialogue.endpoint import Endpoint, ResponderFailed, endpoint_from
from local_agent.dialogue.openai_compatible import OpenAIResponder
from local_agent.dialogue.prompting import prompt_for
from local_agent.dialogue.responder import CallerTurn, Reply
from local_agent.dialogue.script import Answer, Script, ScriptedTurn
from local_agent.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_agent.dialogue.endpoint import Endpoint as EndpointType


def spoken(*pieces: str, end: str = "data: [DONE]\n\n") -> str:
    """Return a stream whose deltas are these pieces."""
    told = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
    return "".join(f"data: {one}\n\n" for one in told) + end


HELLO = 'data: {"choices": [{"delta": {"content": "Hello there. "}}]}\n\n'


@pytest.fixture
def responder(chat) -> Iterator[OpenAIResponder]:  # noqa: ANN001 - the fixture of conftest
    """Return a responder whose endpoint is the loopback server."""
    with OpenAIResponder(chat.endpoint, "You sell tea.", "They heard {{ delivered_text }}.") as one:
        yield one


def test_a_streamed_answer_is_a_reply(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """Deltas, comments and usage events make one text; the conversation grows by it."""
    chat.stream = (
        ": warm\n\ndata: {}\n\n"
        + HELLO
        + 'data: {"choices": []}\n\n'
        + HELLO.replace("Hello there. ", "Milk?")
        + "data: [DONE]\n\n"
    )
    reply = responder.reply(CallerTurn("Hi."), None)
    assert (reply.text, reply.expects_answer) == ("Hello there. Milk?", True)
    assert reply.latency_ms >= 0
    assert chat.asked[0]["stream"] is True
    assert chat.asked[0]["model"] == "tiny"
    assert responder.messages == (
        {"role": "system", "content": "You sell tea."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello there. Milk?"},
    )


def test_latency_is_the_time_to_the_first_sentence(chat) -> None:  # noqa: ANN001
    """The clock is asked at the question and at the first sentence."""
    chat.stream = HELLO + HELLO + "data: [DONE]\n\n"
    ticks = iter([1.0, 1.25])
    with OpenAIResponder(chat.endpoint, clock=lambda: next(ticks)) as responder:
        assert responder.reply(CallerTurn("Hi."), None).latency_ms == 250


def test_after_an_interruption_only_what_was_heard_was_said(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """The cut turn stands as far as it was heard, then the filled template, then the caller's words."""
    chat.stream = HELLO + "data: [DONE]\n\n"
    responder.said("Our green tea is from Kyoto.")
    context = InterruptionContext("sell", "Our green tea ", "is from Kyoto.", "How much?", "clarifying", 0.8)
    responder.reply(CallerTurn("How much?"), context)
    assert [message["content"] for message in chat.asked[0]["messages"]] == [
        "You sell tea.",
        "Our green tea",
        "They heard Our green tea.",
        "How much?",
    ]


def test_closing_the_answer_closes_the_connection(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """After the first sentence of an endless answer.

    The server sees the caller's barge-in as a closed connection.
    """
    chat.stream, chat.hold_open = HELLO + HELLO, True
    sentences = iter(responder.stream(CallerTurn("Hi."), None))
    assert next(sentences) == "Hello there."
    sentences.close()
    assert chat.gone.wait(5)


def test_cancelling_wakes_a_reader_that_waits(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """Cancelled from another thread while the server says nothing.

    The answer ends at once and without an error.
    """
    chat.stream, chat.hold_open = HELLO, True
    answer = responder.stream(CallerTurn("Hi."), None)
    taken = Event()
    canceller = Thread(target=lambda: (taken.wait(5), answer.cancel()))
    canceller.start()
    said = []
    for sentence in answer:
        said.append(sentence)
        taken.set()
    canceller.join()
    assert said == ["Hello there."]
    assert answer.cancelled
    assert chat.gone.wait(5)


def test_an_answer_cancelled_before_it_began_asks_nobody(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """No request is sent."""
    answer = responder.stream(CallerTurn("Hi."), None)
    answer.cancel()
    assert list(answer) == []
    assert chat.asked == []


@pytest.mark.parametrize(
    ("stream", "status", "message"),
    [
        ('{"error": {"message": "bad key sk-very-secret"}}', 401, r"HTTP 401: bad key \(key\)"),
        ("it burns", 500, "HTTP 500: it burns"),
        (HELLO, 200, "broke off"),
        ("data: {oops\n\n", 200, "no JSON"),
        ('data: {"error": {"message": "out of memory"}}\n\n', 200, "out of memory"),
    ],
)
def test_a_failing_server_is_told_without_the_key(
    chat,  # noqa: ANN001
    responder: OpenAIResponder,
    stream: str,
    status: int,
    message: str,
) -> None:
    """The server's own words, the address, no key."""
    chat.stream, chat.status = stream, status
    with pytest.raises(ResponderFailed, match=message) as failed:
        responder.reply(CallerTurn("Hi."), None)
    assert "sk-very-secret" not in failed.value.message
    assert chat.endpoint.base_url in failed.value.message


def test_a_server_that_does_not_stream_is_read_too(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """One JSON document instead of events; without a message in it, that is said."""
    chat.content_type = "application/json"
    chat.stream = '{"choices": [{"message": {"content": "Yes. No."}}]}'
    assert list(responder.stream(CallerTurn("Hi."), None)) == ["Yes.", "No."]
    chat.stream = '{"choices": []}'
    with pytest.raises(ResponderFailed, match="no message"):
        list(responder.stream(CallerTurn("Hi."), None))


def test_without_a_model_the_server_s_first_is_used(chat) -> None:  # noqa: ANN001
    """GET /models, once."""
    chat.stream = HELLO + "data: [DONE]\n\n"
    with OpenAIResponder(replace(chat.endpoint, model=None)) as responder:
        responder.reply(CallerTurn("Hi."), None)
        chat.models = "gone"
        responder.reply(CallerTurn("Hi."), None)
    assert [asked["model"] for asked in chat.asked] == ["tiny", "tiny"]


@pytest.mark.parametrize(
    ("models", "status", "message"),
    [('{"data": []}', 200, "empty or cannot be read"), ("", 404, "HTTP 404"), ("[]", 200, "cannot be read")],
)
def test_a_server_without_models_is_told(chat, models: str, status: int, message: str) -> None:  # noqa: ANN001
    """The help names OPENAI_MODEL."""
    chat.models, chat.models_status = models, status
    with (
        OpenAIResponder(replace(chat.endpoint, model=None)) as responder,
        pytest.raises(ResponderFailed, match=message) as failed,
    ):
        responder.reply(CallerTurn("Hi."), None)
    assert "OPENAI_MODEL" in str(failed.value.help)


@pytest.mark.parametrize("model", [None, "tiny"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:1/v1", "http://127.0.0.1:99999999/v1"])
def test_nobody_there_is_told(model: str | None, address: str) -> None:
    """A refused connection or an impossible address names the endpoint."""
    with (
        OpenAIResponder(Endpoint(address, model=model)) as responder,
        pytest.raises(ResponderFailed, match=address),
    ):
        responder.reply(CallerTurn("Hi."), None)


def test_the_environment_names_the_endpoint() -> None:
    """A dummy key serves; blanks are absent; the key is not shown."""
    found: EndpointType = endpoint_from(
        {"OPENAI_BASE_URL": "http://localhost:1/v1/", "OPENAI_API_KEY": "sk-hush"}
    )
    assert found.url("models") == "http://localhost:1/v1/models"
    assert "sk-hush" not in repr(found)
    assert endpoint_from({"OPENAI_BASE_URL": "http://x/v1", "OPENAI_MODEL": " "}).model is None


@pytest.mark.parametrize("environment", [{}, {"OPENAI_BASE_URL": "localhost:8080"}])
def test_an_environment_without_an_address_is_refused(environment: dict[str, str]) -> None:
    """The help shows one."""
    with pytest.raises(UnusableInput, match="OPENAI_BASE_URL"):
        endpoint_from(environment)


def test_the_opening_is_said_without_asking(chat) -> None:  # noqa: ANN001
    """It stands in the conversation; without one the caller speaks first."""
    with OpenAIResponder(chat.endpoint, opening="Good morning.") as responder:
        opening = responder.first()
        assert opening is not None
        assert opening.text == "Good morning."
        assert responder.messages == ({"role": "assistant", "content": "Good morning."},)
    with OpenAIResponder(chat.endpoint) as silent:
        assert silent.first() is None
    assert chat.asked == []


def test_a_turn_nobody_heard_was_not_said(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """Cut before its first word, the turn leaves the conversation."""
    chat.stream = HELLO + "data: [DONE]\n\n"
    responder.said("Our green tea.")
    responder.reply(
        CallerTurn("Hi."), InterruptionContext("", "", "Our green tea.", "Hi.", "redirecting", 0.4)
    )
    assert [message["role"] for message in chat.asked[0]["messages"]] == ["system", "system", "user"]


def test_events_join_their_lines() -> None:
    """Two data lines are one event; the last needs no blank line."""
    lines = ["event: x", "data: a", "data:b", "", ": note", "", "data: c"]
    assert list(events(iter(lines))) == ["a\nb", "c"]


def test_sentences_come_one_by_one_and_a_barge_in_shuts_the_connection(chat) -> None:  # noqa: ANN001
    """The first sentence at once, the next when asked for; cancelled, the server sees its client go."""
    chat.stream, chat.hold_open = spoken("We open at nine. And we ", "close at", " five. ", end=""), True
    with OpenAIResponder(chat.endpoint, clock=iter(range(99)).__next__) as responder:
        first = responder.begin(CallerTurn("When do you open?"), None)
        assert first == Reply("We open at nine.", latency_ms=1000)
        assert responder.more() == "And we close at five."
        assert not chat.gone.is_set()
        responder.cancel()
        assert chat.gone.wait(10)
        assert responder.more() is None
        assert responder.messages[-1]["content"] == "We open at nine. And we close at five."


def test_a_whole_answer_ends_by_itself(chat) -> None:  # noqa: ANN001
    """After the last sentence there is no more, and nothing is left to cancel."""
    chat.stream = HELLO + "data: [DONE]\n\n"
    with OpenAIResponder(chat.endpoint) as responder:
        said = [responder.begin(CallerTurn("Hi."), None).text]
        while (sentence := responder.more()) is not None:
            said.append(sentence)
        responder.cancel()
        assert " ".join(said) == responder.messages[-1]["content"]


def test_a_reply_nobody_heard_is_taken_back(chat) -> None:  # noqa: ANN001
    """The conversation is as it was before it, the connection shut."""
    chat.stream, chat.hold_open = spoken("We open at nine. ", "And", end=""), True
    with OpenAIResponder(chat.endpoint, "Be brief.", opening="Hello.") as responder:
        responder.first()
        before = responder.messages
        responder.begin(CallerTurn("When do"), None)
        responder.take_back()
        assert responder.messages == before
        assert chat.gone.wait(10)
        responder.take_back()
        assert responder.messages == before


def test_an_answer_that_does_not_come_is_told(chat) -> None:  # noqa: ANN001
    """Silence longer than the endpoint's patience is an error that says how long it was."""
    chat.stream, chat.hold_open = "", True
    endpoint = replace(chat.endpoint, timeout_s=0.2)
    with (
        OpenAIResponder(endpoint) as responder,
        pytest.raises(ResponderFailed, match=r"nothing came within 0\.2 s"),
    ):
        responder.begin(CallerTurn("Hi."), None)


@pytest.mark.parametrize(("key", "advice"), [("sk-very-secret", "not taken"), ("", "is not set")])
def test_a_refused_key_is_told_apart(chat, key: str, advice: str) -> None:  # noqa: ANN001
    """401 says that it is about the key, and whether one was sent."""
    chat.status, chat.stream = 401, '{"error": {"message": "no"}}'
    told = endpoint_from({"OPENAI_BASE_URL": chat.endpoint.base_url, "OPENAI_API_KEY": key})
    with (
        OpenAIResponder(replace(told, model="tiny")) as responder,
        pytest.raises(ResponderFailed) as failed,
    ):
        responder.reply(CallerTurn("Hi."), None)
    assert failed.value.refused
    assert advice in str(failed.value.help)


def test_the_prompt_holds_the_thread_and_what_is_known() -> None:
    """Every step with its intent, every answer once; nothing of when or how to answer."""
    answers = {"clarifying": (Answer("It takes an hour."),), "aligned": (Answer("It takes an hour."),)}
    script = Script((ScriptedTurn("We open at nine.", "inform"), ScriptedTurn("Shall we meet?")), answers)
    prompt = prompt_for(script)
    assert "1. We open at nine. (you want to: inform)\n2. Shall we meet?" in prompt
    assert prompt.count("It takes an hour.") == 1


def test_a_reminder_that_was_cut_leaves_the_turn_before_it(chat, responder: OpenAIResponder) -> None:  # noqa: ANN001
    """What the session said by itself is added as far as it was heard; what the agent said stays said."""
    chat.stream = HELLO + "data: [DONE]\n\n"
    responder.said("We open at nine.")
    reminder = InterruptionContext("", "Are you ", "still there?", "Yes.", "aligned", 0.4)
    responder.reply(CallerTurn("Yes."), reminder)
    said = [m["content"] for m in chat.asked[0]["messages"] if m["role"] == "assistant"]
    assert said == ["We open at nine.", "Are you"]
