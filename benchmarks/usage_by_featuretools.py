"""Usage features by Featuretools with cut-off times, for an interpreter that has it; the project's own has not.

    <that python> benchmarks/usage_by_featuretools.py USAGE.parquet MOMENTS.parquet

Featuretools knows one date per row, so that what was recorded late is seen at once, and one window per call, so that
the four windows of 28 days are asked for as 28, 56, 84 and 112 days. It is asked for sums of events, people, modules,
days and recency, and for the busiest person by way of a table of users: what most of the usage features are made of.
Prints one line of JSON: seconds, peak memory in GiB, rows, and the sum of events and people that it found.
"""

import json
import resource
import sys
import time
import warnings

import featuretools as ft
import pandas as pd
from featuretools.primitives import Max, NumUnique, Sum, TimeSinceLast
from woodwork.logical_types import Categorical

TEXT = {"account_id": Categorical, "user": Categorical}


def entity_set(usage: pd.DataFrame) -> ft.EntitySet:
    """Return usage below users below accounts."""
    usage = usage.assign(
        row=range(len(usage)),
        user=usage.account_id + " " + usage.user_id,
        day=usage.usage_date.dt.strftime("%Y-%j"),
    )
    entities = ft.EntitySet("usage")
    entities.add_dataframe(
        dataframe_name="usage",
        dataframe=usage[["row", "account_id", "user", "module", "day", "events", "usage_date"]],
        index="row",
        time_index="usage_date",
        logical_types={**TEXT, "module": Categorical, "day": Categorical},
    )
    users = usage[["user", "account_id"]].drop_duplicates("user")
    entities.add_dataframe(dataframe_name="users", dataframe=users, index="user", logical_types=TEXT)
    accounts = users[["account_id"]].drop_duplicates()
    entities.add_dataframe(
        dataframe_name="accounts", dataframe=accounts, index="account_id", logical_types={"account_id": Categorical}
    )
    entities.add_relationship("users", "user", "usage", "user")
    entities.add_relationship("accounts", "account_id", "users", "account_id")
    return entities


def definitions(entities: ft.EntitySet) -> list[ft.Feature]:
    """Return what is computed in each window, of each account."""
    usage, account = entities["usage"].ww, "accounts"
    own = {name: ft.Feature(usage[name]) for name in ("events", "user", "module", "day", "usage_date")}
    per_user = ft.Feature(own["events"], parent_dataframe_name="users", primitive=Sum)
    return [
        ft.Feature(own["events"], parent_dataframe_name=account, primitive=Sum),
        ft.Feature(own["user"], parent_dataframe_name=account, primitive=NumUnique),
        ft.Feature(own["module"], parent_dataframe_name=account, primitive=NumUnique),
        ft.Feature(own["day"], parent_dataframe_name=account, primitive=NumUnique),
        ft.Feature(own["usage_date"], parent_dataframe_name=account, primitive=TimeSinceLast),
        ft.Feature(per_user, parent_dataframe_name=account, primitive=Max),
    ]


def main() -> None:
    """Compute the features of every moment in each window and print what it took."""
    warnings.filterwarnings("ignore")
    usage = pd.read_parquet(sys.argv[1], columns=["account_id", "user_id", "module", "usage_date", "events"])
    moments = pd.read_parquet(sys.argv[2]).rename(columns={"as_of": "time"})
    start = time.perf_counter()
    usage["usage_date"], moments["time"] = pd.to_datetime(usage.usage_date), pd.to_datetime(moments.time)
    moments = moments[moments.account_id.isin(set(usage.account_id))]
    entities = entity_set(usage)
    features = definitions(entities)
    found = [
        ft.calculate_feature_matrix(
            features,
            entities,
            cutoff_time=moments[["account_id", "time"]],
            cutoff_time_in_index=True,
            training_window=f"{days} days",
            include_cutoff_time=False,
        )
        for days in (28, 56, 84, 112)
    ]
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "cpu": time.process_time(),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
                "rows": len(found[0]),
                "events": int(found[0]["SUM(usage.events)"].sum()),
                "people": int(found[0]["NUM_UNIQUE(usage.user)"].sum()),
            }
        )
    )


if __name__ == "__main__":
    main()
