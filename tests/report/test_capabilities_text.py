"""The capability report as people read it."""

from __future__ import annotations

from vaxctl.report.capabilities_text import capabilities_text
from vaxctl.report.style import Style, display_width
from vaxctl.vendors.capability import Capability, Status

ROWS = (
    Capability("vad.threshold", Status.UNSUPPORTED, None, "no field for it " * 9, "doc"),
    Capability("vad.min_speech_ms", Status.APPROXIMATE, "interruption_sensitivity", "1 - x", "doc"),
    Capability("language", Status.EXACT, "language", "", "doc"),
)


def test_marks_order_counts_and_width() -> None:
    """Exact rows come first, each status has its mark, the formula shows, and 80 columns hold it."""
    text = capabilities_text(ROWS, Style(color=False, unicode=True), 80)
    lines = text.splitlines()
    marks = [line[0] for line in lines if line[:2] in {"= ", "~ ", "x "}]
    assert marks == ["=", "~", "x"]
    assert "approximate: interruption_sensitivity; 1 - x" in text
    assert lines[-1] == "1 exact, 1 approximate, 1 unsupported"
    assert max(display_width(line) for line in lines) <= 80
