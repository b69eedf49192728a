"""The house's own rules: who imports whom, sizes, names, signs, and what start-up loads. Counted, not timed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vaxctl"
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "common", "helpers", "misc", "base", "core", "manager", "types"}
HEAVY = ("numpy", "onnxruntime", "httpx", "retell", "vapi", "deepdiff", "uvicorn", "local_agent", "jinja2")
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))

GOOD = """\
schema: vaxctl/v1
name: case
vad: {threshold: 0.55, min_speech_ms: 200}
endpointing: {mode: semantic, delay_ms: 500}
barge_in: {enabled: true}
targets: {retell: {agent_id: agent_1}, vapi: {assistant_id: assistant_1}}
"""


def test_imports_go_down() -> None:
    """import-linter's contracts in pyproject.toml hold."""
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@each_module
def test_sizes(path: Path) -> None:
    """No module over 400 lines, no function over 50: what is longer has more than one job."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    functions = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [n.name for n in functions if (n.end_lineno or 0) - n.lineno + 1 > 50]
    assert long == []


@each_module
def test_names_say_something(path: Path) -> None:
    """No file is called what could hold anything."""
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.name == "__init__.py" and p.parent != PACKAGE],
    ids=lambda p: str(p.parent.relative_to(ROOT)),
)
def test_each_room_has_its_sign(path: Path) -> None:
    """Three lines at the door: what lives here, what may enter, what never does."""
    sign = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    starts = [line.split(":")[0] for line in sign.splitlines() if ":" in line]
    assert [start for start in starts if start in {"Lives here", "Enters", "Never"}] == [
        "Lives here",
        "Enters",
        "Never",
    ]


def test_every_folder_is_a_room() -> None:
    """A folder of modules without a sign is nobody's."""
    assert [p for p in {module.parent for module in MODULES} if not (p / "__init__.py").exists()] == []


def loaded_by(arguments: list[str], folder: Path) -> list[str]:
    """Run a command in a fresh interpreter and return the modules it loaded."""
    script = (
        "import json, sys\n"
        "from vaxctl.cli.running import run\n"
        "code = run(sys.argv[1:])\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    assert isinstance(modules, list)
    return modules


@pytest.mark.parametrize(
    ("arguments", "ours", "all_of_them"),
    [(["--version"], 30, 200), (["--help"], 30, 200), (["validate", "case.yaml"], 145, 470)],
    ids=["version", "help", "validate"],
)
def test_start_up_loads_little(arguments: list[str], ours: int, all_of_them: int, tmp_path: Path) -> None:
    """No wire, no SDK, no model, and a bounded number of modules: what is loaded is paid for at every start."""
    (tmp_path / "case.yaml").write_text(GOOD, encoding="utf-8")
    modules = loaded_by(arguments, tmp_path)
    assert [name for name in modules if name.split(".")[0] in HEAVY] == []
    assert len([name for name in modules if name.split(".")[0] == "vaxctl"]) <= ours
    assert len(modules) <= all_of_them


def test_validate_without_a_prompt_loads_no_templates(tmp_path: Path) -> None:
    """Jinja is for those who have a template to render."""
    (tmp_path / "case.yaml").write_text(GOOD, encoding="utf-8")
    modules = loaded_by(["validate", "case.yaml"], tmp_path)
    assert "jinja2" not in modules
    assert "tomllib" not in modules
