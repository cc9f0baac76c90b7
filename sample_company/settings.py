"""What a caller may choose about the company: its size, length, seed and last day.

The strength of causes and the frequency of events are not choices; they are in `parameters.py` and pinned by tests, so
that figures measured on the company stay comparable.
"""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class CompanySettings(BaseModel):
    """Size and seed of one company.

    Attributes:
        accounts: Accounts that ever appear, customers lost on the way among them.
        years: Length of the recorded history.
        seed: Same seed, same bytes.
        last_date: Last day lived through, never taken from the clock. What is recorded by the next morning is in.
        futures: Simulated futures per renewal and lead from which a true probability is averaged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: int = Field(default=800, ge=20, le=20_000)
    years: int = Field(default=4, ge=1, le=10)
    seed: int = Field(default=20_260_629, ge=0)
    last_date: date = date(2026, 6, 28)
    futures: int = Field(default=96, ge=8, le=2_000)
