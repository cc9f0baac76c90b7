"""Settings of the models and the names of the horizon bands.

Every number that was chosen rather than estimated stands here with its reason. Settings say how to fit, never what was
fitted: fitted values live in the model. The band names come from the spine; their limits are not repeated here.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCORED_BANDS: Final = ("0-89", "90-180", "181-365", "rolling")
"""Horizons that are learned from, scored and measured, in the order in which they are shown."""
HEADLINE_BAND: Final = "90-180"
"""The horizon that quality is quoted for: late enough to know something, early enough to act."""
NEAREST_BAND: Final = "0-89"
"""The horizon whose calibration an overdue renewal borrows."""
ROLLING_BAND: Final = "rolling"
"""Terms under 180 days: the unit is the contract, and the target is any churn within 180 days."""

Policy = Literal["model_only", "gut_only", "stacked", "red_wins", "adjudicate"]
"""Ways from the three views to one probability; see `models.policy`."""

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class BoosterSettings(BaseModel):
    """Parameters of the gradient boosting, chosen for a few hundred renewals rather than for millions.

    Rows of one renewal repeat its outcome, so leaves are limited by weight (the summed Hessian) rather than by row
    count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rounds: Count = 60
    """Trees. Fixed rather than stopped early: a stopping set costs outcomes that are scarce. They only correct the
    linear margin that they start from."""
    learning_rate: Positive = 0.03
    """Shrinkage per tree. Slow, so that random feature and row draws average out in one booster."""
    max_depth: Count = 3
    """At most three features interact."""
    num_leaves: Count = 6
    """Leaves per tree, fewer than the depth allows."""
    minimum_rows_in_leaf: Count = 20
    """Rows in a leaf; a renewal has about thirteen over its last year, so this asks for more than one."""
    minimum_weight_in_leaf: Positive = 5.0
    """Summed Hessian in a leaf: at a churn rate of 10 % about fifty-five renewals, one horizon counted."""
    ridge: Positive = 50.0
    """L2 penalty on leaf values, in units of the summed Hessian."""
    feature_share: Share = 0.35
    """Features drawn per tree: features of one family are near copies, and a small draw makes them share the work."""
    row_share: Share = 0.7
    """Rows drawn per tree."""
    category_ridge: Positive = 20.0
    """Additional L2 penalty where a split is on a category."""
    threads: Count = 1
    """Fixed, because it is part of what makes two trainings identical; on tables of this size a second thread mostly
    waits."""


