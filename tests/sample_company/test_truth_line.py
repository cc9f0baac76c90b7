"""Nothing outside the generator and what measures it may know of the truth."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = (
    "renewal_truth",
    "csm_truth",
    "hidden_events",
    "account_archetypes",
    "quarter_shocks",
    "truth/",
    '"truth"',
    "'truth'",
)


@pytest.mark.parametrize("package", ["data_contracts", "features", "models", "pipelines", "notebooks"])
def test_no_pipeline_code_names_the_truth(package: str) -> None:
    files = [file for kind in ("*.py", "*.yaml", "*.sql") for file in (ROOT / package).rglob(kind)]
    named = {str(file.relative_to(ROOT)): name for file in files for name in NAMES if name in file.read_text("utf-8")}
    assert named == {}


def test_the_names_are_those_written(small_company: Path) -> None:
    assert {file.stem for file in (small_company / "truth").iterdir()} == set(NAMES[:5])
