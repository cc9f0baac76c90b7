"""Conventions of the repository that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("data_contracts", "features", "models", "pipelines", "sample_company")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("Timestamp", "now"), ("date", "today"), ("time", "time")}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git from the PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{relative(path)} has no docstring"


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert not [relative(path) for path in MODULES if path.stem in {"utils", "util", "helpers", "common", "misc"}]


def test_notebooks_are_imported_by_none() -> None:
    names = {path.stem for path in (ROOT / "notebooks").glob("*.py")} | {"notebooks"}
    importing = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and {(alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0] for alias in node.names}
        & names
    ]
    assert not importing


@pytest.mark.parametrize("package", ["features", "models"])
def test_the_date_is_given_and_never_read_from_a_clock(package: str) -> None:
    readings = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if path.is_relative_to(ROOT / package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", getattr(node.value, "attr", None)), node.attr) in CLOCKS
    ]
    assert not readings


def test_no_pipeline_code_names_the_planted_truth() -> None:
    naming = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        if not path.is_relative_to(ROOT / "sample_company")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"(^|/)truth(/|$)|_truth\b", node.value)
    ]
    assert not naming


def test_no_tests_package_shadows_a_real_one() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_locks_hold_names_versions_and_hashes_only() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        for line in lock.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"[A-Za-z0-9._-]+==\S+( ; .+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package in a lock, with the conditions under which each holds."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            name, _, version = line.removesuffix(" \\").partition("==")
            found.setdefault(name, set()).add(version)
    return found


def test_the_lock_of_the_spark_extra_only_adds_packages() -> None:
    base, extra = pins("requirements.lock"), pins("requirements-spark.lock")
    versions = {name: {pin.split(" ; ")[0] for pin in pinned} for name, pinned in base.items()}
    moved = [name for name in extra if name in base and {pin.split(" ; ")[0] for pin in extra[name]} - versions[name]]

    assert not moved
    assert "pyspark" not in base
    assert {"pyspark", "grpcio-status"} <= set(extra)


def test_no_file_carries_an_address_of_a_registry_or_a_path_of_one_machine() -> None:
    forbidden = re.compile(r"pypi\.org|pythonhosted|/simple/?\b|(?<![\w.~])/(?:home|Users|root|work)/\w")
    naming = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".png", ".parquet"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if forbidden.search(line):
                naming.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert not naming


def test_no_tracked_file_is_over_a_megabyte() -> None:
    assert not [relative(path) for path in tracked_files() if path.stat().st_size > 1_000_000]


def test_the_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_links_in_the_documentation_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{relative(page)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not dead