class ModelSettings(BaseModel):
    """How models are fitted, calibrated and judged. The defaults are meant to be left alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 20_000_103
    """Seed of every random draw: boosting, folds, resampling."""
    minimum_churns: Count = 30
    """Churned renewals below which nothing is fitted but a pooled base rate."""
    minimum_cutoffs: Count = 3
    """Mature cut-offs below which no walk-forward figure is claimed and calibration is in-cohort."""
    maturity_days: Count = 240
    """Days until a cut-off is mature: the headline band ends 180 days ahead, and an outcome settles within 60 more."""
    folds: Annotated[int, Field(ge=2)] = 5
    """Account groups of the cross-fitting that stands in where no mature cut-offs exist."""
    booster: BoosterSettings = BoosterSettings()
    """Parameters of both boosters; the usage view and the full model never differ in anything but their features."""

    tuning_trials: Annotated[int, Field(ge=0)] = 0
    """Settings that are tried at each cut-off and in training, by cross-fitting over accounts; none by default, since a
    hundred churns tell good settings from lucky ones badly. Each trial costs as much as five fits."""

    base_rate_strength: Positive = 10.0
    """Renewals' worth of the overall churn rate that is mixed into each band's base rate."""
    colour_shift_sd: Positive = 1.0
    """Prior standard deviation, in log-odds, of what a pulse colour means against the base rate."""
    gut_cell_strength: Positive = 20.0
    """Renewals' worth of the colour's overall meaning that is mixed into each cell of colour, age state and band."""
    colour_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of what a colour has meant, in log-odds, that the full model takes for known before it learns from the
    features: all of it trusts a few dozen churns too far, none of it loses what CSMs know."""
    colour_feature: str = "pulse__sentiment_level"
    """Feature in whose name that share is explained."""
    family_effect_sd: Positive = 0.13
    """Prior standard deviation, in log-odds, of what a family of features says of a renewal, its columns being
    independent and each one deviation off: shared out over the columns, so that a family does not weigh more for having
    more of them."""
    band_precision: Positive = 1.0
    """Ridge penalty of the indicators of the bands."""
    interval_draws: Count = 100
    """Draws of the coefficients behind the interval of a probability."""
    interval_reach: Positive = 1.645
    """Standard deviations to either side of a probability's interval: 90 %, two-sided."""
    logistic_precision: Positive = 300.0
    """Ridge penalty of the logistic baseline on standardized inputs: with a hundred inputs, most of them kin, a prior
    standard deviation of about 0.6 for their sum. Weaker penalties lose to the base rate."""

    note_precision: Positive = 10.0
    """L2 penalty of what words mean. A text is a vector of length one and a renewal counts once in each of three bands,
    so this is a prior standard deviation of about a half for the log-odds of a text, whatever its length. At one, what
    was learned held for less than half on accounts left out."""
    note_minimum_churns: Count = 20
    """Churned renewals with words on record, and as many that continued, below which nothing is learned from these
    words."""
    note_minimum_accounts: Count = 5
    """Accounts that must share a term before it means anything: what fewer say is the name of somebody or something."""
    note_terms: Count = 500
    """Terms of a source, those that most accounts share first."""

    calibration_slope_sd: Positive = 0.25
    """Prior standard deviation of the calibration slope around one. The scores are shrunken already, and the past
    outcomes that teach the calibrator are few: a freer one made predictions worse in every company tried."""
    calibration_intercept_sd: Positive = 0.1
    """Prior standard deviation of the intercept that the dated bands share: last year's drift is not next year's."""
    calibration_band_sd: Positive = 0.05
    """Prior standard deviation of one band's departure from the shared intercept."""
    contraction_rate: Share = 0.05
    """Share of the renewed that is taken to contract where nothing is known; worth `base_rate_strength` renewals."""
    contraction_slope_sd: Positive = 0.3
    """Prior standard deviation of what churn log-odds say of contraction among the renewed. One renewal in fifteen
    contracts: wider priors lost to the base rate in one sample company of four, narrower ones gained nothing."""
    shock_prior_deviation: Positive = 0.3
    """Scale of the half-normal prior of the shared shock's standard deviation, in log-odds: a quarter in which a third
    more than expected churns is nothing special. A few quarters hardly move it."""
    minimum_slope: Positive = 0.05
    """Least calibration slope: a score that says nothing is flattened, never turned round."""
    minimum_band_renewals: Count = 20
    """Renewals with known outcome below which a band's calibration is not claimed."""

    bootstrap_resamples: Annotated[int, Field(ge=20)] = 500
    """Resamples of accounts behind each interval."""
    interval_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Level of the intervals of the metrics, two-sided."""
    early_decision_days: Count = 30
    """Where notice is not observed, metrics are also given without renewals decided this soon after the as-of date."""

    slice_minimum_churns: Count = 10
    """Churned renewals in a segment, term or quarter below which a figure is given without an interval and nothing is
    claimed: a percentile interval from resampling so few is far too narrow."""
    slice_resamples: Annotated[int, Field(ge=20)] = 200
    """Resamples of accounts behind each interval of a slice: so wide that the noise of fewer does not show."""
    weekly_capacity: Count = 5
    """Accounts that a CSM can give real attention to in one week, where the source does not say: one a day."""

    leak_auc: Share = 0.95
    """Single-handed AUC above which an input is held to leak the outcome. Three to six months ahead an oracle that
    knows every planted event of the sample company stays near 0.82, up to three months near 0.91; its best honest input
    reaches 0.73."""
    leak_ratio: Positive = 20.0
    """How many times as often among churned renewals a value may occur, be missing, or be at one level, before it is
    held to leak. The most telling honest fact of the sample company, a red pulse with green usage, reaches four."""
    leak_contribution_share: Share = 0.6
    """Share of all absolute contributions above which one input alone is held to make a model that is too good."""
    leak_model_auc: Share = 0.9
    """AUC out of time, at its lower bound in the headline horizon, above which a model is too good; see `leak_auc`."""
    leak_minimum_churns: Count = 10
    """Churned renewals that the evidence against an input must rest on."""
    leak_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.99
    """Level of the one-sided interval that has to lie above the limit: some hundred inputs are looked at in each of
    three horizons."""

    risky_above: Positive = 1.5
    """A usage view above this multiple of its band's base rate is risky."""
    healthy_below: Positive = 0.75
    """A usage view below this multiple of its band's base rate is healthy."""
    high_above: Positive = 2.5
    """A probability above this multiple of its band's base rate is in the tier high; above `risky_above`, elevated."""
    policy: Policy = "stacked"
    """Which views the tier is taken from; see `models.policy`."""
    change_worth_telling: Share = 0.02
    """Change of a probability within a week from which on a reason is told; less is the passing of a week."""
    lead_feature: str = "commercial__lead_days"
    """Feature that holds the days to the renewal date; an overdue renewal is scored as if it were zero."""


