"""For how long a renewal has stood in its tier: this week's tiers beside those that people were shown a week before.

Each week's table says for how many weeks its tiers had stood, so one earlier table is enough. Which table is that of
the week before, and that it is the one people were shown, is decided where tables are read.
"""

import numpy as np
import pandas as pd

from models.churn_model import HINDSIGHT
from models.movement import RENEWAL


def tier_history(table: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """The tier of the week before, and for how many weeks in a row the tier has been this one.

    A week without a table ends the count: nobody was shown a tier then. So does one that was scored in hindsight.

    Args:
        table: account_id, renewal_id and `risk_tier` of this week.
        before: `account_risk` as first published for the week before, None where there was none. Without
            `weeks_in_tier`, which earlier releases did not have, its tiers count for one week.

    Returns:
        `tier_previous` (None where there is none) and `weeks_in_tier` (`Int64`, at least 1, missing where the renewal
        has no tier now), in the order and with the index of the table.
    """
    now = table[[*RENEWAL, "risk_tier"]]
    columns = [*RENEWAL, "risk_tier", "weeks_in_tier"]
    then = pd.DataFrame(columns=columns) if before is None else before[before["calibration"] != HINDSIGHT]
    then = then.reindex(columns=columns).rename(columns={"risk_tier": "tier_previous", "weeks_in_tier": "_weeks"})
    joined = now.merge(then, on=RENEWAL, how="left", validate="one_to_one").set_index(table.index)
    has_tier = joined["risk_tier"].notna()
    weeks = joined["_weeks"].astype(np.float64).fillna(1.0)
    stayed = has_tier & (joined["risk_tier"] == joined["tier_previous"])
    joined["weeks_in_tier"] = (1.0 + weeks.where(stayed, 0.0)).where(has_tier).astype("Int64")
    previous = joined["tier_previous"].astype(object)
    return joined[["weeks_in_tier"]].assign(tier_previous=previous.where(previous.notna(), None))
