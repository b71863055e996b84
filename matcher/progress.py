"""How long work tells how far it is: one callable, drawn by whoever has a screen."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, in Korean; steps done; steps in all)."""


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""
