"""The hash of what the meaning of a feature depends on.

A model version stores it: weights learned with one set of tables are not applied with
another. It covers every public table of the reading and the features, and the features of
a few probe captions, so that a change of a pattern or of the logic changes it, and a
change of a comment or of the layout of a file does not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from functools import cache
from importlib import import_module
from typing import Any

from mlcap.captions.codes.flights import all_flights
from mlcap.features.extract import extract
from mlcap.lexicon import lexicon

#: The modules whose public constants are tables; the words and phrases stand in the lexicon.
_TABLES = (
    "mlcap.captions.catalogue",
    "mlcap.captions.codes.dates",
    "mlcap.captions.codes.image_ids",
    "mlcap.captions.credit",
    "mlcap.captions.gaps",
    "mlcap.captions.header",
    "mlcap.captions.normalise",
    "mlcap.captions.reading",
    "mlcap.captions.tokens",
    "mlcap.captions.zones",
    "mlcap.features.blocks",
    "mlcap.features.contradictions",
    "mlcap.features.mission_time",
)

#: Captions whose features stand for the logic: zones, people, bearers of roles, headers, credits, odd characters.
_PROBES = (
    "ISS097-E-204411 (30 April 2031) --- Astronaut Ines M. Valdivia (left), Expedition 97 commander, and flight "
    "engineers Marek Dolezal and Jan van der Meer float in Zvezda. Not pictured is pilot Bo Ek.",
    "CAPE CANAVERAL, Fla. \u2013 Mission Specialists Ada K. Roth, left, and Teo Marchetti try on gloves. At right is "
    "Mia Voss, with Boeing. Other crew members are Commander Lee Brandt and Pilot Sal Ortiz. Launch is scheduled for "
    "Sept. 9, 2031, at 4:05 a.m. EDT. Photo credit: NASA/Dora Quist",
    "Roth, who will command STS-151, waves. Roth and her backup, Ana Ruiz, are prime and backup crew members. "
    "Technicians of RSC Energia look on at Baikonur, Kazakhstan, Wednesday, May 7 (Kazakh time).",
    "The artist?s concept shows a capsule under parachutes; the 5 ? month test used a mock-up \u201cdummy\u201d &amp; a crane.",
    "",
)

#: The bibliographic fields of a record, for what is made of them.
_PROBE_RECORD = {
    "nasa_id": "jsc2031e004411~orig",
    "title": "Valdivia and Dolezal aboard the station",
    "keywords": "Expedition 97; Zvezda",
    "center": "JSC",
    "date_created": "2031-04-30T00:00:00Z",
}


def _plain(value: Any) -> Any:
    """Give a table in a form that JSON writes the same everywhere."""
    if isinstance(value, re.Pattern):
        return f"{int(value.flags)}:{value.pattern}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.astuple(value))
    if isinstance(value, dict):
        return [[_plain(k), _plain(v)] for k, v in sorted(value.items(), key=lambda item: str(item[0]))]
    if isinstance(value, set | frozenset):
        return sorted(str(v) for v in value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if isinstance(value, str | int | float | bool) else ""


def _tables() -> list[Any]:
    found = []
    for name in _TABLES:
        for key, value in sorted(vars(import_module(name)).items()):
            if key.isupper() and not key.startswith("_"):
                found.append([name, key, _plain(value)])
    return found


@cache
def schema_hash() -> str:
    """SHA-256 over the tables, the lexicon, the flights and the features of the probe captions, in hex."""
    probes = [*(extract(text) for text in _PROBES), extract(_PROBES[0], None, _PROBE_RECORD)]
    parts = [
        _tables(),
        lexicon().digest,
        [[f.name, str(f.launch), str(f.landing)] for f in all_flights()],
        [
            [[name, sorted(found)] for part in (p.units, p.flags, p.mentions) for name, found in sorted(part.items())]
            for p in probes
        ],
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
