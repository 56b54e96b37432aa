"""What the code finder reports."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One code found in a text.

    Attributes:
        kind: the table it belongs to: image-id, mission, vehicle, date, time, place, agency or role.
        text: the characters as written.
        canonical: its one canonical name (`STS-51L`, `Expedition 6`, `1998-12-04`).
        group: what sort of thing it is within its kind: the programme of a mission, the
            sort of place, the source of an image id, the value of a role.
        start, end: half-open span in the text that was searched.
    """

    kind: str
    text: str
    canonical: str
    group: str
    start: int
    end: int
