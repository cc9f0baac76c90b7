"""The outlook: what a forecast takes from the model besides the probability of each renewal.

Plain data, the same whether it comes from the model in charge or from one of the past; see `walk_forward`.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models.baselines import BaseRates
from models.contraction import Contraction
from models.forecast.shock import Shock


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was known at a cut-off of renewals as a whole.

    Attributes:
        trained_through: The cut-off.
        base_rates: Churn rate per band.
        contraction: What the renewed keep.
        shock: What the renewals of a quarter share.
    """

    trained_through: date
    base_rates: BaseRates
    contraction: Contraction
    shock: Shock

    def to_document(self) -> dict[str, Any]:
        """The outlook as plain JSON values."""
        return {
            "trained_through": self.trained_through.isoformat(),
            "base_rates": self.base_rates.rates,
            "contraction": asdict(self.contraction),
            "shock": asdict(self.shock),
        }

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Outlook":
        """The outlook that `to_document` described."""
        return Outlook(
            trained_through=date.fromisoformat(document["trained_through"]),
            base_rates=BaseRates(document["base_rates"]),
            contraction=Contraction.from_document(document["contraction"]),
            shock=Shock.from_document(document["shock"]),
        )
