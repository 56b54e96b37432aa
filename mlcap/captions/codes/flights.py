"""Crewed flights: when each left and came back. Facts only, and no crews: a role is what the caption says."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Flight:
    """One crewed flight.

    Attributes:
        name: its canonical mission code, as `find_codes` gives it.
        launch: day of launch, in UTC or at the launch site.
        landing: day of landing, None where the crew did not come back in it.
    """

    name: str
    launch: date
    landing: date | None


def _plain(name: str) -> str:
    """A mission code without leading zeros and capitals, so that MS-1 and MS-01, Demo-2 and DEMO-2 are one."""
    return re.sub(r"(?<=\D)0+(?=\d)", "", name).casefold()


@cache
def _table() -> dict[str, tuple[Flight, ...]]:
    table: dict[str, list[Flight]] = {}
    rows = files("mlcap.captions.codes").joinpath("flights.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(rows):
        landing = date.fromisoformat(row["landing"]) if row["landing"] else None
        flight = Flight(row["flight"], date.fromisoformat(row["launch"]), landing)
        names = [row["flight"], *(f"Expedition {n}" for n in row["expeditions"].split())]
        for name in names:
            table.setdefault(_plain(name), []).append(flight)
    return {name: tuple(flights) for name, flights in table.items()}


def all_flights() -> list[Flight]:
    """Every flight of the table, in the order of launch."""
    return sorted({f for flights in _table().values() for f in flights}, key=lambda f: (f.launch, f.name))


def flights_of(mission: str) -> tuple[Flight, ...]:
    """Give the flights that a mission code stands for.

    Args:
        mission: a canonical mission code (`STS-95`, `Soyuz TMA-02M`, `Expedition 28`).

    Returns:
        One flight; for an expedition the flights that brought its crews; () where the
        mission is not in the table, as every mission later than it.
    """
    return _table().get(_plain(mission), ())
