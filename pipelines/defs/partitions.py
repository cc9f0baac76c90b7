"""The one partitions definition: a partition is an as-of date, and the newest is today's."""

import dagster as dg

from pipelines.as_of_default import FIRST_AS_OF

AS_OF = dg.DailyPartitionsDefinition(start_date=FIRST_AS_OF.isoformat(), timezone="UTC", end_offset=1)
"""As of a day means what was recorded before its midnight, so a day's partition can be made as soon as it begins."""
