import pytest

from models.terms import terms_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Budget freeze until June",
            ["budget", "freeze", "until", "june", "budget freeze", "freeze until", "until june"],
        ),
        ("They are not happy with the product", ["not", "happy", "product", "not happy"]),
        ("No answer. Still down", ["no", "answer", "no answer", "still", "down", "still down"]),
        ("Réunion annulée", ["reunion", "annulee", "reunion annulee"]),
        ("They don’t reply", ["don't", "reply", "don't reply"]),
        ("Q3: 40 % less, 2 seats", ["q3", "less", "seats"]),
        ("budget, Budget!", ["budget", "budget"]),
        ("first line\nsecond line", ["first", "line", "first line", "second", "line", "second line"]),
        ("They are it", []),
        ("", []),
    ],
)
def test_terms_are_words_and_pairs_within_a_clause(text: str, expected: list[str]) -> None:
    assert terms_of(text) == expected
