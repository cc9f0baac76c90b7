"""What the truth says was planted can be found in the tables, and nowhere it should not be."""

from pathlib import Path

import duckdb
import numpy as np
import pytest


@pytest.fixture(scope="module")
def company(small_company: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for file in [*small_company.glob("*.parquet"), *small_company.glob("truth/*.parquet")]:
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_parquet('{file}')")
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


def test_champions_and_sponsors_leave_and_are_recorded_late(company: duckdb.DuckDBPyConnection) -> None:
    for kind, role in (("champion_left", "champion"), ("sponsor_left", "executive_sponsor")):
        matched = f"""
            SELECT count(*) FILTER (c.contact_id IS NOT NULL) / count(*) FROM hidden_events e
            LEFT JOIN contacts c ON c.account_id = e.account_id AND c.role = '{role}' AND c.left_on = e.started_on
                AND CAST(c.recorded_at AS DATE) = e.recorded_on
            WHERE e.kind = '{kind}' AND e.recorded_on < DATE '2026-06-28'"""
        assert one(company, matched) == 1.0
        lag = f"SELECT quantile_cont(recorded_on - started_on, 0.5) FROM hidden_events WHERE kind = '{kind}'"
        long = f"SELECT quantile_cont(recorded_on - started_on, 0.95) FROM hidden_events WHERE kind = '{kind}'"
        assert 7 <= one(company, lag) <= 45
        assert one(company, long) >= 45


def test_missing_sponsors_are_missing(company: duckdb.DuckDBPyConnection) -> None:
    query = """SELECT count(*) FROM contacts JOIN account_archetypes USING (account_id)
               WHERE role = 'executive_sponsor' AND archetype = 'missing_sponsor'"""
    assert one(company, query) == 0


def test_power_users_carry_the_usage_and_have_no_budget(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH used AS (SELECT account_id, user_id, sum(events) AS events FROM usage_daily GROUP BY ALL),
        top AS (SELECT account_id, max(events) / sum(events) AS share FROM used GROUP BY 1)
        SELECT avg(share) FROM top JOIN account_archetypes USING (account_id) WHERE archetype {kind}"""
    heavy = one(company, query.format(kind="= 'power_user_without_budget'"))
    assert heavy > one(company, query.format(kind="= 'ordinary'")) + 0.15


def test_quiet_stayers_meet_little(company: duckdb.DuckDBPyConnection) -> None:
    query = """SELECT count(DISTINCT meeting_id) / count(DISTINCT account_id) FROM meetings
               JOIN account_archetypes USING (account_id) WHERE archetype {kind}"""
    assert one(company, query.format(kind="= 'quiet_stayer'")) < 0.6 * one(company, query.format(kind="= 'ordinary'"))


def test_a_stopped_integration_does_not_run(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH stops AS (
            SELECT * FROM hidden_events WHERE kind = 'integration_stopped' AND recorded_on IS NOT NULL),
        connected AS (
            SELECT account_id, count(DISTINCT integration) AS n FROM integration_runs GROUP BY 1)
        SELECT count(*) FROM stops JOIN connected f USING (account_id)
        JOIN integration_runs r USING (account_id)
        WHERE f.n = 1 AND r.run_date >= stops.started_on AND r.run_date < coalesce(stops.ended_on, DATE '2026-06-28')"""
    assert one(company, query) == 0


def test_automation_lowers_clicks_and_raises_runs(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH starts AS (SELECT account_id, started_on FROM hidden_events
            WHERE kind = 'automation' AND started_on BETWEEN DATE '2022-12-01' AND DATE '2025-12-01'),
        counted AS (SELECT s.account_id, s.started_on,
                sum({n}) FILTER (x.{d} BETWEEN s.started_on - 90 AND s.started_on - 1) AS before,
                sum({n}) FILTER (x.{d} BETWEEN s.started_on + 75 AND s.started_on + 164) AS after
            FROM starts s JOIN {t} x USING (account_id) GROUP BY ALL)
        SELECT quantile_cont(after / before, 0.5) FROM counted"""
    assert one(company, query.format(t="usage_daily", d="usage_date", n="events")) < 0.75
    assert one(company, query.format(t="integration_runs", d="run_date", n="runs")) > 1.5


def test_a_polite_exit_is_loud_then_silent(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH exits AS (SELECT account_id, started_on, coalesce(ended_on, DATE '2026-06-28') AS ended_on
                       FROM hidden_events WHERE kind = 'polite_exit' AND started_on >= DATE '2022-09-01'),
        opened AS (SELECT DISTINCT account_id, ticket_id, CAST(opened_at AS DATE) AS on_day FROM support_tickets)
        SELECT count(*) FILTER (on_day - started_on BETWEEN 0 AND 55) AS loud,
               count(*) FILTER (on_day - started_on BETWEEN 70 AND 181) AS silent
        FROM exits JOIN opened USING (account_id) WHERE on_day < ended_on"""
    loud, silent = company.execute(query).fetchone() or (0, 0)
    assert loud > 20
    assert silent < loud / 4


def test_newcomers_ask_about_cost_on_the_day_the_truth_says(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH asked AS (
            SELECT m.account_id, CAST(min(m.sent_at) AS DATE) AS on_day FROM emails m
            JOIN contacts c USING (account_id, contact_id)
            WHERE m.direction = 'inbound' AND c.role IN ('procurement', 'finance')
                AND CAST(m.sent_at AS DATE) - c.started_on BETWEEN 0 AND 24
            GROUP BY m.account_id, m.contact_id)
        SELECT count(*) FILTER (on_day IS NOT NULL) / count(*) FROM hidden_events e
        LEFT JOIN asked ON asked.account_id = e.account_id AND on_day = e.recorded_on
        WHERE e.kind = 'cost_question'"""
    assert one(company, query) > 0.9


def test_opens_stop_when_the_truth_says(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH stops AS (SELECT account_id, started_on, coalesce(ended_on, DATE '2026-06-28') AS ended_on
                       FROM hidden_events WHERE kind = 'opens_stopped'),
        mails AS (SELECT account_id, email_id, CAST(min(sent_at) AS DATE) AS on_day,
                  max(opened_at) IS NOT NULL AS is_open
                  FROM emails WHERE direction = 'outbound' GROUP BY ALL)
        SELECT avg(CAST(is_open AS INTEGER)) FROM stops JOIN mails USING (account_id)
        WHERE on_day BETWEEN started_on + {low} AND least(ended_on - 8, started_on + {high})"""
    assert one(company, query.format(low=-90, high=-8)) > 0.8
    assert one(company, query.format(low=8, high=120)) < 0.15


def test_colours_mean_something_and_the_skilled_see_more(company: duckdb.DuckDBPyConnection) -> None:
    truth = company.execute("SELECT * FROM csm_truth").df()
    assert (truth.churn_when_green_90 < truth.churn_when_yellow_90).all()
    assert (truth.churn_when_yellow_90 < truth.churn_when_red_90).all()
    assert np.corrcoef(truth.skill, truth.auc_90)[0, 1] > 0.8
    assert np.corrcoef(truth.optimism, truth.green_share_90)[0, 1] > 0.5


def test_much_is_left_unknown_and_some_is_copied_or_vague(company: duckdb.DuckDBPyConnection) -> None:
    for field in ("champion", "executive_view", "budget", "reorganization", "value_exceeds_price"):
        share = one(company, f"SELECT avg(CAST({field} = 'unknown' AS INTEGER)) FROM csm_pulses")
        assert 0.2 < share < 0.7
    repeated = """SELECT avg(CAST(reason = previous AS INTEGER)) FROM (SELECT reason,
        lag(reason) OVER (PARTITION BY account_id ORDER BY pulse_at) AS previous FROM csm_pulses)"""
    assert 0.03 < one(company, repeated) < 0.4


def test_some_pulses_are_stale(company: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH spine AS (SELECT DISTINCT account_id, renewal_id, renewal_date - 120 AS as_of FROM renewals
            WHERE renewal_date - term_start_date > 150
            AND renewal_date - 120 BETWEEN DATE '2023-01-01' AND DATE '2026-06-01'
            AND term_start_date < renewal_date - 120 AND term_start_date > DATE '2022-07-01'),
        aged AS (SELECT s.renewal_id, s.as_of - CAST(max(p.pulse_at) AS DATE) AS age FROM spine s
            LEFT JOIN csm_pulses p ON p.account_id = s.account_id AND p.recorded_at < s.as_of
            GROUP BY s.renewal_id, s.as_of)
        SELECT avg(CAST(age > 90 OR age IS NULL AS INTEGER)) FROM aged"""
    assert 0.04 < one(company, query) < 0.3
