import re
from collections import Counter

import numpy as np
import pytest

from sample_company import wording
from sample_company.judgement import THEMES


@pytest.mark.parametrize("theme", THEMES)
def test_reasons_vary_and_leave_no_slot_open(theme: str) -> None:
    size = 2_000
    themes = np.full(size, THEMES.index(theme))
    texts = wording.reasons(np.random.default_rng(1), THEMES, themes, np.arange(size) % 3 == 0)
    assert not [text for text in texts if re.search(r"[{}]|\s\s|^\s|\s$", text)]
    commonest = Counter(texts.tolist()).most_common(1)[0][1]
    assert commonest <= size * (0.06 if theme == "vague" else 0.03)


def test_every_theme_has_words() -> None:
    rng = np.random.default_rng(2)
    for themes, write in (
        (wording.TICKET_THEMES, wording.ticket_subjects),
        (wording.COMMENT_THEMES, wording.survey_comments),
    ):
        texts = write(rng, np.repeat(np.arange(len(themes)), 200))
        assert not [text for text in texts if re.search(r"[{}]", text)]


def test_short_mails_are_short() -> None:
    theme = np.full(400, wording.EMAIL_THEMES.index("curt"))
    short = wording.email_texts(np.random.default_rng(3), theme, np.ones(400, bool))
    assert max(len(text.split()) for text in short) <= 8


def test_names_are_read_as_text() -> None:
    for bank in ("stems", "businesses", "first_names", "last_names"):
        names = wording.name_bank(bank)
        assert len(set(names)) == len(names) >= 40
        assert all(isinstance(name, str) for name in names)
