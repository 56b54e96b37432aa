"""Image identifiers, as file names and caption headers write them.

The trap: `S95-02815` is a JSC picture of the YEAR 1995 (five digits follow),
`s95e5149` and `S106-E-5015` are pictures of the FLIGHTS STS-95 and STS-106.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class ImageIdForm:
    """One form of identifier.

    Attributes:
        name: the form's name in features and reports.
        source: where such pictures are made: orbit, ground, series (`-S-`, mixed), center, planet.
        pattern: matches the whole identifier, case-insensitively.
        mission: how to name its mission from the match's `n` group, or "".
        center: the NASA centre that files such pictures, "" where several do or none does.
    """

    name: str
    source: str
    pattern: str
    mission: str = ""
    center: str = ""

    @property
    def origin(self) -> str:
        """Where a picture with such an id comes from: `flight`, `series` (mixed), or the centre; "" where it says neither."""
        return {"orbit": "flight", "series": "series"}.get(self.source, self.center)


_SEP = r"[-_ ]?"

#: Tried in order; the first that matches wins, so the special forms stand before the general ones.
IMAGE_ID_FORMS: tuple[ImageIdForm, ...] = (
    ImageIdForm("station-series", "series", r"ISS(?P<n>\d{3})-?S-?\d{3,4}[a-z]?", "Expedition {n}", center="JSC"),
    ImageIdForm("station-electronic", "orbit", r"ISS(?P<n>\d{3})-?E-?\d{4,7}", "Expedition {n}", center="JSC"),
    ImageIdForm("station-film", "orbit", r"ISS(?P<n>\d{3})-\d{3}-\d{1,4}[a-z]?", "Expedition {n}", center="JSC"),
    ImageIdForm("shuttle-series", "series", r"S(?:TS)?-?(?P<n>\d{1,3}[a-l]?)-?S-?\d{2,4}", "STS-{n}", center="JSC"),
    ImageIdForm("shuttle-electronic", "orbit", r"S(?:TS)?-?(?P<n>\d{1,3})-?E-?\d{4,6}", "STS-{n}", center="JSC"),
    ImageIdForm(
        "shuttle-film", "orbit", r"S(?:TS)?-?(?P<n>\d{1,3}[a-l]?)-[0-9A-Z]{1,4}-\d{1,4}[a-z]?", "STS-{n}", center="JSC"
    ),
    ImageIdForm("letter-series", "series", r"(?P<n>[456]1[a-l])-S-\d{2,4}", "STS-{n}", center="JSC"),
    ImageIdForm("letter-film", "orbit", r"(?P<n>[456]1[a-l])-\d{1,4}-\d{1,4}", "STS-{n}", center="JSC"),
    ImageIdForm("mir-film", "orbit", r"NM(?P<n>\d{2})-\w{1,4}-\d{1,4}[a-z]?", "Mir {n}", center="JSC"),
    ImageIdForm("apollo-film", "orbit", r"AS(?P<n>\d{2})-\d{1,3}-\d{3,5}[a-z]{0,2}", "Apollo {n}", center="JSC"),
    ImageIdForm("artemis-electronic", "orbit", r"ART0?(?P<n>\d{1,3})-?[EM]-?\d{3,7}", "Artemis {n}", center="JSC"),
    ImageIdForm("skylab-film", "orbit", r"SL(?P<n>\d)-\w{1,4}-\d{2,5}", "Skylab {n}", center="JSC"),
    ImageIdForm("astp-film", "orbit", r"AST-\d{1,2}-\d{2,4}", center="JSC"),
    ImageIdForm("mercury-film", "series", r"\d{2}-M[AR]-?\d-\d{1,4}", ""),
    ImageIdForm("jsc-digital", "ground", r"JSC-?(?:19|20)\d{2}-?E-?\d{5,6}(?:_alt\w*)?", center="JSC"),
    ImageIdForm("jsc-year", "ground", r"JSC-?(?:19|20)\d{2}-?\d{4,6}", center="JSC"),
    ImageIdForm("jsc-film", "ground", r"S-?\d{2}[-_ ]?\d{5}[a-z]?", center="JSC"),
    ImageIdForm("jsc-electronic", "ground", r"\d{2}[-_]?E[-_]?\d{4,6}", center="JSC"),
    ImageIdForm("jsc-scan", "ground", r"\d{2}_\d{5}", center="JSC"),
    ImageIdForm("hq", "hq", r"NHQ" + _SEP + r"\d{12}|\d{12}HQ", center="HQ"),
    ImageIdForm("ksc", "ksc", r"KSC-(?:19|20)?\d{2,6}[-_]?[A-Za-z]{0,5}[-_]?[A-Z0-9]{0,8}[-_]?\d{0,5}", center="KSC"),
    ImageIdForm(
        "ksc-old", "ksc", r"\d{3}-KSC-\d{2}[A-Z]{1,2}-\d{1,5}(?:-\d+)?|LOD-KSC-\d{2}[A-Z]-\d{1,5}", center="KSC"
    ),
    ImageIdForm("ksc-named", "ksc", r"KSC-(?=[\w-]*\d)[\w-]+|ksc(?:19|20)\d{2}\w+", center="KSC"),
    ImageIdForm("ksc-plain", "ksc", r"\d{2}p[cdp]-?\d{2,5}|(?:19|20)\d{2}-\d{4}", center="KSC"),
    ImageIdForm("jpl", "planet", r"PIA\d{5}|P-\d{5}[A-Z]{0,3}", center="JPL"),
    ImageIdForm("michoud", "center", r"MAF_?\d{6,8}\w*", center="MSFC"),
    ImageIdForm("ames", "center", r"ARC-(?:19|20)\d{2}-[\w-]+", center="ARC"),
    ImageIdForm("glenn", "center", r"GRC-(?:19|20)\d{2}-C-\d{4,6}", center="GRC"),
    ImageIdForm("langley", "center", r"LRC-(?:19|20)\d{2}-[\w-]+", center="LARC"),
    ImageIdForm("armstrong", "center", r"E[CD]?N?-?\d{2,4}-[\d-]+|ECN-\d+|AFRC(?:19|20)\d{2}-[\w-]+", center="AFRC"),
    ImageIdForm("goddard", "center", r"GSFC_\w+", center="GSFC"),
    ImageIdForm("marshall", "center", r"\d{7}|MSFC-?\d{6,12}", center="MSFC"),
    ImageIdForm("stennis", "center", r"SSC-(?:19|20)?\d{2,8}-[\w-]+", center="SSC"),
    ImageIdForm("station-camera", "russia", r"(?:19|20)\d{2}(?:-\d{2}){5}(?:\[\d+\])?", ""),
    ImageIdForm("clock", "russia", r"\d{2}-\d{2}-\d{2}(?:-\d{1,3})?|\d{4}", ""),
)

#: Where pictures come from, as their ids tell it.
ORIGINS = tuple(dict.fromkeys(form.origin for form in IMAGE_ID_FORMS if form.origin))

_COMPILED = tuple((form, re.compile(form.pattern + r"\Z", re.IGNORECASE)) for form in IMAGE_ID_FORMS)


@lru_cache(maxsize=4096)
def image_id_form(identifier: str) -> tuple[ImageIdForm, str] | None:
    """Name the form of an image identifier.

    Args:
        identifier: one identifier, as in a file name (without suffix) or a header.

    Returns:
        The form and the canonical mission that it names ("" where it names none),
        or None for an unknown form.
    """
    word = identifier.strip().rstrip(".:")
    if not 4 <= len(word) <= 64:
        return None
    for form, pattern in _COMPILED:
        match = pattern.match(word)
        if match:
            return form, _mission_of(form, match)
    return None


def _mission_of(form: ImageIdForm, match: re.Match[str]) -> str:
    if not form.mission:
        return ""
    number = match.group("n").lstrip("0").upper() or "0"
    return form.mission.format(n=number)
