"""What is tried: seeds, and the changes that hypothesis draws for them.

A seed is a file of `seeds/`, whose name begins with what it is: `csv-semicolon.csv`. Whatever was found to break something
is kept there as well, as `KIND-found-WHAT`.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from hostile import KINDS
from hypothesis import strategies as st

SEEDS = Path(__file__).with_name("seeds")
#: An input has no more characters, and of bytes no more than these take.
LONGEST = 20_000
#: What means something to one form or another, or is wrong wherever it stands.
SIGNS = (
    *"\0\t\n\r\v\x1b\x7f\x85\x9b\xad\"'`,;|:=+-@#<>()[]{}&%$*_/\\!?. ",
    *("\u2028", "\u200d", "\u202e", "\ufeff", "\ufffd", "\U0001f680", "\u0301", "\u0130", "\u00df", "\u0660", "\u00b2"),
    *(
        "\ud800",
        "\udfff",
        "\r\n",
        "\n\n",
        '""',
        '","',
        "\\u0000",
        "\\ud800",
        "\\n",
        "\\x",
        "]]>",
        "<!--",
        "&#0;",
        "&a;",
    ),
    *("null", "true", "NaN", "-Infinity", "1e999", "-0", "1.50", "0x1F", "inf", "9" * 400, "9" * 5000, "[" * 2000),
    *(
        '{"a":' * 500,
        "[]",
        "{}",
        "[],",
        "a." * 500,
        "[[",
        "]]",
        "'''",
        '"""',
        "../../x",
        "\x1b]0;x\x07",
        "=HYPERLINK(1)",
    ),
    *(
        "1979-05-27T25:61:00Z",
        "9999-12-31",
        "45000.5",
        "STS-197",
        "Expedition 7/8",
        "Commander ",
        "Bo Ek",
        " will fly ",
    ),
    *(
        "id",
        "text",
        "Description",
        "event",
        "crew_role",
        "model",
        "error",
        "input",
        "more",
        "position",
        "nasa_id",
        "file",
    ),
)
#: Units of hostile texts, repeated.
UNITS = tuple(dict.fromkeys(unit for _, unit, _ in KINDS.values()))


@dataclass(frozen=True)
class Seed:
    """A seed: its kind, the name of its file, and what it holds."""

    kind: str
    name: str
    data: bytes


def read_seeds(folder: Path = SEEDS) -> list[Seed]:
    """All seeds, in the order of their names."""
    return [Seed(p.name.partition("-")[0], p.name, p.read_bytes()) for p in sorted(folder.iterdir())]


def _spot(text, where):
    return where % (len(text) + 1)


def _insert(text, where, what, _other):
    at = _spot(text, where)
    return text[:at] + SIGNS[what % len(SIGNS)] + text[at:]


def _replace(text, where, what, _other):
    at = _spot(text, where)
    return text[:at] + SIGNS[what % len(SIGNS)] + text[at + 1 + what % 7 :]


def _delete(text, where, what, _other):
    at = _spot(text, where)
    return text[:at] + text[at + 1 + what % 40 :]


def _double(text, where, what, _other):
    at = _spot(text, where)
    return text[: at + what % 60] + text[at:]


def _cut(text, where, what, _other):
    return text[: _spot(text, where)]


def _splice(text, where, what, other):
    at = _spot(text, where)
    return text[:at] + other[what % (len(other) + 1) :][:400]


