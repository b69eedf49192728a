"""The wires: how a `Request` reaches a vendor and what comes back, over httpx or the vendors' own SDKs.

Lives here: endpoints and keys, transports, pacing, the one retry policy, reading answers, `open_wire`.
Enters: exchange, errors; httpx and the SDKs, each inside the function that needs it.
Never: a vendor's fields; a key in text; a second retry layer under the policy.
"""
