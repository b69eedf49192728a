"""The scripted responder goes on where it was cut, and the score sees whether a responder does."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from local_agent.context.classifying import CLASSES, Class
from local_agent.context.interruption import InterruptionContext
from local_agent.context.lexicon import words_of
from local_agent.dialogue.preservation import Exchange, Part, Preservation, preservation
from local_agent.dialogue.responder import CallerTurn, Reply
from local_agent.dialogue.script import Answer, Script, parsed
from local_agent.dialogue.scripted import ScriptedResponder

SCRIPT = parsed(
    """
schema: vaxctl-script/v1
latency_ms: 600
resume: "So,"
turns:
  - say: We survey your roof for free on any weekday. Would Tuesday at ten work for you?
    intent: book
    expects_answer: true
  - say: Then I will send you the details by post.
    intent: confirm
answers:
  clarifying:
    - when: [how long]
      say: It takes an hour.
    - say: I mean the solar panels.
  redirecting:
    - say: I will note that down.
  stop:
    - say: Of course.
  aligned:
    - say: Lovely.
"""
)
TURN = SCRIPT.turns[0].say


def cut(at: str, kind: Class, utterance: str = "x", text: str = TURN) -> InterruptionContext:
    """Return the context of a turn that was cut right before these words."""
    place = text.index(at)
    return InterruptionContext("book", text[:place], text[place:], utterance, kind, 0.9)


def started(script: Script = SCRIPT) -> ScriptedResponder:
    """Return a responder that has said its first turn."""
    responder = ScriptedResponder(script)
    responder.first()
    return responder


def said(responder: ScriptedResponder, context: InterruptionContext) -> str:
    """Return its reply's text."""
    return responder.reply(CallerTurn(context.caller_utterance), context).text


def test_the_first_turn_is_the_script_s() -> None:
    """With intent, question and latency."""
    assert ScriptedResponder(SCRIPT).first() == Reply(TURN, "book", True, 600)


def test_after_a_clarification_it_goes_on_from_the_cut() -> None:
    """Answer, lead-in, the very rest."""
    context = cut("on any weekday", "clarifying", "How long is it?")
    expected = "It takes an hour. So, on any weekday. Would Tuesday at ten work for you?"
    reply = started().reply(CallerTurn("How long is it?"), context)
    assert reply == Reply(expected, "book", True, 600)


def test_a_backchannel_changes_nothing() -> None:
    """The rest, without an answer or a lead-in."""
    assert said(started(), cut("ten work", "backchannel")) == "ten work for you?"


def test_an_answer_drops_the_rest_of_the_question() -> None:
    """The next turn of the thread follows."""
    expected = "Lovely. Then I will send you the details by post."
    assert said(started(), cut("at ten", "aligned")) == expected


def test_agreeing_to_a_statement_does_not_drop_the_question_after_it() -> None:
    """What was not said yet is said."""
    assert said(started(), cut("on any weekday", "aligned")).endswith("So, " + TURN[TURN.index("on any") :])


def test_another_topic_holds_the_thread_until_the_caller_has_spoken() -> None:
    """First the topic alone; then the rest from the cut."""
    responder = started()
    assert said(responder, cut("at ten", "redirecting")) == "I will note that down."
    assert responder.reply(CallerTurn("Thanks."), None).text == "Lovely. So, at ten work for you?"


def test_a_reply_that_is_cut_itself_keeps_what_is_held() -> None:
    """Cut in the answer about another topic: the rest of that answer, then the rest of the thread."""
    responder = started()
    said(responder, cut("at ten", "redirecting"))
    context = cut("note that", "backchannel", text="I will note that down.")
    assert said(responder, context) == "note that down. at ten work for you?"


def test_stop_is_one_short_sentence() -> None:
    """The thread waits."""
    assert said(started(), cut("at ten", "stop")) == "Of course."


def test_a_question_after_the_whole_turn_was_heard_is_answered_and_left_open() -> None:
    """Nothing is said again."""
    reply = started().reply(CallerTurn("Sorry, how long is it?"), None)
    assert (reply.text, reply.expects_answer) == ("It takes an hour.", True)


