"""The billing features, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.feature_sets import FULL
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]
AS_OF = date(2024, 9, 2)
BILLING = tuple(name for name in FULL if name.startswith("billing__"))


def billing_of(sources: Sources) -> pd.DataFrame:
    spine = build_spine(sources, (AS_OF,))
    return sources.engine.to_pandas(build_features(spine, sources, BILLING), KEY).set_index("account_id")[list(BILLING)]


def day(days_ago: int) -> str:
    return f"{AS_OF - timedelta(days=days_ago)}"


def invoice(
    number: int, issued: int, due: int | None, paid: int | None = None, amount: str = "100.10", **more: object
) -> dict[str, object]:
    return {
        "invoice_id": f"i{number}",
        "issued_on": day(issued),
        "due_on": None if due is None else day(due),
        "paid_on": None if paid is None else day(paid),
        "amount": amount,
        "recorded_at": day(issued),
        **more,
    }


def test_payment_and_gaps(make_sources: MakeSources) -> None:
    invoices = [
        invoice(1, 731, 701, 600),
        invoice(2, 730, 700, 690),
        invoice(3, 400, 365, 355),
        invoice(4, 300, 270, 280),
        invoice(5, 100, 70, 70),
        invoice(6, 100, 40, amount="0.20"),
        invoice(7, 31, 1, amount="50.05"),
        invoice(8, 30, 0),
        # Neither a credit note nor an invoice without a date due can be late.
        invoice(9, 80, 50, amount="-500.00"),
        invoice(10, 400, None),
        # Paid on the day itself, and paid before but recorded that day: not known yet.
        invoice(11, 60, 20, 0, amount="1.00"),
        invoice(12, 60, 10, amount="2.00"),
        {**invoice(12, 60, 10, 12, amount="2.00"), "recorded_at": day(0)},
    ]
    assert billing_of(make_sources(invoices=invoices)).loc["a"].to_dict() == pytest.approx(
        {
            "billing__late_share": 5 / 7,
            "billing__mean_late_days": (10 + 0 + 0 + 40 + 1 + 20 + 10) / 7,
            "billing__overdue_invoices_count": 4,
            "billing__oldest_overdue_days": 40,
            "billing__overdue_amount_ratio": 53.25 / (100.10 + 100.10 + 0.20 + 50.05 + 100.10 + 1.00 + 2.00),
            "billing__largest_gap_ratio": 330 / ((730 - 30) / 6),
        }
    )


def test_a_bill_that_does_not_come_is_a_gap_of_its_own(make_sources: MakeSources) -> None:
    monthly = [invoice(number, 90 + 30 * number, 60 + 30 * number, 60 + 30 * number) for number in range(4)]
    row = billing_of(make_sources(invoices=monthly)).loc["a"]
    assert row.billing__largest_gap_ratio == pytest.approx(90 / 30)
    assert (row.billing__overdue_invoices_count, row.billing__overdue_amount_ratio) == (0, 0)


def test_two_dates_of_issue_have_no_usual_gap(make_sources: MakeSources) -> None:
    rows = [invoice(1, 400, 370, 370), invoice(2, 100, 70, 70), invoice(3, 100, 70, 70)]
    assert pd.isna(billing_of(make_sources(invoices=rows)).billing__largest_gap_ratio["a"])


def test_amounts_in_two_currencies_are_not_added_up(make_sources: MakeSources) -> None:
    rows = [invoice(1, 100, 70, currency="USD"), invoice(2, 90, 60, 60, currency="EUR")]
    row = billing_of(make_sources(invoices=rows)).loc["a"]
    assert row.billing__overdue_invoices_count == 1
    assert pd.isna(row.billing__overdue_amount_ratio)


@pytest.mark.parametrize(
    "tables",
    [{}, {"invoices": []}, {"invoices": [invoice(1, 100, 70, account_id="b")]}],
    ids=["not supplied", "empty", "nothing of the account"],
)
def test_without_invoices_nothing_is_known(
    make_sources: MakeSources, tables: dict[str, list[dict[str, object]]]
) -> None:
    table = billing_of(make_sources(accounts=[{}, {"account_id": "b"}], **tables))
    assert len(table) == 1
    assert table.isna().all(axis=None)


def test_where_no_invoice_says_when_it_is_due_none_is_known_to_be_overdue(make_sources: MakeSources) -> None:
    row = billing_of(make_sources(invoices=[invoice(1, 100, None), invoice(2, 60, None)])).loc["a"]
    overdue = row[["billing__overdue_invoices_count", "billing__oldest_overdue_days", "billing__overdue_amount_ratio"]]
    assert overdue.isna().all()
