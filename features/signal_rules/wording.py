"""Evidence in words, put together by the engine: whole numbers, dates and names only, so that both engines agree."""

from typing import TypeAlias

import ibis
import ibis.expr.types as ir

Part: TypeAlias = "str | ir.Value"


def sentence(*parts: Part) -> ir.StringValue:
    """Return parts one after the other as text; a missing part is a question mark, never a missing sentence."""
    texts = [_text(part) for part in parts]
    whole = texts[0]
    for text in texts[1:]:
        whole = whole + text
    return whole


def number_of(count: ir.IntegerValue, thing: str, plural: str | None = None) -> ir.StringValue:
    """Return a count with its noun: "1 ticket", "3 tickets", "2 people"."""
    return sentence(count, ibis.ifelse(count == 1, f" {thing}", f" {plural or thing + 's'}"))


def when(condition: ir.BooleanValue, text: ir.StringValue) -> ir.StringValue:
    """Return a text where a condition holds, and nothing elsewhere."""
    return ibis.ifelse(condition.fill_null(False), text, "")


def percent(part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    """Return the share of a whole in whole per cent, rounded down; null of nothing."""
    return ((100 * part) // whole.nullif(0)).cast("int64")


def percent_less(part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    """Return by how much a part falls short of a whole, in the nearest whole per cent; null of nothing."""
    return ((200 * (whole - part) + whole) // (2 * whole.nullif(0))).cast("int64")


def days_between(earlier: ir.DateValue, later: ir.DateValue) -> ir.IntegerValue:
    """Return the days from one date to a later one."""
    return later.delta(earlier, unit="day")


def words(name: ir.StringValue) -> ir.StringValue:
    """Return an identifier such as `crm_sync` as people write it."""
    return name.replace("_", " ")


def _text(part: Part) -> ir.StringValue:
    return ibis.literal(part) if isinstance(part, str) else part.cast("string").fill_null("?")
