"""What a page says of what was done before it: addresses name it, and never bring the words."""

from __future__ import annotations

from mlcap.review.decisions import Decider
from mlcap.text import counted

#: What was undone or redone last, in the words of the decisions.
TURNED = "turned"
#: Captions of a series that others decided meanwhile; the number follows.
LEFT = "left-"
#: What was chosen, as keys.
KEPT = "kept"
_WORDS = {KEPT: "kept", "no-undo": "nothing to undo", "no-redo": "nothing to redo"}


def words_said(decider: Decider, said: str) -> str:
    """The words of what an address names, "" for anything else."""
    if said == TURNED:
        return decider.words_of_turn()
    number = said.removeprefix(LEFT)
    if said.startswith(LEFT) and number.isascii() and number.isdecimal() and len(number) < 5:
        return f"decided by others meanwhile, and left as they are: {counted(int(number), 'caption')}"
    return _WORDS.get(said, "")
