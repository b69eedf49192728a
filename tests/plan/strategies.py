"""Profiles and live objects as hypothesis draws them. Trees are plain dictionaries, as YAML and JSON give them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

AGENT_ID = "agent_5ca1ab1e0000000000000001"
LLM_ID = "llm_5ca1ab1e0000000000000001"
FLOW_ID = "conversation_flow_5ca1ab1e0002"
ASSISTANT_ID = "5ca1ab1e-0000-4000-8000-000000000001"

Tree = dict[str, Any]

words = st.text(st.characters(categories=("L", "N", "Zs", "S"), exclude_characters="<&"), max_size=12)
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,9}", fullmatch=True)
phrases = st.lists(words.filter(str.strip), max_size=4, unique=True)
numbers = st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
scalars = st.none() | st.booleans() | numbers | words
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | words, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(
    names.map(lambda name: f"x{name}") | names.map(lambda name: f"__{name}"), json_values, max_size=3
)
"""Keys that no document has: a vendor may add one any day."""

prompts = st.builds(
    "\n".join, st.lists(words | st.just("# Goal") | st.just("{{customer_name}}"), max_size=6)
) | st.builds(lambda line, times: line * times, words, st.integers(0, 400))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    """Draw an object with any of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


def _endpointing() -> st.SearchStrategy[Tree]:
    return some(
        mode=st.sampled_from(["silence", "semantic", "hybrid"]),
        delay_ms=st.integers(0, 2500),
        max_delay_ms=st.integers(2500, 15_000),
    )


_STT = st.sampled_from(
    ["deepgram", "azure", "soniox", "assemblyai", "muse", "elevenlabs", "gladia", "speechmatics"]
)

blocks = some(
    call_type=st.sampled_from(["outbound-qualification", "inbound-service", "complex-questions"]),
    language=st.sampled_from(["en", "en-US", "en-GB", "de", "de-DE", "es-419", "fr", "sw-KE"]),
    vad=some(
        model=st.just("silero_v6"),
        threshold=st.integers(0, 100).map(lambda n: n / 100),
        release_threshold=st.integers(0, 100).map(lambda n: n / 100),
        min_speech_ms=st.integers(0, 2000),
        min_silence_ms=st.integers(0, 5000),
        window_size_ms=st.just(32),
    ),
    noise_suppression=some(
        engine=st.sampled_from(["off", "rnnoise", "nsnet2", "platform"]),
        background_voices=st.booleans(),
        max_attenuation_db=st.integers(0, 100),
    ),
    endpointing=_endpointing(),
    barge_in=some(
        enabled=st.booleans(),
        min_words=st.integers(0, 10),
        backoff_ms=st.integers(0, 10_000),
        ignore_phrases=phrases,
        interrupt_phrases=phrases,
        protect_first_message=st.booleans(),
    ),
    false_barge_in=some(validate=st.booleans(), resume=st.booleans(), timeout_ms=st.integers(0, 10_000)),
    agent_backchannel=some(
        enabled=st.booleans(), frequency_ratio=st.integers(0, 100).map(lambda n: n / 100), words=phrases
    ),
    silence=some(
        reminder_after_ms=st.integers(1000, 1_000_000), hang_up_after_ms=st.integers(1000, 3_600_000)
    ),
    stt=some(
        provider=_STT,
        model=st.sampled_from(["nova-3", "flux-general-en", "solaria-1"]),
        endpointing_ms=st.integers(10, 10_000),
    ),
    context_preservation=some(
        enabled=st.booleans(), variables=st.dictionaries(st.just("company"), words, max_size=1)
    ),
)
"""Everything of a profile but its name and targets, each key there or not."""

vapi_overrides = some(
    endCallMessage=words,
    maxDurationSeconds=st.integers(10, 43_200),
    metadata=st.dictionaries(names, words, min_size=1, max_size=2),
    backgroundSound=st.none() | st.just("off"),
    voice=st.fixed_dictionaries({"speed": numbers}),
    startSpeakingPlan=some(
        waitSeconds=st.integers(0, 5), smartEndpointingPlan=some(waitFunction=st.just("300 + 1 * x"))
    ),
    hooks=st.just([{"on": "call.ending", "do": [{"type": "say", "exact": "Bye"}]}]),
)
agent_overrides = some(
    voice_speed=st.integers(50, 200).map(lambda n: n / 100),
    version_description=words,
    volume=st.integers(0, 2),
    custom_stt_config=some(endpointing_ms=st.integers(100, 900)),
    boosted_keywords=st.lists(words, max_size=3),
    ambient_sound=st.none() | st.just("call-center"),
    response_engine=st.fixed_dictionaries({"note": words}),
)
engine_overrides = some(model_temperature=st.integers(0, 10).map(lambda n: n / 10), begin_message=words)


