"""The scripted responder: keeps a thread, answers what is said over it, and goes on where it was cut.

It never says again what was heard: after a clarification or a backchannel it goes on with the remaining
text; after an answer to the question it drops the rest of the question; after another topic, or a call to
stop, it holds the remaining text until the caller has spoken again. Where nobody knows what was said, it
asks, if the script says how (answers under `unknown`), and holds the remaining text; else it goes on with it: a
reply to words that were not heard would be made up, and silence would lose the thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.context.classifying import classify
from local_agent.context.delivery import CLOSING, sentence_at, sentence_spans
from local_agent.dialogue.responder import Reply

if TYPE_CHECKING:
    from local_agent.context.classifying import Class
    from local_agent.context.interruption import InterruptionContext
    from local_agent.context.lexicon import Lexicon
    from local_agent.dialogue.responder import CallerTurn
    from local_agent.dialogue.script import Script, ScriptedTurn

_CLEAR = 0.5
_Memory = tuple[int, str, Reply, str]


class ScriptedResponder:
    """One call's walk through a script. The same words in the same order get the same replies."""

    def __init__(self, script: Script, lexicon: Lexicon | None = None) -> None:
        self.script = script
        self._lexicon = lexicon
        self._next = 0
        self._held = ""
        """What of the thread is still to be said, beside what is being said."""
        self._last = Reply("")
        self._thread = ""
        """The end of the last reply that belongs to the thread; what stands before it answered somebody."""
        self._before: _Memory | None = None

    def first(self) -> Reply | None:
        """Return the first turn of the thread."""
        self._before = self._memory()
        return self._say("", self._step())

    def reply(self, heard: CallerTurn, context: InterruptionContext | None) -> Reply:
        """Return the answer to what was said, and the thread where it is to go on."""
        self._before = self._memory()
        kind = context.interruption_class if context is not None else self._class_of(heard)
        utterance = context.caller_utterance if context is not None else heard.text
        answer = self.script.answer_to(kind, utterance)
        remaining = context.remaining_text if context is not None else ""
        if kind == "aligned" and context is not None:
            remaining = after_answer(context.delivered_text, remaining)
        if kind not in {"backchannel", "unknown"} and len(remaining) > len(self._thread):
            remaining = self._thread  # the cut fell into an answer: its rest has lost its use
        owed = _joined(remaining, self._held)
        self._held = ""
        if kind in {"redirecting", "stop"} or (kind == "unknown" and answer):
            self._held = owed
            return self._say(answer, None)
        if owed:
            return self._resume(answer, owed)
        if kind == "clarifying" and self._last.expects_answer and context is None:
            return self._say(answer, None, expects_answer=True)  # the question was heard, and stays open
        return self._say(answer, self._step())

    def take_back(self) -> None:
        """Forget the last reply: nobody heard a word of it, so the thread stands where it stood before."""
        if self._before is not None:
            (self._next, self._held, self._last, self._thread), self._before = self._before, None

    def _memory(self) -> _Memory:
        return self._next, self._held, self._last, self._thread

    def _class_of(self, heard: CallerTurn) -> Class:
        last = sentence_at(self._last.text, len(self._last.text))
        asked = self._last.expects_answer or last.endswith("?")
        kind, confidence = classify(heard.text, last, asked, self._lexicon)
        # Nothing was cut: without a clear sign of another topic the caller's turn moves the thread on.
        return "aligned" if confidence < _CLEAR else kind

    def _step(self) -> ScriptedTurn | None:
        if self._next >= len(self.script.turns):
            return None
        self._next += 1
        return self.script.turns[self._next - 1]

    def _resume(self, answer: str, owed: str) -> Reply:
        lead_in = self.script.resume if answer else ""
        step = self.script.turns[max(self._next - 1, 0)]
        self._thread = owed
        self._last = Reply(
            _joined(_joined(answer, lead_in), owed), step.intent, step.expects_answer, self.script.latency_ms
        )
        return self._last

    def _say(self, answer: str, step: ScriptedTurn | None, *, expects_answer: bool = False) -> Reply:
        said = _joined(answer, step.say if step else "")
        self._thread = step.say if step else ""
        intent = step.intent if step else ""
        expects = step.expects_answer if step else expects_answer
        self._last = Reply(said, intent, expects, self.script.latency_ms)
        return self._last


def after_answer(delivered: str, remaining: str) -> str:
    """Return what is still to be said when the caller answered: without the rest of a question that was cut.

    A statement that was cut is not answered by agreeing to it, so it goes on.
    """
    text = delivered + remaining
    cut = len(delivered)
    asked = sentence_at(text, cut).rstrip(CLOSING).endswith("?")
    if not asked:
        return remaining
    after = [span for span in sentence_spans(text) if span.start >= cut]
    return text[after[0].start :] if after else ""


def _joined(first: str, second: str) -> str:
    return f"{first.rstrip()} {second.lstrip()}".strip()
