"""The page: one HTML file that asks for nothing outside itself. Its parts lie in `page_parts`."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from typing import TYPE_CHECKING

from local_agent.report.document import labels
from local_agent.report.page_data import SOUND_BUDGET, Run, page_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page(runs: Sequence[Run], budget: int = SOUND_BUDGET) -> str:
    """Return the HTML of one run, or of two side by side.

    Whatever comes from outside stands in one JSON block, in which no character can end it; the script puts
    it on the page as text, never as markup. The policy in the head forbids every request, and every script
    but this one.
    """
    title = "Simulation: " + " and ".join(labels([run.document for run in runs]))
    parts = files("local_agent.report").joinpath("page_parts")
    return assembled(parts, "page", title=title, data=page_data(runs, budget))


def assembled(parts: Traversable, name: str, *, title: str, data: object) -> str:
    """Return the page made of a folder's `name`.html, .css and .js; its script reads the data as JSON."""
    style, script = (parts.joinpath(f"{name}.{suffix}").read_text("utf-8") for suffix in ("css", "js"))
    slots = {
        "TITLE": html.escape(title),
        "POLICY": "; ".join(
            [
                "default-src 'none'",
                f"script-src {_digest(script)}",
                f"style-src {_digest(style)}",
                "media-src data: blob:",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": _embedded(data),
    }
    pieces = parts.joinpath(f"{name}.html").read_text("utf-8").split("@@")
    return "".join(slots[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _embedded(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return "".join(_IN_SCRIPT.get(one, one) for one in text.encode("utf-8", "replace").decode("utf-8"))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
