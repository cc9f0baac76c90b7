from collections import Counter

import pytest

from models.terms import count_terms, terms_of


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


def test_terms_are_counted_line_by_line_as_they_stand_in_the_whole_text() -> None:
    texts = ["budget freeze\nno reply\nbudget freeze", "no reply", "", "They are it\nbudget cut. No reply"]

    counts, terms = count_terms(texts)

    assert list(terms) == sorted(terms)
    for text, row in zip(texts, counts.toarray(), strict=True):
        assert {term: count for term, count in zip(terms, row, strict=True) if count} == Counter(terms_of(text))


def test_only_terms_of_a_given_vocabulary_are_counted_and_none_without_any() -> None:
    counts, terms = count_terms(["budget cut\nbudget", "zebra"], {"reply": 0, "budget": 1})
    assert terms == ("reply", "budget")
    assert counts.toarray().tolist() == [[0, 2], [0, 0]]
    counts, terms = count_terms(["They are it", ""])
    assert terms == ()
    assert counts.shape == (2, 0)
