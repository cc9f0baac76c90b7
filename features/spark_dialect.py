"""How Spark is told what DuckDB does: the expressions that the two would compute differently.

Ibis compiles for each engine and leaves to it what its functions do at the edges. Whatever differs there is written
here in Spark's SQL so that it gives DuckDB's answer. Nothing is executed here and Spark is not imported.
"""

import re
import string
from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_WORD = "[A-Za-z0-9_]"
_BOUNDARY = rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_SPACE = r"\t\n\f\r "
_PIECE = re.compile(r"\\.|\[\^?\]?|.", re.DOTALL)
_NULL = sge.Null()


class SparkDialect(PySparkCompiler):
    """Compiles Ibis expressions to SQL that gives on Spark what DuckDB gives."""

    __slots__ = ()

    # Or those of the base class would take the place of the methods below.
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        """Divide as IEEE 754 does, by zero too; Spark raises."""
        divided, by = sge.paren(self.cast(left, dt.float64)), sge.paren(self.cast(right, dt.float64))
        infinite = divided * self.cast(sge.convert("Infinity"), dt.float64)
        return self.if_(by.eq(sge.convert(0)), infinite, divided / by)

    def visit_Modulus(self, op: Any, *, left: Any, right: Any) -> Any:
        """Leave nothing where nothing divides; Spark raises."""
        return sge.paren(left) % self.f.nullif(right, sge.convert(0))

    def visit_Ln(self, op: Any, *, arg: Any) -> Any:
        """Refuse the logarithm of zero and less; Spark gives null."""
        return self.f.ln(self._positive(arg))

    def visit_Log2(self, op: Any, *, arg: Any) -> Any:
        """See `visit_Ln`."""
        return self.f.log2(self._positive(arg))

    def visit_Log10(self, op: Any, *, arg: Any) -> Any:
        """See `visit_Ln`."""
        return self.f.log10(self._positive(arg))

    def visit_Log(self, op: Any, *, arg: Any, base: Any) -> Any:
        """See `visit_Ln`."""
        return super().visit_Log(op, arg=self._positive(arg), base=base)

    def _positive(self, arg: Any) -> Any:
        refused = self.f.anon.raise_error(sge.convert("cannot take the logarithm of zero or less"))
        return self.if_(arg <= sge.convert(0), refused, arg)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Round to whole numbers, halves of floats to the even side and of decimals away from zero; Spark truncates."""
        if to.is_integer():
            arg = self._whole(op.arg.dtype, arg)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Round as `visit_Cast`; of text only what a contract may hold is read, where Spark reads a lone year too."""
        if to.is_integer():
            arg = self._whole(op.arg.dtype, arg)
        if op.arg.dtype.is_string() and (to.is_date() or to.is_timestamp()):
            dated = self.f.regexp_like(arg, sge.convert(r"^\s*[0-9]+-[0-9]+-[0-9]+"))
            arg = self.if_(dated, arg, _NULL)
        return super().visit_TryCast(op, arg=arg, to=to)

    def _whole(self, given: Any, arg: Any) -> Any:
        if given.is_floating():
            return self.f.rint(arg)
        return self.f.round(arg) if given.is_decimal() else arg

    def visit_BitOr(self, op: Any, *, arg: Any, where: Any) -> Any:
        """Join the bits of all rows, which Ibis has no rule for on Spark."""
        return self.agg.bit_or(arg, where=where)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:
        """Tell null from not-a-number, which Ibis takes for null on Spark only."""
        return arg.is_(_NULL)

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:
        """See `visit_IsNull`."""
        return arg.is_(sg.not_(_NULL))

    def visit_FirstValue(self, op: Any, *, arg: Any) -> Any:
        """Take the first row of a window as it stands; Ibis has Spark pass over nulls."""
        return self.f.first_value(arg)

    def visit_LastValue(self, op: Any, *, arg: Any) -> Any:
        """See `visit_FirstValue`."""
        return self.f.last_value(arg)

    def visit_ExtractEpochSeconds(self, op: Any, *, arg: Any) -> Any:
        """Keep the fraction of a second, as DuckDB does whatever Ibis says of the type; Spark cuts it off."""
        micros = self.f.anon.unix_micros(self.f.anon.to_timestamp_ltz(arg))
        return self.cast(micros, dt.float64) / sge.convert(1_000_000)

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:
        """Turn letter by letter; Spark makes two of a dotted capital i, and minds the place of a sigma in its word."""
        simple = {"\u0130": "i", "\u03a3": "\u03c3"}
        for capital, small in simple.items():
            arg = self.f.replace(arg, sge.convert(capital), sge.convert(small))
        return self.f.lower(arg)

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        """Strip every blank; Spark strips spaces only."""
        return self._stripped(arg, rf"^[{_BLANKS}]+|[{_BLANKS}]+\z")

    def visit_LStrip(self, op: Any, *, arg: Any) -> Any:
        """See `visit_Strip`."""
        return self._stripped(arg, rf"^[{_BLANKS}]+")

    def visit_RStrip(self, op: Any, *, arg: Any) -> Any:
        """See `visit_Strip`."""
        return self._stripped(arg, rf"[{_BLANKS}]+\z")

    def _stripped(self, arg: Any, pattern: str) -> Any:
        return self.f.regexp_replace(arg, sge.convert(pattern), sge.convert(""))

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """Read the pattern as RE2 does."""
        return self.f.regexp_like(arg, _pattern(op))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        """Read the pattern as RE2 does."""
        return self.f.regexp_replace(arg, _pattern(op), replacement)

    def visit_RegexSplit(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """Read the pattern as RE2 does."""
        return self.f.anon.split(arg, _pattern(op))


_BLANKS = "".join(f"\\x{ord(blank):02x}" for blank in string.whitespace)


def _pattern(op: Any) -> sge.Expression:
    if not isinstance(op.pattern, ops.Literal):
        raise TypeError("a pattern must be a constant, so that both engines can be given their own form of it")
    return sge.convert(java_pattern(op.pattern.value))


def java_pattern(pattern: str) -> str:
    r"""Return a pattern of RE2, which DuckDB uses, as one of Java, which Spark uses, that matches the same.

    For RE2 a word is made of ASCII letters, digits and the underscore at its edges too (Java's `\b` takes any letter),
    a blank is one of five characters, and a line ends at a line feed alone.
    """
    parts, in_class = ["(?d)"], False
    for piece in _PIECE.findall(pattern):
        if in_class:
            parts.append(_SPACE if piece == r"\s" else r"\[" if piece == "[" else piece)
            in_class = piece != "]"
        else:
            in_class = piece[0] == "["
            parts.append({r"\b": _BOUNDARY, r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]", "$": r"\z"}.get(piece, piece))
    return "".join(parts)