def test_an_answer_after_the_whole_turn_moves_on() -> None:
    """And when the thread is over, only the answer is left."""
    responder = started()
    assert (
        responder.reply(CallerTurn("Yes."), None).text == "Lovely. Then I will send you the details by post."
    )
    assert responder.reply(CallerTurn("Mm-hmm."), None).text == ""


@given(
    cuts=st.lists(st.tuples(st.integers(0, 14), st.sampled_from(CLASSES)), max_size=5),
)
@example(cuts=[(4, "clarifying"), (7, "backchannel"), (9, "clarifying"), (0, "backchannel")])
def test_the_scripted_responder_keeps_its_context_whatever_happens(cuts: list[tuple[int, Class]]) -> None:
    """Cut anywhere by anything, again and again: every part of its score is full."""
    responder = ScriptedResponder(SCRIPT)
    text = (responder.first() or Reply("")).text
    exchanges: list[Exchange] = []
    for words, kind in cuts:
        pieces = text.split(" ")
        delivered = "".join(piece + " " for piece in pieces[: min(words, len(pieces) - 1)])
        context = InterruptionContext("", delivered, text[len(delivered) :], "x", kind, 0.9)
        text = said(responder, context)
        exchanges.append(Exchange(context, (text,)))
    score = preservation(exchanges, SCRIPT)
    assert score is not None
    for part in (score.addressed, score.thread, score.nothing_repeated):
        assert part.kept == part.of


@given(
    kind=st.sampled_from(CLASSES),
    words=st.integers(0, 14),
    before=st.lists(st.sampled_from(CLASSES), max_size=2),
)
def test_a_reply_nobody_heard_changes_nothing(kind: Class, words: int, before: list[Class]) -> None:
    """Taken back, it is as if it had not been asked for: asked again, the thread has not moved."""
    taken_back, plain = started(), started()
    for earlier in before:
        assert said(taken_back, cut("at ten", earlier)) == said(plain, cut("at ten", earlier))
    delivered = " ".join(TURN.split(" ")[:words])
    context = InterruptionContext("book", delivered, TURN[len(delivered) :], "x", kind, 0.9)
    first = said(taken_back, context)
    taken_back.take_back()
    assert said(taken_back, context) == first == said(plain, context)
    assert taken_back.reply(CallerTurn("Yes."), None) == plain.reply(CallerTurn("Yes."), None)


def test_the_first_turn_can_be_taken_back_too() -> None:
    """The caller spoke first: the thread begins with its first turn all the same."""
    responder = ScriptedResponder(SCRIPT)
    responder.take_back()  # there is nothing to take back yet
    responder.first()
    responder.take_back()
    assert responder.reply(CallerTurn("Hello?"), None).text.endswith(TURN)


def test_what_was_meant_counts_for_the_score() -> None:
    """An agent that took a question for another topic has neither answered it nor gone on."""
    context = cut("at ten", "redirecting", "How long is it?")
    reply = ("I will note that down.",)
    mistaken = preservation([Exchange(context, reply, "clarifying", "How long is it?")], SCRIPT)
    assert mistaken == Preservation(Part(0, 1), Part(0, 1), Part(1, 1))
    believed = preservation([Exchange(context, reply)], SCRIPT)
    assert believed == Preservation(Part(1, 1), Part(0, 0), Part(1, 1))
    misheard = cut("at ten", "clarifying", "Holland is it?")
    answer = ("I mean the solar panels. So, at ten work for you?",)
    assert preservation(
        [Exchange(misheard, answer, "clarifying", "How long is it?")], SCRIPT
    ) == Preservation(Part(0, 1), Part(1, 1), Part(1, 1))


def scored(context: InterruptionContext, *replies: str) -> Preservation:
    """Return the score of one exchange."""
    score = preservation([Exchange(context, replies)], SCRIPT)
    assert score is not None
    return score


