"""Which key does what: commands, and a row of keys for each facet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mlcap.errors import DecisionError
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
#: Keys of no row.
_SIGNS = ";,-=[]"
#: For search fields of facets that come after the rows, or whose row is taken.
_SPARE = f"{_SIGNS}lkjhgfdsapoiuytrewq0987654321"
#: Keys that a browser or a text field needs.
_NEVER = frozenset(("Tab", "Escape", " ", "Shift", "Control", "Alt", "Meta", "F5"))


def value_name(facet: str, value: str) -> str:
    """The name under which a person's key of a value is kept; no command is called so."""
    return f"{facet}={value}"


@dataclass(frozen=True)
class FacetKeys:
    """The keys of one facet.

    Attributes:
        facet: the facet.
        keys: value -> its key; where the facet has more values than its row has keys, those that a person chose alone.
        search: the key of its search field, "" where each value has a key of its own.
        chosen: value -> its key where the person chose one.
    """

    facet: Facet
    keys: Mapping[str, str]
    search: str
    chosen: Mapping[str, str]


@dataclass(frozen=True)
class Keys:
    """All keys: of commands by name, and of facets."""

    commands: Mapping[str, str]
    facets: tuple[FacetKeys, ...]


def allotted(facets: Sequence[Facet], commands: Mapping[str, str], chosen: Mapping[str, str]) -> Keys:
    """Allot keys to values; those of commands, and those that a person chose for values, are not given twice.

    A value has the key at its place in the row of its facet, so that no choice for one moves the others; where that is
    taken, one that the row has left. A facet that has more values than a row has keys takes no row and gets one key, of its
    search field. So does one that comes when all rows are taken, unless keys enough are left.

    Args:
        chosen: `value_name` -> key.
    """
    own = {
        facet.name: {v: key for v in facet.names if (key := chosen.get(value_name(facet.name, v)))} for facet in facets
    }
    taken = set(commands.values()) | {key for keys in own.values() for key in keys.values()}
    keys: dict[str, dict[str, str]] = {}
    rows_left = list(ROWS)
    for facet in facets:
        if rows_left and (found := _of_row(rows_left[0], facet.names, own[facet.name], taken)) is not None:
            rows_left.pop(0)
            keys[facet.name] = found
    taken |= {key for given in keys.values() for key in given.values()}
    for facet in facets:
        left = [name for name in facet.names if name not in own[facet.name]]
        if facet.name not in keys and len(left) <= len(ROWS[0]):
            spare = [key for key in "".join(rows_left) + _SPARE if key not in taken]
            # One is left for the search of each facet that has no keys.
            if len(left) + len(facets) <= len(spare):
                keys[facet.name] = dict(zip(left, spare, strict=False))
                taken |= set(keys[facet.name].values())
    rows = []
    for facet in facets:
        given = {**own[facet.name], **keys.get(facet.name, {})}
        free = (
            [] if len(given) == len(facet.values) else [key for key in "".join(rows_left) + _SPARE if key not in taken]
        )
        taken |= set(free[:1])
        in_order = {name: given[name] for name in facet.names if name in given}
        rows.append(FacetKeys(facet, in_order, free[0] if free else "", own[facet.name]))
    return Keys(commands, tuple(rows))


def _of_row(row: str, names: Sequence[str], own: Mapping[str, str], taken: Collection[str]) -> dict[str, str] | None:
    """Name -> key of a row for those without one of their own; None where the row has too few."""
    if len(names) > len(row):
        return None
    places = dict(zip(names, row, strict=False))
    found = {name: key for name, key in places.items() if name not in own and key not in taken}
    moved = [name for name in places if name not in own and name not in found]
    spare = [key for key in (*row, *_SIGNS) if key not in taken and key not in found.values()]
    if len(moved) > len(spare):
        return None
    # Two that change places leave the others alone: who took the key leaves its own.
    for name in moved:
        left = next((places[other] for other, key in own.items() if key == places[name] and other in places), "")
        found[name] = left if left in spare else spare[0]
        spare.remove(found[name])
    return found


def keys_of(store: Store, facets: Sequence[Facet], person: str) -> Keys:
    """The keys as a person has chosen them."""
    chosen = {row["command"]: row["key"] for row in store.rows("SELECT * FROM key_choices WHERE person = ?", (person,))}
    return allotted(facets, {name: chosen.get(name, key) for name, (key, _) in COMMANDS.items()}, chosen)


def choose_keys(store: Store, facets: Sequence[Facet], person: str, chosen: Mapping[str, str]) -> None:
    """Keep a person's keys of commands and of values (`value_name`); "" and what is missing have the usual ones.

    Raises:
        DecisionError: a command or value is not known, a key cannot be one, or two would share one.
    """
    values = [value_name(facet.name, name) for facet in facets for name in facet.names]
    unknown = set(chosen) - set(COMMANDS) - set(values)
    if unknown:
        raise DecisionError(f"{min(unknown)!r} is no command and no value; commands are {', '.join(COMMANDS)}")
    wanted = {name: chosen.get(name, key).strip() or key for name, (key, _) in COMMANDS.items()}
    wanted |= {name: key for name in values if (key := chosen.get(name, "").strip())}
    for name, key in wanted.items():
        if key in _NEVER or not key.isprintable() or not (len(key) == 1 or key.isalnum()) or len(key) > 20:
            raise DecisionError(f"{key!r} cannot be the key of {name}; give one character, or a name such as Enter")
    twice = next((k for k in wanted.values() if list(wanted.values()).count(k) > 1), None)
    if twice is not None:
        both = [name for name, key in wanted.items() if key == twice]
        raise DecisionError(f"{' and '.join(both)} would share the key {twice}; give one of them another")
    with store.writing() as db:
        db.execute("DELETE FROM key_choices WHERE person = ?", (person,))
        db.executemany(
            "INSERT INTO key_choices VALUES (?, ?, ?)",
            [(person, name, key) for name, key in wanted.items() if name not in COMMANDS or key != COMMANDS[name][0]],
        )
