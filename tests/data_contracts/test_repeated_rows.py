"""Repeated rows in a table that is larger than one row group, where neighbours are read by different threads."""


def test_repeats_are_found_wherever_they_stand(company):
    rows = (
        "SELECT 'A1' AS account_id, lpad(n::VARCHAR, 7, '0') AS user_id, 'reports' AS module, "
        "DATE '2025-01-01' AS usage_date, 1 AS events, TIMESTAMP '2025-01-02' AS recorded_at FROM range(300000) t(n)"
    )
    # DuckDB cuts row groups at multiples of 122,880; every row around the first cuts is there twice.
    twice = f"{rows} WHERE n BETWEEN 122000 AND 123999 OR n BETWEEN 244000 AND 245999"
    company.write_parquet("usage_daily", f"SELECT * FROM ({rows} UNION ALL {twice}) ORDER BY hash(user_id)")

    report = company.ingest("usage_daily")

    assert (report.rows_known, report.rows_kept, report.repeats_collapsed) == (304_000, 300_000, 4_000)
    assert report.violations == ()
    users = company.rows("usage_daily", "user_id")
    assert users == [(f"{number:07}",) for number in range(300_000)]
