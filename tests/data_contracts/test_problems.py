"""Messages as people read them."""

import pytest

from data_contracts.problems import BadRow, ContractError, Problem, near_name


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("renewal_date", ["renewal_dat", "region"], "renewal_dat"),
        ("arr", ["ARR", "account"], "ARR"),
        ("recorded_at", ["created"], None),
        ("segment", [], None),
        ("account_id", [" account_id "], " account_id "),
    ],
)
def test_near_name(name: str, candidates: list[str], expected: str | None) -> None:
    assert near_name(name, candidates) == expected


def test_error_lists_all_problems_by_table() -> None:
    row = BadRow("line 7", (("renewal_id", "R6"),), (("arr", "-5"),))
    counts = {"rows_quarantined": 3, "rows_known": 100, "limit": 0.02}
    error = ContractError(
        [
            Problem("accounts", "in/accounts.csv", "missing_column", "the column is missing", "segment"),
            Problem("renewals", "in/renewals.csv", "minimum", "must be at least 0", "arr", 2, (row,), **counts),
            Problem("renewals", "in/renewals.csv", "no_order", "A term ends after it starts.", None, 1, (), **counts),
        ]
    )

    assert str(error) == (
        "accounts (in/accounts.csv)\n"
        "  segment: the column is missing [missing_column]\n"
        "\n"
        "renewals (in/renewals.csv): 3 of 100 rows break the contract, 3.00% where at most 2.00% may\n"
        "  arr: must be at least 0 [minimum, 2 rows]\n"
        "    line 7: renewal_id = 'R6', arr = '-5'\n"
        "    ... and 1 more\n"
        "  A term ends after it starts. [no_order, 1 row]"
    )


def test_long_values_are_cut_and_missing_ones_are_said_to_be_empty() -> None:
    row = BadRow("row 1", (("email_id", None),), (("text", "x" * 100),))
    assert str(row) == f"row 1: email_id = (empty), text = '{'x' * 59}…'"
