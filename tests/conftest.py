"""What tests of several packages share: their order, and Spark as it answers soonest on next to nothing."""

from pathlib import Path

import pytest

LONGEST_FIRST = ("pipelines", "behaviour", "features", "models")
"""Folders in the order in which they start, the others after them: a file that takes minutes must not start last, when
the second process has nothing left to do. The first file of all is the longest."""
LONGEST = "test_command_line_runs.py"
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path))


def _place(path: Path) -> tuple[bool, int]:
    folders = path.relative_to(Path(__file__).parent).parts
    return path.name != LONGEST, next(
        (place for place, folder in enumerate(LONGEST_FIRST) if folder in folders), len(LONGEST_FIRST)
    )


@pytest.fixture(scope="session")
def spark_options() -> dict[str, str]:
    """Settings of Spark that leave out every preparation that pays only on large tables; no figure depends on them."""
    return {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
    }
