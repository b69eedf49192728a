"""Dialogue: what the agent says next.

Lives here: the responder protocol, the scripted one (YAML), the OpenAI-compatible one and its prompt, the
context-preservation score. Enters: context, errors; ruamel for scripts; httpx inside the function that opens
a connection. Never: audio, when to speak (that is turn's), a vendor's word; a key in a message.
"""
