"""The outlook: what a forecast takes from the model besides the probability of each renewal.

Plain data, the same whether it comes from the model in charge or from one of the past; see `walk_forward`.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models.baselines import BaseRates
from models.calibration import DATED_BANDS
from models.contraction import Contraction
from models.forecast.shock import Shock


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was known at a cut-off of renewals as a whole.

    Attributes:
        trained_through: The cut-off.
        base_rates: Churn rate per band.
        contraction: What the renewed keep.
        shocks: What the renewals of a quarter share, by the horizon from which the quarter is seen.
    """

    trained_through: date
    base_rates: BaseRates
    contraction: Contraction
    shocks: dict[str, Shock]

    def shock_at(self, lead_days: int) -> Shock:
        """The shock of a quarter whose middle lies so many days ahead."""
        near, headline, far = DATED_BANDS
        return self.shocks[near if lead_days < 90 else headline if lead_days <= 180 else far]

    def to_document(self) -> dict[str, Any]:
        """The outlook as plain JSON values."""
        return {
            "trained_through": self.trained_through.isoformat(),
            "base_rates": self.base_rates.rates,
            "contraction": asdict(self.contraction),
            "shocks": {band: asdict(shock) for band, shock in self.shocks.items()},
        }

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Outlook":
        """The outlook that `to_document` described."""
        return Outlook(
            trained_through=date.fromisoformat(document["trained_through"]),
            base_rates=BaseRates(document["base_rates"]),
            contraction=Contraction.from_document(document["contraction"]),
            shocks={band: Shock.from_document(entry) for band, entry in document["shocks"].items()},
        )
