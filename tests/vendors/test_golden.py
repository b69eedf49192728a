"""What the shipped profiles compile to, leaf by leaf, as files to be read in a review.

`VAXCTL_GOLDEN=write pytest tests/vendors/test_golden.py` writes them anew.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vaxctl.profile.load import load
from vaxctl.vendors.compiled import Absent
from vaxctl.vendors.compiling import compile_for
from vaxctl.vendors.vendor import NAMES, vendor

if TYPE_CHECKING:
    from vaxctl.vendors.compiled import Compiled

GOLDEN = Path(__file__).with_name("golden")
PROFILES = Path(__file__).parents[2] / "profiles"
CALL_TYPES = ("outbound-qualification", "inbound-service", "complex-questions")
WRITE = os.environ.get("VAXCTL_GOLDEN") == "write"


def text_of(compiled: Compiled) -> str:
    """Return bodies and report as JSON for people: sorted, one leaf a line."""
    report = {one.path: [one.status.value, one.vendor_path, one.note] for one in compiled.capabilities}
    absent = [leaf.at for leaf in compiled.leaves if isinstance(leaf.value, Absent)]
    bodies = {kind: body for kind in compiled.kinds if (body := compiled.body(kind))}
    document = {"bodies": bodies, "absent": absent, "capabilities": report}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("call_type", CALL_TYPES)
@pytest.mark.parametrize("name", NAMES)
def test_compiles_as_it_did(call_type: str, name: str) -> None:
    """A change of what is sent shows as a diff of a file, whatever else the tests say."""
    file = GOLDEN / f"{call_type}.{name}.json"
    now = text_of(compile_for(load(PROFILES / f"{call_type}.yaml"), vendor(name)))
    if WRITE:
        file.write_text(now, encoding="utf-8")
    then = file.read_text(encoding="utf-8")
    diff = difflib.unified_diff(
        then.splitlines(), now.splitlines(), file.name, "compiled now", lineterm="", n=2
    )
    assert now == then, "VAXCTL_GOLDEN=write makes this the new one:\n" + "\n".join(diff)


def test_every_file_has_its_profile() -> None:
    """A golden file that nothing compares says nothing."""
    wanted = {f"{call_type}.{name}.json" for call_type in CALL_TYPES for name in NAMES}
    assert {file.name for file in GOLDEN.iterdir()} == wanted
