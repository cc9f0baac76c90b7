"""Who looks after each account, how that person is reached, and who did a week ago.

For those who send people something. What an account is otherwise known by belongs to `spine.known_accounts`.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from features.moments import beside
from features.sources import Sources
from features.spine import as_of_table

OWNER_KEY = ("account_id",)
HANDOVER_DAYS = 7
"""How long the owner before is named beside the new one."""


def build_owners(sources: Sources, as_of: date) -> ir.Table:
    """Return the owner of each account as of a date.

    Args:
        sources: The ingested tables.
        as_of: The date.

    Returns:
        One row per account that anybody owns: account_id, csm_id, csm_name, email and team as known then, and
        previous_csm_id and previous_csm_name of another owner as known `HANDOVER_DAYS` earlier, null where there was
        none or the same.
    """
    now, before = as_of, as_of - timedelta(days=HANDOVER_DAYS)
    accounts = sources.known("accounts", as_of_table(sources, [now, before]), on=()).select(
        "account_id", "as_of", "csm_id"
    )
    owned = accounts.filter(accounts.csm_id.notnull())
    csms = sources.known("csms", owned.select("csm_id", "as_of").distinct(), on=("csm_id",))
    people = beside(owned, csms.select("csm_id", "as_of", "csm_name", "email", "team"), on=("csm_id", "as_of"))
    today = people.filter(people.as_of == ibis.date(now)).drop("as_of")
    earlier = people.filter(people.as_of == ibis.date(before)).select(
        "account_id", previous_csm_id="csm_id", previous_csm_name="csm_name"
    )
    joined = beside(today, earlier, on=OWNER_KEY)
    is_other = joined.previous_csm_id != joined.csm_id
    return sources.engine.store(
        joined.mutate(
            previous_csm_id=ibis.ifelse(is_other, joined.previous_csm_id, ibis.null("string")),
            previous_csm_name=ibis.ifelse(is_other, joined.previous_csm_name, ibis.null("string")),
        )
    )