def profiles(*, overrides: bool = True) -> st.SearchStrategy[Tree]:
    """Draw trees of valid profiles that name both vendors; overrides may hide what keys say."""
    no_tree = st.just({})
    by_kind = some(
        **{"agent": agent_overrides, "llm": engine_overrides, "conversation-flow": engine_overrides}
    )
    return st.builds(
        lambda tree, agent, assistant, publish: {
            **tree,
            "targets": {
                "retell": {"agent_id": AGENT_ID, "overrides": agent, "publish": publish},
                "vapi": {"assistant_id": ASSISTANT_ID, "overrides": assistant},
            },
        },
        blocks,
        by_kind if overrides else no_tree,
        vapi_overrides if overrides else no_tree,
        st.sampled_from(["draft", "publish"]),
    )


def _with_extras(known: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.builds(lambda body, more: {**more, **body}, known, extras)


def _nullable(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | value


_messages = st.lists(
    _with_extras(
        st.fixed_dictionaries({"role": st.sampled_from(["system", "assistant", "user"]), "content": prompts})
    ),
    max_size=3,
)
_rules = st.lists(
    _with_extras(st.fixed_dictionaries({"type": st.just("customer"), "regex": words})), max_size=2
)
_hooks = st.lists(
    _with_extras(some(on=st.just("call.ending"), name=names, do=st.lists(extras, max_size=1))), max_size=3
)

assistants = _with_extras(
    some(
        name=words,
        firstMessage=words,
        transcriber=_with_extras(
            st.fixed_dictionaries(
                {"provider": st.sampled_from(["deepgram", "assembly-ai", "gladia", "11labs"])},
                optional={"model": words, "endpointing": numbers, "keywords": st.lists(words, max_size=3)},
            )
        ),
        model=_with_extras(
            st.fixed_dictionaries(
                {"provider": st.just("openai"), "model": words},
                optional={"messages": _messages, "tools": st.lists(extras, max_size=2), "maxTokens": numbers},
            )
        ),
        startSpeakingPlan=_nullable(
            _with_extras(
                some(
                    waitSeconds=numbers,
                    smartEndpointingPlan=_nullable(_with_extras(st.just({"provider": "vapi"}))),
                    customEndpointingRules=_rules,
                    transcriptionEndpointingPlan=_with_extras(some(onPunctuationSeconds=numbers)),
                )
            )
        ),
        stopSpeakingPlan=_nullable(
            _with_extras(some(numWords=st.integers(0, 10), voiceSeconds=numbers, backoffSeconds=numbers))
        ),
        voice=_with_extras(st.just({"provider": "vapi"})),
        hooks=_nullable(_hooks),
        metadata=_nullable(st.dictionaries(names, json_values, max_size=3)),
        backgroundSpeechDenoisingPlan=_nullable(extras),
        server=_with_extras(some(headers=st.dictionaries(names, words, max_size=2))),
        latestVersion=st.none() | st.just("v3"),
    )
).map(lambda body: {**body, "id": ASSISTANT_ID, "orgId": "5ca1ab1e-0000-4000-8000-00000000c0de"})


def agents(engine: Tree) -> st.SearchStrategy[Tree]:
    """Draw agents that answer with `engine`; the latest version is a draft or published."""
    known = some(
        voice_id=words,
        version_title=words,
        version_description=_nullable(words | st.just("\nAutumn wording\n\n") | st.just("[vaxctl 1 torn")),
        interruption_sensitivity=numbers,
        custom_stt_config=_nullable(_with_extras(some(provider=st.just("azure"), endpointing_ms=numbers))),
        backchannel_words=_nullable(st.lists(words, max_size=3)),
        ambient_sound=_nullable(words),
        voicemail_option=_nullable(json_values),
        denoising_mode=words,
    )
    server = st.fixed_dictionaries({"version": st.integers(0, 9), "is_published": st.booleans()})
    return st.builds(
        lambda body, told: {**body, **told, "agent_id": AGENT_ID, "response_engine": dict(engine)},
        _with_extras(known),
        server,
    )


ENGINES: dict[str, Tree] = {
    "llm": {"type": "retell-llm", "llm_id": LLM_ID, "version": 4},
    "conversation-flow": {"type": "conversation-flow", "conversation_flow_id": FLOW_ID, "version": 4},
    "custom": {"type": "custom-llm", "llm_websocket_url": "wss://ours.example/llm"},
}


def engines(kind: str) -> st.SearchStrategy[Tree]:
    """Draw the response engine of an agent, without what ties the two together."""
    prompt = {"llm": "general_prompt", "conversation-flow": "global_prompt"}[kind]
    known = some(
        **{prompt: _nullable(prompts)},
        general_tools=st.lists(extras, max_size=2),
        nodes=st.lists(_with_extras(some(interruption_sensitivity=scalars)), max_size=2),
        begin_message=_nullable(words),
        model_temperature=numbers,
    )
    return _with_extras(known).map(lambda body: {**body, "version": 4})


@st.composite
def retell_shelves(draw: st.DrawFn) -> dict[str, Tree]:
    """Draw an agent and what is behind it, by id."""
    kind = draw(st.sampled_from(list(ENGINES)))
    agent = draw(agents(ENGINES[kind]))
    if kind == "custom":
        return {AGENT_ID: agent}
    id_ = LLM_ID if kind == "llm" else FLOW_ID
    return {AGENT_ID: agent, id_: {**draw(engines(kind)), "is_published": agent["is_published"]}}


vapi_shelves = assistants.map(lambda body: {ASSISTANT_ID: body})
