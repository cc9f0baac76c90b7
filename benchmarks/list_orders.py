"""Which order of a CSM's list catches most at capacity: by probability, by expected loss, by tier and then by loss.

    python benchmarks/list_orders.py WORKSPACE [--capacity N]

Reads the predictions of the walk that stand published in a workspace, all horizons on one list as in the weekly table,
and prints for each order the share of the churned renewals, and of their ARR, within reach. The differences to
the order by probability have 95 % intervals from resampling accounts; lists stay as they were.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from models.capacity import Books
from models.evaluation import BASE_RATE
from models.learning import FloatArray
from models.policy import risk_tiers
from models.settings import ModelSettings
from models.worklist import urgency_of
from pipelines.manifest import read_published
from pipelines.workspace import Workspace

MODEL = "churn_probability"
REFERENCE = "by probability"
DRAWS = 500
ROW = ["cutoff", "account_id", "renewal_id", "as_of"]


def orders(rows: pd.DataFrame, settings: ModelSettings) -> dict[str, FloatArray]:
    """Return the score by which accounts stand, by name of the order."""
    chance, arr = rows["probability"].to_numpy(dtype=float), rows["arr"].to_numpy(dtype=float)
    listed = rows.assign(
        status="open",
        risk_tier=risk_tiers(chance, rows["base_rate"].to_numpy(dtype=float), settings),
        churn_probability=chance,
        expected_arr_loss=chance * arr,
        currency="one",
    )
    return {
        REFERENCE: chance,
        "by ARR": arr,
        "by expected loss": chance * arr,
        "by tier, then expected loss": urgency_of(listed),
    }


def drawn_accounts(rows: pd.DataFrame, settings: ModelSettings) -> FloatArray:
    """Return how often each row's account was drawn, shape (DRAWS + 1, n); the first is all of them once."""
    accounts, position = np.unique(rows["account_id"].to_numpy(dtype=str), return_inverse=True)
    drawn = np.random.default_rng(settings.seed).multinomial(
        len(accounts), np.full(len(accounts), 1 / len(accounts)), DRAWS
    )
    return np.vstack([np.ones(len(rows)), drawn[:, position]]).astype(float)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--capacity", type=int, help="accounts a week of every CSM, instead of their own")
    asked = parser.parse_args()
    settings = ModelSettings()
    every = read_published(Workspace(asked.workspace), "backtest_predictions")
    base = every.loc[every["model"] == BASE_RATE, [*ROW, "probability"]].rename(columns={"probability": "base_rate"})
    rows = every[every["model"] == MODEL].merge(base, on=ROW, validate="one_to_one")
    if asked.capacity is not None:
        rows["weekly_capacity"] = float(asked.capacity)
    books = Books.of(rows, settings)
    churned = rows["is_churned"].to_numpy(dtype=float) * rows["weight"].to_numpy(dtype=float)
    parts = np.column_stack([churned, churned * rows["arr"].to_numpy(dtype=float)])
    drawn = drawn_accounts(rows, settings)
    reached = {name: books.within_reach(score) for name, score in orders(rows, settings).items()}
    # A resample without any churn has no shares; they are left out of the intervals.
    with np.errstate(invalid="ignore"):
        shares = {name: (drawn @ (parts * inside[:, None])) / (drawn @ parts) for name, inside in reached.items()}
    print(
        f"{rows['renewal_id'].nunique()} renewals, {int(rows.groupby('renewal_id')['is_churned'].max().sum())} churned"
    )
    print("| order | within reach | churned renewals | difference | churned ARR | difference |")
    print("|---|---|---|---|---|---|")
    for name, share in shares.items():
        cells = [f"{reached[name].mean():.0%}"]
        for part in range(parts.shape[1]):
            low, high = np.nanpercentile((share - shares[REFERENCE])[1:, part], [2.5, 97.5])
            cells += [f"{share[0, part]:.0%}", "" if name == REFERENCE else f"{low:+.0%} to {high:+.0%}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
