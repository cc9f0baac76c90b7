"""All feature families, in the order in which tables carry them.

What a feature says of itself stands in its family's module, beside the expression that computes it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir

from features import (
    billing,
    commercial,
    emails,
    integrations,
    meetings,
    notes,
    pulse,
    reasons,
    signals,
    stakeholders,
    support,
    surveys,
    usage,
    value,
)
from features.feature import Feature
from features.sources import Sources


@dataclass(frozen=True)
class Family:
    """One module of features.

    Attributes:
        features: What it computes, in order.
        build: Takes the spine and the sources; returns, computed, a column per feature beside the key of the spine, or
            beside account and date where it measures the account.
        source: The table without which all its features are null.
    """

    features: tuple[Feature, ...]
    build: Callable[[ir.Table, Sources], ir.Table]
    source: str


FAMILIES = (
    Family(commercial.FEATURES, commercial.build_commercial, "renewals"),
    Family(usage.FEATURES, usage.build_usage, "usage_daily"),
    Family(pulse.FEATURES, pulse.build_pulse, "csm_pulses"),
    Family(support.FEATURES, support.build_support, "support_tickets"),
    Family(surveys.FEATURES, surveys.build_surveys, "survey_responses"),
    Family(billing.FEATURES, billing.build_billing, "invoices"),
    Family(integrations.FEATURES, integrations.build_integrations, "integration_runs"),
    Family(reasons.FEATURES, reasons.build_reasons, "csm_pulses"),
    Family(stakeholders.FEATURES, stakeholders.build_stakeholders, "contacts"),
    Family(meetings.FEATURES, meetings.build_meetings, "meetings"),
    Family(emails.FEATURES, emails.build_emails, "emails"),
    Family(value.FEATURES, value.build_value, "value_touchpoints"),
    Family(signals.signal_features(), signals.build_signals, "accounts"),
)

MEASURED: dict[str, Feature] = {feature.name: feature for family in FAMILIES for feature in family.features}
"""What is computed from the sources alone."""

FEATURES: dict[str, Feature] = MEASURED | {feature.name: feature for feature in notes.FEATURES}
"""Every input of the models: what is measured, and what the models learn from the texts handed on with it."""