class WeeklySettings(BaseModel):
    """What the weekly table calls soon, late and little."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act_ahead_days: Count = 30
    """Days before the notice deadline, or the renewal date, by which to act: what is agreed needs time to show."""
    act_now_days: Count = 7
    """Days for what is due this week: a signal of high severity, a disagreement, the tier high."""
    act_soon_days: Count = 28
    """Days for what is due this month: the tier elevated, the talk after a loss."""
    act_later_days: Count = 91
    """Days for what is due this quarter: a word with a customer of whom nothing firm is known."""
    usage_stale_days: Count = 14
    """Days without usage from which on it is held to be missing; a holiday does not last as long."""
    new_customer_days: Count = 90
    """Days as a customer below which the record is thin: the features look back as far."""
    many_gaps: Count = 3
    """Gaps in an account's record from which on it says little."""


class ForecastSettings(BaseModel):
    """How the renewal forecast is simulated, and what may be committed to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 20_000_103
    """Seed of the simulation; each quarter and each renewal draws by itself."""
    draws: Annotated[int, Field(ge=100)] = 4000
    """Simulated courses of each quarter: of a company of 600 accounts another seed then moves the lower bound by about
    0.2 points, as a standard deviation, where no single account decides it."""
    shared_deviation_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of the variance behind a probability's interval that all renewals have in common, since the coefficients
    that the model may have got wrong are the same for all. In posterior draws of a sample company's model the errors of
    two renewals correlate by 0.15, within the headline horizon by 0.4."""
    commit_tiers: tuple[str, ...] = ("low",)
    """Tiers whose open renewals are committed to at the ARR that is due."""
    best_case_tiers: tuple[str, ...] = ("elevated",)
    """Tiers that the best case adds; overdue renewals count among it at best. All other open ones are at risk."""
    minimum_quarters: Count = 4
    """Quarters below which no skill of the forecast is claimed."""


class DriftSettings(BaseModel):
    """When what is scored, or what came of it, is held to differ from what was learned; and when to train anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psi: Positive = 0.2
    """Population stability index above which a spread has shifted: the customary limit. A spread that moved further
    than this within the latest year that was learned from has its own largest move for a limit."""
    missing_share: Share = 0.2
    """Change of the share without a value that matters: one renewal in five is then scored otherwise. About as far as
    the customary stability index goes in two cells: from 10 % to 30 % it is 0.27."""
    level: Share = 0.01
    """Level of the tests, Holm's correction over all features included: of a hundred quiet weeks one may alarm."""
    deviations: Positive = 2.58
    """Standard deviations that churns may lie off what was expected: 99 %, two-sided."""
    minimum_churns: Count = 10
    """Churns, expected or seen, below which their number is no evidence: the normal approximation fails there."""
    record_days: Count = 365
    """How far back the published record is looked at: a year holds each season once."""
    clock_features: tuple[str, ...] = ("commercial__tenure_days", "commercial__renewals_survived_count")
    """Features that grow by the calendar alone: a company that keeps its customers has older ones every year. Shown,
    and never an alarm. What turns with the seasons, like the days to the renewal, has its own past for a limit."""
    several_features: Count = 5
    """Drifting features that call for a training. In a sample company where nothing drifts up to three alarm: terms,
    the age of yearly survey answers and the use of seats move on as its record grows."""
    new_outcome_share: Share = 0.1
    """New outcomes, as a share of those learned from, that are worth a training by themselves."""
    minimum_renewals: Count = 20
    """New outcomes below which no training is asked for, whatever drifts: the same outcomes teach the same."""


class JudgementSettings(BaseModel):
    """How human judgement is scored against what came of it, and who may be named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    show_people: bool = False
    """Whether the published tables hold figures of single CSMs. Off: teams only, whoever asks."""
    interval_level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Level of the intervals, two-sided."""
    colour_strength: Positive = 2.0
    """Renewals' worth of the base rate that is mixed into what a colour has meant over the whole team."""
    slice_strength: Positive = 20.0
    """Renewals' worth of the team's meaning of a colour that is mixed into its meaning in a slice."""
    minimum_churns: Count = 5
    """Churned renewals below which a figure comes without an interval, and nothing is claimed."""
    minimum_calls: Count = 50
    """Decided renewals below which nothing is said of a person."""
    owned_days: Count = 60
    """Days for which an account must have been a CSM's own before a call counts as theirs."""
    distance: Positive = 0.7
    """Log-odds between gut and usage view from which they count as far apart: one says twice the odds of the other."""
    bulk_pulses: Count = 10
    """Pulses of one author on one day from which they are one sitting."""
    review_days: Count = 7
    """Last days of a quarter, in which books are tidied for the review."""
    hindsight_days: Count = 30
    """Days after a notice within which a colour that turns is a correction in hindsight."""
