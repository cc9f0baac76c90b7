"""What a reason calls for: the declaration of an action, a stakeholder and a way to be harmless per group of features.

Sentences are data, in `group_actions.yaml`; signals bring their own, in `signals.yaml`. Which reason an account is
worked on for is decided in `models.actions`.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from features.catalogue import FEATURES
from features.signals import load_signals


@dataclass(frozen=True, slots=True)
class GroupAction:
    """What a group of features calls for where it raises the risk; see the head of `group_actions.yaml`.

    Attributes:
        action: What to do, or None where nothing can be done about it.
        stakeholder: With whom, or None.
        harmless_if: What would have to be true for it to mean no harm.
    """

    action: str | None
    stakeholder: str | None
    harmless_if: str


@cache
def load_group_actions() -> dict[str, GroupAction]:
    """Read the declaration that ships with the package: by name of the group, in its order.

    Raises:
        ValueError: If the declaration and the features do not name the same groups.
    """
    text = resources.files("features").joinpath("group_actions.yaml").read_text(encoding="utf-8")
    groups = {str(name): GroupAction(**entry) for name, entry in yaml.safe_load(text).items()}
    if different := set(groups) ^ {feature.group for feature in FEATURES.values()}:
        raise ValueError(f"group_actions.yaml and the features differ: {', '.join(sorted(different))}")
    return groups


@cache
def signal_actions() -> dict[str, GroupAction]:
    """Return what a signal calls for where it fires, by name of its feature."""
    otherwise = load_group_actions()["signals"]
    return {
        signal.feature_name: GroupAction(signal.action, signal.stakeholder, otherwise.harmless_if)
        for signal in load_signals().values()
    }
