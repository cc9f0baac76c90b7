import pandas as pd
import pytest

from models.forecast.coverage import Coverage, assess_coverage
from models.settings import ForecastSettings

SETTINGS = ForecastSettings()


def quarters(inside: str, origin: str = "published", currency: str = "USD", renewals: int = 9) -> pd.DataFrame:
    """A record 90 days ahead: `y` and `n` for a quarter inside the band and outside, `-` for one with nothing due."""
    return pd.DataFrame(
        {
            "origin": origin,
            "days_ahead": 90,
            "period": [f"2024-Q{number}" for number in range(len(inside))],
            "currency": currency,
            "renewals": renewals,
            "is_inside": pd.array([{"y": True, "n": False}.get(each) for each in inside], dtype="boolean"),
        }
    )


def test_each_origin_is_tested_by_itself_and_exactly() -> None:
    record = pd.concat([quarters("yynnnnyy-"), quarters("yyyyyyyyny", "reconstructed")])
    published, rebuilt = assess_coverage(record, SETTINGS)
    assert (published.quarters, published.inside, published.is_contradicted) == (8, 4, False)
    assert published.p_value == pytest.approx(0.0563, abs=1e-4)
    assert (rebuilt.quarters, rebuilt.inside, rebuilt.is_contradicted) == (10, 9, False)


@pytest.mark.parametrize("inside", ["ynnn", "nnnnyy", "y" * 20])
def test_bands_that_hold_too_few_or_all_are_contradicted(inside: str) -> None:
    (found,) = assess_coverage(quarters(inside), SETTINGS)
    assert found.is_contradicted


def test_with_too_few_quarters_nothing_is_tested() -> None:
    assert assess_coverage(quarters("nnn"), SETTINGS) == [Coverage("published", 3, 0, None)]
    assert assess_coverage(quarters("nnn").assign(days_ahead=30), SETTINGS) == []


def test_currencies_of_one_quarter_are_no_two_pieces_of_evidence() -> None:
    record = pd.concat([quarters("nnnn", currency="EUR", renewals=3), quarters("yyyy")])
    assert [(each.quarters, each.inside) for each in assess_coverage(record, SETTINGS)] == [(4, 4)]
