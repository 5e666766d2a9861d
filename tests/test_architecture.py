"""The directions of imports, the size of files, and what no file may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("models", "experiments", "report")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").glob("**/*.py"))
SCRIPTS = sorted(path for path in (ROOT / "templates").iterdir() if path.suffix in (".js", ".css"))
TORCH_FREE = {
    "settings", "metrics", "plan", "bundle", "arrays", "files", "reader", "due", "progress", "curves", "legible",
    "provenance", "machine", "memory", "pool", "logo", "presets", "signals",
}  # fmt: skip  # the modules of experiments for report
MODELS_IMPORT = {"torch", "models"}  # and the standard library
MAX_LINES = 250
FORBIDDEN = (
    re.compile(r"\b(TODO|FIXME|XXX)\b"),
    re.compile(r"(?<![\w.])/(work|tmp|root|home|Users)/"),  # paths of one machine
    re.compile(r"allow_pickle=True|torch\.load\("),  # arrays are checked npz, weights safetensors
    re.compile(r"https?://(?!www\.w3\.org/|\{)"),  # everything is at hand; names of XML dialects are no addresses
)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path, everywhere: bool) -> set[str]:
    """Modules that a file imports; at module level, or also inside functions."""
    nodes = ast.walk(tree(path)) if everywhere else _outside_functions(tree(path))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _outside_functions(tree: ast.AST) -> list[ast.AST]:
    found, todo = [], [tree]
    while todo:
        for node in ast.iter_child_nodes(todo.pop()):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found.append(node)
                todo.append(node)
    return found


def packages(path: Path, everywhere: bool, but: Set[str] = sys.stdlib_module_names) -> set[str]:
    return {name.partition(".")[0] for name in imports(path, everywhere)} - but


def within(room: str) -> list[Path]:
    return [path for path in SOURCES if path.is_relative_to(ROOT / room)]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_models_import_torch_only() -> None:
    found = {named(path): packages(path, everywhere=True) - MODELS_IMPORT for path in within("models")}
    assert {name: packages for name, packages in found.items() if packages} == {}


def test_experiments_import_no_report() -> None:
    assert [named(path) for path in within("experiments") if "report" in packages(path, everywhere=True)] == []


def test_report_imports_the_torch_free_modules_of_experiments_only() -> None:
    for path in within("report"):
        found = imports(path, everywhere=False)
        assert {name.split(".")[1] for name in found if name.startswith("experiments.")} <= TORCH_FREE, path
        assert not packages(path, everywhere=False) & {"torch", "torchvision", "models"}, path


def test_torch_free_modules_stay_so() -> None:
    for path in [ROOT / "experiments" / f"{name}.py" for name in TORCH_FREE]:
        found = imports(path, everywhere=True)
        assert not packages(path, everywhere=True) & {"torch", "torchvision", "models"}, path
        assert {name.split(".")[1] for name in found if name.startswith("experiments.")} <= TORCH_FREE, path


def test_all_of_report_imports_where_there_is_no_torch() -> None:
    """Nor any other package that only training needs: the light core is enough."""
    blocked = ("torch", "torchvision", "safetensors", "sklearn", "skimage", "openTSNE", "models", "tqdm")
    inside = [path.relative_to(ROOT).with_suffix("") for path in SOURCES if path.is_relative_to(ROOT / "report")]
    modules = [".".join(path.parts) for path in inside if path.name != "__init__"]
    script = f"""
import importlib, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Blocked())
sys.path.insert(0, {str(ROOT)!r})
for name in {modules}:
    importlib.import_module(name)
print(len({modules}))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert int(done.stdout) == len(modules) > 5


@pytest.mark.parametrize(("command", "loaded"), [("--help", set()), ("status", {"numpy", "pydantic", "PIL"})])
def test_commands_that_should_be_quick_load_little(command: str, loaded: set[str], folder: Path) -> None:
    """An import of any of these takes longer than all of `--help`."""
    script = (
        "import sys; from report.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    )
    words = [command] if command == "--help" else [command, str(folder.parent)]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
    found = set(done.stdout.splitlines()[-1].split())
    slow = {"numpy", "scipy", "pydantic", "PIL", "rich", "jinja2", "matplotlib", "weasyprint", "uharfbuzz", "torch"}
    assert found & {*slow, "click"} == {"click", *loaded}


def test_files_are_short() -> None:
    lines = {named(path): len(path.read_text().splitlines()) for path in (*SOURCES, *TESTS, *SCRIPTS)}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_no_test_file_needs_another() -> None:
    found = {named(path): [name for name in imports(path, True) if name.startswith("tests.test_")] for path in TESTS}
    assert {name: others for name, others in found.items() if others} == {}


def test_every_file_says_what_it_is() -> None:
    assert [named(path) for path in SOURCES if not ast.get_docstring(tree(path))] == []


def test_nothing_forbidden() -> None:
    for path in SOURCES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for pattern in FORBIDDEN:
                assert not pattern.search(line), f"{named(path)}:{number}: {line.strip()}"


def test_no_code_out_of_data() -> None:
    for path in SOURCES:
        between_own_processes = {"pickle"} if path.name == "pool.py" else set()  # in a folder that only this user reads
        found = packages(path, everywhere=True, but=set()) & {"pickle", "marshal", "shelve", "joblib", "dill"}
        assert found <= between_own_processes, path
        calls: list[Any] = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        assert not called & {"eval", "exec", "compile", "__import__"}, path


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["train"],
        *project["dependency-groups"]["dev"],
    ]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)
    pinned = {line.partition("==")[0] for line in lines}
    assert {re.split(r"[<>=\[ ]", name)[0].lower() for name in wanted} <= pinned


def test_the_imports_of_this_test_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("import os\nfrom a.b import c\ndef f():\n    import torch.nn\nif True:\n    from d import e\n")
    assert imports(path, everywhere=False) == {"os", "a.b.c", "d.e"}
    assert packages(path, everywhere=True) == {"a", "d", "torch"}