def _hostile(text, where, what, _other):
    """A row of something, most short and some as long as an input may be."""
    at, unit = _spot(text, where), UNITS[what % len(UNITS)]
    length = LONGEST if what % 299 == 0 else 30 + what % 300
    return text[:at] + unit * (length // len(unit)) + text[at:]


def _again(text, where, what, _other):
    """A piece of it again and again."""
    at = _spot(text, where)
    piece = text[at : at + 1 + what % 50] or "x"
    length = LONGEST if what % 299 == 0 else 30 + what % 300
    return text[:at] + piece * (length // len(piece)) + text[at:]


def _swap_case(text, where, what, _other):
    at = _spot(text, where)
    return text[:at] + text[at : at + 1 + what % 30].swapcase() + text[at + 1 + what % 30 :]


EDITS = (_insert, _insert, _replace, _replace, _delete, _double, _cut, _splice, _hostile, _again, _swap_case)


def _flip(data, where, what):
    at = where % (len(data) or 1)
    return data[:at] + bytes([data[at] ^ 1 << what % 8]) + data[at + 1 :] if data else data


def _byte(data, where, what):
    at = where % (len(data) + 1)
    return data[:at] + bytes([what % 256]) * (1 + what % 3) + data[at + what % 2 :]


def _short(data, where, what):
    return data[: where % (len(data) + 1)]


def _zeros(data, where, what):
    at = where % (len(data) + 1)
    return data[:at] + bytes(1 + what % 9) + data[at + 1 + what % 9 :]


def _again_bytes(data, where, what):
    at = where % (len(data) + 1)
    return data[:at] + data[at : at + 1 + what % 64] * (2 + what % 5) + data[at:]


DAMAGE = (_flip, _flip, _byte, _byte, _short, _zeros, _again_bytes)
#: Encodings of text; most is UTF-8.
ENCODINGS = (*("utf-8",) * 12, "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32")


@dataclass(frozen=True)
class Case:
    """One input: its kind, its text where it is one, and its bytes; and numbers by which a target chooses."""

    kind: str
    seed: str
    text: str
    data: bytes
    choice: int


def made(seed: Seed, other: Seed, edits, damage, choice) -> Case:
    """The input that a seed and drawn changes come to."""
    text = _text(seed.data)
    for edit, where, what in edits:
        text = EDITS[edit % len(EDITS)](text, where, what, _text(other.data))[:LONGEST]
    encoding = ENCODINGS[choice // 7 % len(ENCODINGS)]
    data = text.encode(encoding, "replace" if encoding == "cp1252" else "surrogatepass") if edits else seed.data
    for kind, where, what in damage:
        data = DAMAGE[kind % len(DAMAGE)](data, where, what)
    return Case(seed.kind, seed.name, text, data, choice)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


class _Numbers:
    """Numbers out of bytes, one after another; at their end zeros, so that what shrinks becomes simple."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> int:
        """A number of so many bytes."""
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "little")


#: So many bytes are drawn for an input: one draw, as each costs more than most inputs do.
DRAWN = 48


class Maker:
    """Makes inputs of drawn bytes.

    Args:
        seeds: what they are made of.
        weights: how often each kind is drawn beside the others.
    """

    def __init__(self, seeds: list[Seed], weights: dict[str, int]) -> None:
        self._seeds = seeds
        self._by_kind: dict[str, list[Seed]] = {}
        for seed in seeds:
            self._by_kind.setdefault(seed.kind, []).append(seed)
        self._ways = [kind for kind in self._by_kind for _ in range(weights.get(kind, 1))]

    def case(self, drawn: bytes) -> Case:
        """The input of some bytes."""
        numbers = _Numbers(drawn)
        of_kind = self._by_kind[self._ways[numbers.take(2) % len(self._ways)]]
        first = of_kind[numbers.take(1) % len(of_kind)]
        other = self._seeds[numbers.take(1) % len(self._seeds)]
        choice, many = numbers.take(3), numbers.take(1)
        changes = [(numbers.take(1), numbers.take(2), numbers.take(2)) for _ in range(many % 6)]
        # Most damage is done to what is no text; where text is damaged, it was edited little.
        damage = (numbers.take(1), numbers.take(2), numbers.take(2))
        return made(first, other, changes, [damage] * (many // 6 % 4 == 1), choice)


def cases(maker: Maker) -> st.SearchStrategy[Case]:
    """Inputs of every kind of seed."""
    return st.binary(min_size=DRAWN, max_size=DRAWN).map(maker.case)


def packed(data: bytes, how: int) -> bytes:
    """Text as gzip or zstd, sometimes damaged; most as it is."""
    if how % 16 > 1:
        return data
    if how % 16 == 1:
        import zstandard

        made = zstandard.ZstdCompressor(level=1).compress(data)
    else:
        made = gzip.compress(data, 1)
    if how // 16 % 3 == 0:
        made = _flip(made, how // 48, how // 7)
    if how // 16 % 7 == 0:
        made = _short(made, how // 48, 0)
    return made


def shown(case: Case) -> str:
    """An input for a person, as JSON of one line."""
    return json.dumps({"kind": case.kind, "seed": case.seed, "choice": case.choice, "data": case.data[:3000].hex()})