def test_the_score_sees_each_fault_in_its_part() -> None:
    """An agent that starts again, one that ignores, one that drops its thread."""
    context = cut("at ten", "clarifying", "How long is it?")
    good = "It takes an hour. So, at ten work for you?"
    assert scored(context, good) == Preservation(Part(1, 1), Part(1, 1), Part(1, 1))
    assert scored(context, "It takes an hour. " + TURN) == Preservation(Part(1, 1), Part(1, 1), Part(0, 1))
    assert scored(context, "at ten work for you?").addressed == Part(0, 1)
    assert scored(context, "It takes an hour.").thread == Part(0, 1)
    assert scored(context).addressed == Part(0, 1)


def test_a_question_that_was_answered_is_not_finished() -> None:
    """Neither is a thread taken up at once after another topic."""
    assert scored(cut("at ten", "aligned"), "Lovely. At ten work for you? Then").thread == Part(0, 1)
    redirected = cut("at ten", "redirecting")
    assert scored(redirected, "I will note that down. At ten work for you?").thread == Part(0, 1)
    assert scored(redirected, "I will note that down.").thread == Part(0, 0)
    assert scored(redirected, "I will note that down.", "So, at ten work for you?").thread == Part(1, 1)
    assert scored(redirected, "I will note that down.", "Goodbye.").thread == Part(0, 1)


def test_speaking_on_over_another_topic_or_a_stop_is_seen() -> None:
    """Also where the answer was not given: nothing of the reply is taken for it."""
    for kind, utterance in (("redirecting", "My bill is wrong."), ("stop", "Stop.")):
        context = cut("at ten", "backchannel", "")
        exchange = Exchange(context, ("at ten work for you?",), kind, utterance)  # type: ignore[arg-type]
        assert preservation([exchange], SCRIPT) == Preservation(Part(0, 1), Part(0, 1), Part(1, 1))


def test_without_a_script_the_score_is_left_to_people() -> None:
    """None, not a number."""
    assert preservation([Exchange(cut("at ten", "stop"), ("Fine.",))], None) is None


def test_a_manner_of_speaking_is_no_repetition() -> None:
    """Words that the script has in two turns may come again."""
    script = parsed(
        "schema: vaxctl-script/v1\nturns: [{say: 'Would you like to come?'}, {say: 'Would you like to pay?'}]"
    )
    context = InterruptionContext("", "Would you like to ", "come?", "Yes.", "aligned", 0.9)
    score = preservation([Exchange(context, ("Would you like to pay?",))], script)
    assert score is not None
    assert score.nothing_repeated == Part(1, 1)
    assert words_of(context.delivered_text)[:4] == ("would", "you", "like", "to")


ASKING = replace(SCRIPT, answers={**SCRIPT.answers, "unknown": (Answer("Sorry?"),)})


def test_what_nobody_heard_is_not_answered_but_the_thread_goes_on() -> None:
    """Without words the agent makes up no answer: it goes on with what was not heard."""
    assert said(started(), cut("at ten", "unknown", "")) == TURN[TURN.index("at ten") :]


def test_a_script_may_ask_what_nobody_heard() -> None:
    """It asks, leaves room for the words, and takes the thread up after them."""
    responder = started(ASKING)
    assert said(responder, cut("at ten", "unknown", "")) == "Sorry?"
    after = responder.reply(CallerTurn("Yes."), None).text
    assert TURN[TURN.index("at ten") :] in after


def test_asking_what_nobody_heard_keeps_the_context() -> None:
    """The score counts both ways of dealing with it as keeping the thread."""
    context = cut("at ten", "unknown", "")
    gone_on = preservation([Exchange(context, ("at ten work for you?",))], SCRIPT)
    assert gone_on is not None
    assert gone_on.thread == Part(1, 1)
    asked = preservation([Exchange(context, ("Sorry?", "At ten work for you?"))], ASKING)
    assert asked is not None
    assert (asked.addressed, asked.thread) == (Part(1, 1), Part(1, 1))
