"""A responder that asks an OpenAI-compatible endpoint, by HTTP alone.

The conversation that it sends holds what was heard: a turn that was cut stands there as far as the caller
heard it, followed by the profile's template with the interruption in it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from local_agent.dialogue.chat_stream import ChatStream, reason, said_in
from local_agent.dialogue.responder import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import httpx

    from local_agent.context.interruption import InterruptionContext
    from local_agent.dialogue.endpoint import Endpoint
    from local_agent.dialogue.responder import CallerTurn


class OpenAIResponder:
    """One call's conversation with an endpoint. Use it as a context manager, or close it.

    `prompt` is the agent's own; `template` is what it is told after an interruption (with `{{ slots }}`),
    empty for nothing; `opening` is said first without asking anybody, None lets the caller speak first.
    `clock` gives seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        prompt: str = "",
        template: str = "",
        opening: str | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        import httpx

        self.endpoint, self._template, self._opening, self._clock = endpoint, template, opening, clock
        self._client = httpx.Client(
            headers={"authorization": f"Bearer {endpoint.api_key}"}, timeout=endpoint.timeout_s
        )
        self._messages: list[dict[str, str]] = [{"role": "system", "content": prompt}] if prompt else []
        self._model = endpoint.model
        self._stream: ChatStream | None = None
        self._sentences: Generator[str, None, None] | None = None
        self._given = ""
        self._before: list[dict[str, str]] | None = None

    def __enter__(self) -> Self:
        """Return the responder itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self.cancel()
        self._client.close()

    @property
    def messages(self) -> tuple[dict[str, str], ...]:
        """The conversation as the endpoint is told it."""
        return tuple(dict(message) for message in self._messages)

    def first(self) -> Reply | None:
        """Return the opening; None where the caller speaks first."""
        if self._opening is None:
            return None
        self._before = list(self._messages)
        self.said(self._opening)
        return Reply(self._opening)

    def reply(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Return the whole answer; `latency_ms` is the time to its first sentence. Raises ResponderFailed."""
        asked = self._clock()
        first: float | None = None
        sentences: list[str] = []
        for sentence in self.stream(heard, context):
            first = self._clock() if first is None else first
            sentences.append(sentence)
        text = " ".join(sentences)
        self.said(text)
        latency = (self._clock() if first is None else first) - asked
        return Reply(text, expects_answer=_asks(text), latency_ms=round(latency * 1000))

    def begin(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Return the first sentence, and the time that it took in `latency_ms`. Raises ResponderFailed.

        The connection stays open for `more`, until the answer is whole or `cancel` shuts it.
        """
        self.cancel()
        self._before = list(self._messages)
        asked = self._clock()
        self._stream = self.stream(heard, context)
        self._sentences, self._given = iter(self._stream), ""
        text = self.more() or ""
        return Reply(text, expects_answer=_asks(text), latency_ms=round((self._clock() - asked) * 1000))

    def more(self) -> str | None:
        """Return the next sentence, once it has come; None where the answer is whole. Raises ResponderFailed."""
        sentence = next(self._sentences, None) if self._sentences is not None else None
        if sentence is None:
            self._stream = self._sentences = None
            return None
        if self._given:
            self._messages.pop()
        self._given = f"{self._given} {sentence}".strip()
        self.said(self._given)
        return sentence

    def cancel(self) -> None:
        """Shut the connection of the answer under way, if there is one: the server stops making it."""
        stream, sentences = self._stream, self._sentences
        self._stream = self._sentences = None
        if stream is not None and sentences is not None:
            stream.cancel()
            sentences.close()

    def take_back(self) -> None:
        """Shut the connection, and be as before the last reply was asked for."""
        self.cancel()
        if self._before is not None:
            self._messages, self._before = self._before, None

    def stream(self, heard: CallerTurn, context: InterruptionContext | None) -> ChatStream:
        """Return the answer as it comes, sentence by sentence; tell `said` afterwards what was said of it."""
        self._hear(heard, context)
        body: dict[str, Any] = {
            "model": self._chosen_model(),
            "messages": list(self._messages),
            "stream": True,
        }
        return ChatStream(self._client, self.endpoint, body)

    def said(self, text: str) -> None:
        """Put into the conversation what the agent said."""
        if text:
            self._messages.append({"role": "assistant", "content": text})

    def _hear(self, heard: CallerTurn, context: InterruptionContext | None) -> None:
        if context is not None:
            self._cut(context)
            if self._template:
                self._messages.append({"role": "system", "content": context.rendered(self._template)})
        self._messages.append({"role": "user", "content": heard.text})

    def _cut(self, context: InterruptionContext) -> None:
        """Leave of the turn that was cut what was heard; a turn nobody heard a word of was not said.

        A turn that is not the last one here (a reminder, which the session says by itself) is added as far as
        it was heard, and the last one stays.
        """
        delivered = context.delivered_text.strip()
        last = next(
            (
                at
                for at in range(len(self._messages) - 1, -1, -1)
                if self._messages[at]["role"] == "assistant"
            ),
            None,
        )
        if last is not None and self._messages[last]["content"].strip() == context.interrupted_text.strip():
            del self._messages[last]
        else:
            last = None
        if delivered:
            self._messages.insert(
                len(self._messages) if last is None else last, {"role": "assistant", "content": delivered}
            )

    def _chosen_model(self) -> str:
        if self._model is None:
            self._model = first_model(self._client, self.endpoint)
        return self._model


def _asks(text: str) -> bool:
    return text.rstrip().endswith("?")


def with_model(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with a model: where it names none, the first that the server lists.

    Raises ResponderFailed.
    """
    import httpx

    if endpoint.model is not None:
        return endpoint
    headers = {"authorization": f"Bearer {endpoint.api_key}"}
    with httpx.Client(headers=headers, timeout=endpoint.timeout_s) as client:
        return replace(endpoint, model=first_model(client, endpoint))


def first_model(client: httpx.Client, endpoint: Endpoint) -> str:
    """Return the first model that the server lists. Raises ResponderFailed."""
    import httpx

    status: int | None = None
    try:
        response = client.get(endpoint.url("models"))
        status = response.status_code
        response.raise_for_status()
        return str(response.json()["data"][0]["id"])
    except httpx.HTTPStatusError as error:
        why = f"HTTP {error.response.status_code}: {said_in(error.response.content)}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = reason(error, endpoint.timeout_s)
    except (ValueError, LookupError, TypeError):
        why = "its list of models is empty or cannot be read"
    raise endpoint.failed("names no model", why, status)
