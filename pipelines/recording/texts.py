"""What a text that a person typed may hold: any script and any markup, since it is only ever shown as text.

Refused is what would break a line or turn the direction of what stands around it, wherever it is shown later.
"""

import unicodedata

_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_BREAKING = ("Cc", "Cs", "Zl", "Zp")


def text_faults(name: str, text: str, longest: int) -> list[str]:
    """Return what is wrong with a text.

    Args:
        name: What the text is, for the message.
        text: The text.
        longest: Most characters it may have.
    """
    if not text.strip():
        return [f"{name} is empty."]
    faults = []
    if len(text) > longest:
        faults.append(f"{name} has {len(text):,} characters, at most {longest:,} are taken. One sentence will do.")
    if breaking := {letter for letter in text if unicodedata.category(letter) in _BREAKING}:
        faults.append(f"{name} has line breaks or control characters ({_codes(breaking)}). Write it on one line.")
    if turning := _TURNING.intersection(text):
        faults.append(
            f"{name} has unseen characters that turn the direction of the text around them ({_codes(turning)}). They "
            "come with what was pasted: type it anew."
        )
    return faults


def _codes(letters: set[str]) -> str:
    return ", ".join(f"U+{ord(letter):04X}" for letter in sorted(letters))
