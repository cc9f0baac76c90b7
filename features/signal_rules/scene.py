"""What the rules look at: the moments of a spine, what was known at each, and the two forms in which a rule answers.

Facts that several rules share are computed once per scene. Nothing here knows any rule, and no date is cut here.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from features.moments import MOMENT, beside, moments_of
from features.sources import Sources


class Scene:
    """The accounts and dates of a spine, with what was known of them.

    Attributes:
        spine: Renewals seen from dates; see `features.spine.build_spine`.
        moments: The distinct accounts and dates among them.
        sources: The ingested tables.
        is_told: Whether anybody reads the evidence. What only it needs, and costs much, is left out of it otherwise.
    """

    def __init__(self, spine: ir.Table, sources: Sources, *, is_told: bool = True) -> None:
        self.spine = spine
        self.is_told = is_told
        self.sources = sources
        self.moments = moments_of(spine, sources)
        self._facts: dict[Callable[[Scene], ir.Table], ir.Table] = {}

    def facts(self, build: "Callable[[Scene], ir.Table]") -> ir.Table:
        """Return what a function makes of this scene, computed at the first request and kept."""
        if build not in self._facts:
            self._facts[build] = self.sources.engine.store(build(self))
        return self._facts[build]

    def known(self, table: str, lookback: tuple[str, int] | None = None, *, in_force: bool = True) -> ir.Table:
        """Return what was known of a table at each moment; see `features.as_of.known_rows`."""
        return self.sources.known(table, self.moments, lookback=lookback, in_force=in_force)

    def filled(self, table: str, column: str) -> ir.Table:
        """Return the dates by which a value of a column had been recorded of anybody."""
        return self.sources.engine.store(self.sources.watched(table, self.moments, column=column))

    def at_moments(self, facts: ir.Table, *tables: str) -> ir.Table:
        """Return one row per moment with facts beside it, null where there are none.

        Args:
            facts: At most one row per moment.
            tables: Source tables that the facts rest on; moments before the company had begun to record one of them are
                left out, since then nobody looked.
        """
        moments = self.moments
        for table in tables:
            moments = moments.semi_join(self.sources.watched(table, self.moments), "as_of")
        return beside(moments, facts)


def judge_accounts(facts: ir.Table, is_fired: ir.BooleanValue, evidence: ir.StringValue) -> ir.Table:
    """Return what a rule says of whole accounts.

    Args:
        facts: One row per moment that the rule can judge; others are left out, since nobody watched them.
        is_fired: Whether the signal fires; null counts as not.
        evidence: What speaks for it, in numbers and words.

    Returns:
        account_id, as_of, is_fired, evidence (null where it does not fire).
    """
    return _answer(facts, MOMENT, is_fired, evidence)


def judge_renewals(facts: ir.Table, is_fired: ir.BooleanValue, evidence: ir.StringValue) -> ir.Table:
    """Return what a rule says of single renewals: like `judge_accounts`, with renewal_id."""
    return _answer(facts, ("account_id", "renewal_id", "as_of"), is_fired, evidence)


def _answer(facts: ir.Table, key: tuple[str, ...], is_fired: ir.BooleanValue, evidence: ir.StringValue) -> ir.Table:
    fired = is_fired.fill_null(False)
    return facts.select(*key, is_fired=fired, evidence=ibis.ifelse(fired, evidence, ibis.null("string")))
