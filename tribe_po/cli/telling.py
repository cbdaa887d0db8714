"""How an error is told to a person."""

from __future__ import annotations

from rich.console import Console

from tribe_po.errors import TribePoError
from tribe_po.output import words


def tell(error: TribePoError) -> None:
    """Tell an error in three lines on stderr: what, why, and what to type next."""
    console = Console(stderr=True, highlight=False)
    console.print(words.printable(error.what), style="bold red", markup=False, soft_wrap=True)
    for line in (*error.why.splitlines(), error.next_step):
        console.print(f"  {words.printable(line)}", markup=False, soft_wrap=True)
