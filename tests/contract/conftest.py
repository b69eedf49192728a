"""Fixtures of the contract tests: the vendors' documents, loaded once per session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType


def _load(name: str) -> ModuleType:
    # Test folders are no packages, so a module beside the tests has no import path of its own.
    spec = importlib.util.spec_from_file_location(f"contract_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def closed_schema() -> ModuleType:
    """Give the module that closes the documents."""
    return _load("closed_schema")


@pytest.fixture(scope="session")
def document_facts() -> ModuleType:
    """Give the module that reads what the documents say at a path."""
    return _load("document_facts")


@pytest.fixture(scope="session")
def vendor_document(closed_schema: ModuleType) -> Any:
    """Give the closed documents: `vendor_document.errors(kind, body) -> list[str]`.

    Kinds: "assistant", "agent", "llm", "conversation-flow". Skips where the documents are not at hand.
    """
    folder = closed_schema.specs_folder()
    try:
        return closed_schema.open_documents(folder)
    except FileNotFoundError as absent:
        pytest.skip(f"{Path(absent.filename).name} is not there; name its folder in VAXCTL_SPECS")
