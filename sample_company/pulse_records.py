"""How pulses reach the CRM: identifiers, hours, sentences, and the days some of them lie in a notebook first.

What a pulse says was settled in `judgement.py`.
"""

import numpy as np

from sample_company import judgement
from sample_company.csms import HABITS
from sample_company.dates import at_hour
from sample_company.history import History
from sample_company.judgement import Pulses
from sample_company.streams import pick, stream
from sample_company.wording import reasons
from sample_company.writing import Coded, Columns


def pulse_columns(history: History, pulses: Pulses) -> Columns:
    """`csm_pulses`: one row per pulse; copied pulses repeat the sentence of the one they copy."""
    rng = stream(history.seed, "pulse records")
    size = len(pulses)
    is_terse = rng.random(size) < 0.25 + 0.5 * history.csms.vague[pulses.csm]
    text = reasons(rng, judgement.THEMES, pulses.theme, is_terse)
    text = text[np.maximum.accumulate(np.where(pulses.is_copied, 0, np.arange(size)))]
    # Nobody has to give a reason, and the vague often do not.
    text[(rng.random(size) < 0.04) & ~pulses.is_copied] = None
    written = at_hour(pulses.day, rng.uniform(8, 17.5, size))
    sits = history.csms.habit[pulses.csm] == HABITS.index("before_review")
    late = np.where(rng.random(size) < 0.08, rng.uniform(1, 7, size), rng.uniform(0, 0.01, size)) * ~sits
    return {
        "pulse_id": np.array([f"G{i + 1:07d}" for i in range(size)], dtype=object),
        "account_id": Coded(pulses.account, history.accounts.account_id),
        "csm_id": Coded(pulses.csm, history.csms.csm_id),
        "pulse_at": written,
        "sentiment": Coded(pulses.colour, judgement.COLOURS),
        "about": Coded(pulses.about, judgement.ABOUT),
        "reason": text,
        "champion": Coded(pulses.champion, judgement.CHAMPION),
        "executive_view": Coded(pulses.executive, judgement.EXECUTIVE),
        "budget": Coded(pulses.budget, judgement.BUDGET),
        "reorganization": Coded(pulses.reorganization, judgement.REORGANIZATION),
        "value_exceeds_price": Coded(pulses.value, judgement.VALUE),
        "model_visible": Coded(pick(rng, np.array((0.12, 0.66, 0.22)), size), ("yes", "no", "unknown")),
        "recorded_at": written + 20_000_000 + (late * 86_400).astype(np.int64) * 1_000_000,
    }
