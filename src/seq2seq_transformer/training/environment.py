"""How one of several processes that train together knows itself: by the variables of torchrun. No torch here."""

from collections.abc import Mapping

LAUNCHER = "LAUNCHER_PID"
"""The variable with the process whose end ends this one, where it was started by one of ours (experiment/launch.py)."""


def is_one_of_several(environment: Mapping[str, str]) -> bool:
    """Whether RANK and WORLD_SIZE say so; of a world of one, a process is all."""
    return environment.get("WORLD_SIZE", "1") != "1" and "RANK" in environment


def follows(environment: Mapping[str, str]) -> bool:
    """Whether it is one of them, and not the first, which writes and shows."""
    return is_one_of_several(environment) and environment["RANK"] != "0"
