"""Which key does what: commands, and a row of keys for each facet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.errors import DeskError
from mlcap.review.store import Store
from mlcap.types import Facet

#: Command -> its key where nobody chose another, and what it does.
COMMANDS: dict[str, tuple[str, str]] = {
    "confirm": ("Enter", "Confirm and go on"),
    "later": ("c", "Put off: it comes again after the rest"),
    "skip": ("v", "Pass over: somebody else decides"),
    "undo": ("z", "Undo"),
    "redo": ("x", "Redo"),
    "series": ("m", "Decide the whole series"),
    "note": ("n", "Write a note"),
    "guide": ("b", "Show what the values mean"),
    "why": (".", "Show the words that decided"),
    "search": ("/", "Search"),
    "help": ("?", "Show the keys"),
}
#: The rows of keys that facets have in turn.
ROWS = ("1234567890", "qwertyuiop", "asdfghjkl")
#: For search fields of facets that come after the rows, or whose row is taken.
_SPARE = ";,-=[]lkjhgfdsapoiuytrewq0987654321"
#: Keys that a browser or a text field needs.
_NEVER = frozenset(("Tab", "Escape", " ", "Shift", "Control", "Alt", "Meta", "F5"))


@dataclass(frozen=True)
class FacetKeys:
    """The keys of one facet.

    Attributes:
        facet: the facet.
        keys: value -> its key; {} where the facet has more values than its row has keys.
        search: the key of its search field, "" where each value has a key of its own.
    """

    facet: Facet
    keys: Mapping[str, str]
    search: str


@dataclass(frozen=True)
class Keys:
    """All keys: of commands by name, and of facets."""

    commands: Mapping[str, str]
    facets: tuple[FacetKeys, ...]


def allotted(facets: Sequence[Facet], commands: Mapping[str, str]) -> Keys:
    """Allot keys to values; those of commands are not given twice.

    A facet that has more values than its row has keys, or comes after the last row, gets one key, of its search field.
    """
    taken = set(commands.values())
    keys: dict[str, dict[str, str]] = {}
    for row, facet in zip(ROWS, facets, strict=False):
        free = [key for key in row if key not in taken]
        if len(facet.values) <= len(free):
            keys[facet.name] = dict(zip(facet.names, free, strict=False))
    taken |= {key for given in keys.values() for key in given.values()}
    rows = []
    for place, facet in enumerate(facets):
        own = ROWS[place] if place < len(ROWS) else ""
        free = [] if facet.name in keys else [key for key in own + _SPARE if key not in taken]
        taken |= set(free[:1])
        rows.append(FacetKeys(facet, keys.get(facet.name, {}), free[0] if free else ""))
    return Keys(commands, tuple(rows))


def keys_of(store: Store, facets: Sequence[Facet], person: str) -> Keys:
    """The keys as a person has chosen them."""
    chosen = {row["command"]: row["key"] for row in store.rows("SELECT * FROM key_choices WHERE person = ?", (person,))}
    return allotted(facets, {name: chosen.get(name, key) for name, (key, _) in COMMANDS.items()})


def choose_keys(store: Store, person: str, chosen: Mapping[str, str]) -> None:
    """Keep a person's keys of commands.

    Raises:
        DeskError: a command is not known, a key cannot be one, or two commands would share one.
    """
    wanted = {name: chosen.get(name, key).strip() or key for name, (key, _) in COMMANDS.items()}
    unknown = set(chosen) - set(COMMANDS)
    if unknown:
        raise DeskError(f"{min(unknown)!r} is no command; they are {', '.join(COMMANDS)}")
    for name, key in wanted.items():
        if key in _NEVER or not key.isprintable() or not (len(key) == 1 or key.isalnum()) or len(key) > 20:
            raise DeskError(f"{key!r} cannot be the key of {name}; give one character, or a name such as Enter")
    twice = next((k for k in wanted.values() if list(wanted.values()).count(k) > 1), None)
    if twice is not None:
        both = [name for name, key in wanted.items() if key == twice]
        raise DeskError(f"{' and '.join(both)} would share the key {twice}; give one of them another")
    with store.writing() as db:
        db.execute("DELETE FROM key_choices WHERE person = ?", (person,))
        db.executemany(
            "INSERT INTO key_choices VALUES (?, ?, ?)",
            [(person, name, key) for name, key in wanted.items() if key != COMMANDS[name][0]],
        )
