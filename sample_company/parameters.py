"""The strength and frequency of what moves a renewal, in one place.

Log-odds unless said otherwise. Tests hold the resulting difficulty to its bands (`docs/sample_company.md`); tune here
and nowhere else. Distributions of names, sizes and words stay with the modules that use them.
"""

from dataclasses import dataclass

SEGMENTS = ("smb", "mid_market", "enterprise")
ARCHETYPES = ("ordinary", "power_user_without_budget", "missing_sponsor", "quiet_stayer")
ARCHETYPE_SHARES = (0.70, 0.09, 0.09, 0.12)
ARCHETYPE_EFFECTS = (0.0, 1.3, 1.3, -0.9)
MODULES = ("alerts", "automation", "dashboards", "planning", "reports", "workspace")
LEADS = (180, 120, 90, 30)

BASE_LOG_ODDS = -4.75
SEGMENT_EFFECTS = (0.25, 0.0, -0.3)
MONTHLY_EFFECT = -1.9
FIRST_RENEWAL_EFFECT = 0.3
SHOCK_SD = 0.25
NOISE_SD = 0.25
"""What decides a renewal and is in no table, and no one's knowledge before the decision."""

FIT_SD = 1.35
"""Spread between accounts of how badly the product fits; higher is worse."""
FIT_DRIFT_SD = 0.9
FIT_MEMORY_DAYS = 540.0

JUDGEMENT_MEMORY_DAYS = 120.0
FIT_SEEN = 0.75
ARCHETYPE_SEEN = 0.6
EVENT_SENSED = 0.75
"""Share of an event's weight that a CSM of skill 1 senses without having heard of it: a feeling."""

GREEN_BELOW = -3.75
RED_ABOVE = -2.1
"""A CSM writes red when the risk as they perceive it, in log-odds, lies above; green below `GREEN_BELOW`."""

REVIEW_LEADS = ((160, 14), (108, 13), (56, 10))
"""Days before a renewal at which the team reviews it, each with its spread."""
PLAY_EFFECT = -1.0
PLAY_EFFECT_SD = 0.4
PLAY_STARTS_ABOVE = -2.0


@dataclass(frozen=True)
class EventKind:
    """One kind of hidden event: on or off per account, switching at constant rates.

    Attributes:
        name: As the truth tables call it.
        yearly_rate: Onsets a year while off.
        mean_days: Mean time until it ends, exponentially distributed.
        effect: Mean effect on the log-odds of churn while on; each event draws its own around it.
        heard_share: Chance that a CSM of middling skill ever hears of it.
        heard_after_days: Mean delay of hearing.
    """

    name: str
    yearly_rate: float
    mean_days: float
    effect: float
    heard_share: float
    heard_after_days: float


EVENT_KINDS = (
    EventKind("champion_left", 0.17, 420, 1.75, 0.80, 24),
    EventKind("sponsor_left", 0.14, 480, 1.65, 0.70, 30),
    EventKind("budget_freeze", 0.11, 420, 2.35, 0.75, 25),
    EventKind("reorganization", 0.11, 360, 1.35, 0.72, 25),
    EventKind("vendor_evaluation", 0.10, 420, 2.75, 0.62, 30),
    EventKind("product_friction", 0.12, 300, 1.30, 0.72, 15),
    EventKind("polite_exit", 0.08, 460, 2.75, 0.45, 40),
    EventKind("module_abandoned", 0.10, 420, 1.30, 0.45, 40),
    EventKind("integration_stopped", 0.15, 170, 0.70, 0.35, 30),
    EventKind("automation", 0.14, 700, -0.70, 0.60, 40),
    EventKind("value_proven", 0.16, 480, -1.00, 0.75, 15),
)
KIND = {kind.name: index for index, kind in enumerate(EVENT_KINDS)}
