"""How hard the company is to predict, held in its bands before any model of the project is fitted.

The yardstick is a plain regularized logistic regression on a dozen usage features as of 120 days before the renewal,
computed here in SQL and nowhere else, scored on accounts it has not seen.
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

SPINE = """
CREATE TEMP TABLE spine AS
WITH newest AS (
    SELECT * FROM read_parquet('{folder}/renewals.parquet')
    QUALIFY row_number() OVER (PARTITION BY renewal_id ORDER BY recorded_at DESC) = 1)
SELECT renewal_id, r.account_id, renewal_date - 120 AS as_of, CAST(outcome = 'churned' AS INTEGER) AS churned, p_120
FROM newest r JOIN read_parquet('{folder}/truth/renewal_truth.parquet') USING (renewal_id)
WHERE outcome IN ('renewed', 'churned') AND renewal_date - term_start_date > 120 AND p_120 IS NOT NULL
    AND renewal_date - 120 >= (SELECT min(usage_date) + 120 FROM read_parquet('{folder}/usage_daily.parquet'))
    AND NOT EXISTS (
        SELECT 1 FROM read_parquet('{folder}/renewals.parquet') v
        WHERE v.renewal_id = r.renewal_id AND v.recorded_at < r.renewal_date - 120
            AND (v.notice_given_on IS NOT NULL OR v.outcome IS NOT NULL))
"""

USAGE = """
WITH seen AS (
    SELECT renewal_id, user_id, module, usage_date, events, as_of - usage_date AS age
    FROM spine JOIN read_parquet('{folder}/usage_daily.parquet') u USING (account_id)
    WHERE u.recorded_at < as_of AND usage_date >= as_of - 180),
people AS (
    SELECT renewal_id, max(events) / sum(events) AS top_share
    FROM (SELECT renewal_id, user_id, sum(events) AS events FROM seen WHERE age <= 90 GROUP BY ALL) GROUP BY 1)
SELECT s.renewal_id, s.account_id, s.churned, s.p_120,
    coalesce(sum(events) FILTER (age <= 28), 0) AS e28,
    coalesce(sum(events) FILTER (age BETWEEN 29 AND 118), 0) AS e118,
    coalesce(sum(events) FILTER (age <= 90), 0) AS e90, coalesce(sum(events) FILTER (age > 90), 0) AS e180,
    count(DISTINCT user_id) FILTER (age <= 28) AS u28, count(DISTINCT user_id) FILTER (age BETWEEN 29 AND 118) AS u118,
    count(DISTINCT usage_date) FILTER (age <= 28) AS d28, count(DISTINCT module) FILTER (age <= 28) AS m28,
    count(DISTINCT module) FILTER (age <= 90) AS m90, coalesce(min(age), 180) AS days_since,
    coalesce(any_value(top_share), 1) AS top_share
FROM spine s LEFT JOIN seen USING (renewal_id) LEFT JOIN people USING (renewal_id)
GROUP BY ALL ORDER BY s.renewal_id
"""

PULSES = """
SELECT s.renewal_id, p.* EXCLUDE (pulse_id, account_id, csm_id, reason, recorded_at, model_visible, pulse_at),
    date_diff('day', p.pulse_at, CAST(s.as_of AS TIMESTAMP)) AS age
FROM spine s LEFT JOIN read_parquet('{folder}/csm_pulses.parquet') p
    ON p.account_id = s.account_id AND p.recorded_at < s.as_of
QUALIFY row_number() OVER (PARTITION BY s.renewal_id ORDER BY p.recorded_at DESC, p.pulse_id DESC) = 1
ORDER BY s.renewal_id
"""


def usage_matrix(rows: pd.DataFrame) -> np.ndarray:
    log = np.log1p
    columns = [
        log(rows.e28),
        log(rows.e90),
        log(rows.e28 * 90 / 28) - log(rows.e118),
        log(rows.e90) - log(rows.e180),
        log(rows.u28),
        rows.u28 / rows.u118.clip(lower=1),
        rows.d28,
        rows.m28,
        rows.m90,
        log(rows.days_since),
        rows.top_share,
    ]
    return np.column_stack(columns)


def judgement_matrix(pulses: pd.DataFrame) -> np.ndarray:
    fields = ["sentiment", "champion", "executive_view", "budget", "reorganization", "value_exceeds_price"]
    said = pd.get_dummies(pulses[fields].fillna("none")).to_numpy(float)
    age = pulses.age.fillna(400).to_numpy(float)
    fresh = [(pulses.sentiment == colour).to_numpy() & (age < 45) for colour in ("green", "red")]
    return np.column_stack([said, np.log1p(age), age > 90, *fresh])


def held_out_auc(matrix: np.ndarray, rows: pd.DataFrame) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=2_000))
    folds = GroupKFold(5)
    score = cross_val_predict(model, matrix, rows.churned, groups=rows.account_id, cv=folds, method="predict_proba")
    return float(roc_auc_score(rows.churned, score[:, 1]))


def measure(folder: Path) -> dict[str, float]:
    """AUC of the oracle, of usage, and what judgement adds, with the churn rate of the rows."""
    connection = duckdb.connect()
    connection.execute(SPINE.format(folder=folder))
    rows = connection.execute(USAGE.format(folder=folder)).df()
    pulses = connection.execute(PULSES.format(folder=folder)).df()
    assert rows.renewal_id.tolist() == pulses.renewal_id.tolist()
    usage = usage_matrix(rows)
    alone = held_out_auc(usage, rows)
    together = held_out_auc(np.column_stack([usage, judgement_matrix(pulses)]), rows)
    return {
        "rows": len(rows),
        "churn": float(rows.churned.mean()),
        "oracle": float(roc_auc_score(rows.churned, rows.p_120)),
        "usage": alone,
        "gain": together - alone,
    }


@pytest.fixture(scope="module")
def figures(large_company: Path) -> dict[str, float]:
    return measure(large_company)


def test_the_oracle_is_far_from_perfect(figures: dict[str, float]) -> None:
    assert figures["rows"] > 4_000
    assert 0.08 <= figures["churn"] <= 0.14
    assert 0.80 <= figures["oracle"] <= 0.86


def test_usage_alone_sees_part_of_it(figures: dict[str, float]) -> None:
    assert 0.66 <= figures["usage"] <= 0.74


def test_judgement_adds_to_usage(figures: dict[str, float]) -> None:
    assert figures["gain"] >= 0.03


@pytest.mark.slow
def test_bands_hold_on_average_at_default_size(tmp_path: Path) -> None:
    found = []
    tables = frozenset({"renewals", "usage_daily", "csm_pulses"})
    for seed in range(101, 109):
        generate_company(tmp_path / str(seed), CompanySettings(seed=seed), tables)
        found.append(measure(tmp_path / str(seed)))
    mean = pd.DataFrame(found).mean()
    assert 0.08 <= mean.churn <= 0.14
    assert 0.80 <= mean.oracle <= 0.86
    assert 0.66 <= mean.usage <= 0.74
    assert mean.gain >= 0.03
