"""From what a training was made: fingerprints of its data and code, the seed, the installed packages, the interpreter.

Kept with every training, so that a run can be rebuilt from its MLflow run id, and so that of two trainings which differ
one can say in which part.
"""

import hashlib
import platform
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from data_contracts.contract import SOURCE_TABLES
from pipelines.settings import Settings

PACKAGES = ("data_contracts", "features", "models", "pipelines", "sample_company")
_CODE = (".py", ".yaml", ".yml")
_LOCK = "requirements.lock"


def reproduction_facts(run_folder: Path, learning_tables: Iterable[str], settings: Settings) -> dict[str, Any]:
    """Return what a training was made from.

    Args:
        run_folder: The run's folder, with the ingested tables and the learning data in it.
        learning_tables: Names of the tables of the learning data.
        settings: All settings of the run.
    """
    return {
        "data": {
            "sources": {table: _hash_table(run_folder, table) for table in SOURCE_TABLES},
            "learning_data": {table: _hash_table(run_folder, table) for table in learning_tables},
        },
        "code": code_facts(),
        "seed": settings.model.seed,
        "settings": settings.model_dump(mode="json"),
        "packages": package_facts(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def code_facts() -> dict[str, Any]:
    """Return the version of falsegreen, a hash of its sources, and the commit where it runs from a checkout."""
    root = Path(__file__).parents[1]
    try:
        version = version_of("falsegreen")
    except PackageNotFoundError:
        version = None
    return {"falsegreen": version, "sources": _hash_sources(root), "commit": _commit(root)}


def package_facts() -> dict[str, Any]:
    """Return a hash of the lock where there is one, and one of the installed distributions and their versions."""
    lock = Path(__file__).parents[1] / _LOCK
    installed = sorted({f"{each.metadata['Name'].lower()}=={each.version}" for each in distributions()})
    return {
        "lock": _hash_file(lock) if lock.is_file() else None,
        "installed": hashlib.sha256("\n".join(installed).encode()).hexdigest(),
        "distributions": len(installed),
    }


def differing_parts(before: dict[str, Any], now: dict[str, Any], place: str = "") -> list[str]:
    """Return the names of the parts that two descriptions do not share, dotted; a part that is absent differs."""
    names = []
    for name in sorted(before.keys() | now.keys()):
        one, other = before.get(name), now.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            names += differing_parts(one, other, f"{place}{name}.")
        elif one != other:
            names.append(f"{place}{name}")
    return names


def _hash_table(run_folder: Path, table: str) -> str | None:
    """Hash of a table's file: ingest sorts what it writes, so equal rows are equal bytes under the same packages."""
    path = run_folder / table / f"{table}.parquet"
    return _hash_file(path) if path.is_file() else None


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_sources(root: Path) -> str:
    digest = hashlib.sha256()
    paths = sorted(path for package in PACKAGES for path in (root / package).rglob("*") if path.suffix in _CODE)
    for path in paths:
        digest.update(f"{path.relative_to(root).as_posix()}\n{_hash_file(path)}\n".encode())
    return digest.hexdigest()


def _commit(root: Path) -> str | None:
    """Commit of the checkout that the sources lie in; None where they are installed, or without git."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    asked = subprocess.run([git, "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S603 - no input in it
    return asked.stdout.strip() or None
