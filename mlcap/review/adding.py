"""Putting captions on a desk, each once, with suggestions; what is there already stays as it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mlcap.errors import InputError
from mlcap.labels.digest import text_digest
from mlcap.labels.series import join_groups, near_duplicates
from mlcap.model.tagging import Tagger
from mlcap.records.types import FieldChoice, Record
from mlcap.review.photos import PhotoIndex, named_photo
from mlcap.review.placing import BATCH, DRAW, Placer, Shares
from mlcap.review.sources import card_fields, id_of, mission_of, read_source
from mlcap.review.store import Store, dumped, now, sound
from mlcap.review.suggestions import record_tags
from mlcap.types import Facet


@dataclass(frozen=True)
class Added:
    """What became of the records of a source: new captions, known ones, and those that could not be read."""

    new: int = 0
    known: int = 0
    unreadable: tuple[str, ...] = ()

    def __add__(self, other: Added) -> Added:
        return Added(self.new + other.new, self.known + other.known, self.unreadable + other.unreadable)


def add_source(
    store: Store,
    facets: tuple[Facet, ...],
    tagger: Tagger,
    name: str,
    shares: Shares,
    form: str | None = None,
    choice: FieldChoice | None = None,
    warn: Callable[[str], object] = lambda _: None,
    failed: Callable[[InputError], object] = lambda _: None,
    progress: Callable[[int], object] = lambda _: None,
) -> Added:
    """Put the captions of one source on the desk.

    A caption is known by its id and the digest of its text. A known one gets the suggestion of another version, and
    nothing else of it changes.

    Args:
        progress: told how many records each step dealt with.
    """
    records = read_source(name, form, choice or FieldChoice(), warn, failed)
    adder = _Adder(store, facets, tagger, name, shares)
    total = Added()
    for batch in _batches(records):
        total += adder.add(batch)
        progress(len(batch))
    return total


def add_records(
    store: Store, facets: tuple[Facet, ...], tagger: Tagger, name: str, shares: Shares, records: Iterable[Record]
) -> Added:
    """Put records on the desk as those of a source of this name, see `add_source`."""
    adder = _Adder(store, facets, tagger, name, shares)
    return sum((adder.add(batch) for batch in _batches(records)), Added())


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    source = iter(records)
    while batch := list(islice(source, BATCH)):
        yield batch


def name_photo_folder(store: Store, folder: Path) -> int:
    """Note a folder in which photographs may be looked up; its number."""
    path = str(folder.resolve())
    with store.writing() as db:
        db.execute("INSERT OR IGNORE INTO photo_folders (path) VALUES (?)", (path,))
        return int(db.execute("SELECT number FROM photo_folders WHERE path = ?", (path,)).fetchone()[0])


class _Adder:
    """Adds the records of one source."""

    def __init__(self, store: Store, facets: tuple[Facet, ...], tagger: Tagger, name: str, shares: Shares) -> None:
        self._store, self._facets, self._tagger = store, facets, tagger
        self._placer = Placer(store, facets, tagger, shares)
        self._root = Path(name)
        with store.writing() as db:
            db.execute("INSERT OR IGNORE INTO sources (name, added) VALUES (?, ?)", (name, now()))
            self._source = db.execute("SELECT number FROM sources WHERE name = ?", (name,)).fetchone()[0]
        self._photos = _photo_index(store)

    def add(self, batch: Sequence[Record]) -> Added:
        """Add some records, or nothing of them."""
        every = [(r, sound(id_of(r, self._root)), sound(r.text)) for r in batch if r.text is not None]
        # What is known with this version's tags, as when a source is named again, need not be tagged once more.
        read = [one for one in every if not self._is_known(*one)]
        texts, records = [t for _, _, t in read], [r for r, _, _ in read]
        suggested = self._placer.suggested(texts, [r.fields for r in records], [r.catalogue for r in records])
        new, faults = 0, [r for r in batch if r.text is None]
        with self._store.writing() as db:
            ranks = self._placer.ranks(db, suggested)
            for (record, name, text), one in zip(read, suggested, strict=True):
                found = db.execute(
                    "SELECT number FROM captions WHERE id = ? AND digest = ?", (name, text_digest(text))
                ).fetchone()
                new += found is None
                caption = self._insert(db, record, name, text) if found is None else int(found[0])
                self._placer.place(db, caption, one, ranks)
            for record in faults:
                db.execute(
                    "INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?)",
                    (self._source, sound(record.position), sound(record.error)),
                )
        told = tuple(f"{r.position}: {r.error}" for r in faults)
        return Added(new, len(every) - new, told)

    def _is_known(self, record: Record, name: str, text: str) -> bool:
        """Whether the desk holds a caption with a suggestion of the version that would suggest."""
        question = (
            "SELECT 1 FROM captions c JOIN suggestions s ON s.caption = c.number"
            " WHERE c.id = ? AND c.digest = ? AND s.model = ?"
        )
        brought = record_tags(record.fields, self._facets)
        model = brought.model if brought else self._tagger.version
        return self._store.one(question, (name, text_digest(text), self._store.version(model))) is not None

    def _insert(self, db: sqlite3.Connection, record: Record, name: str, text: str) -> int:
        photo = self._photos.find({**record.fields, "id": name})
        number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM captions").fetchone()[0]
        values = (
            number,
            name,
            text_digest(text),
            text,
            self._source,
            photo[0] if photo else None,
            photo[1] if photo else "",
            dumped(card_fields(record.fields, self._facets, (text, name))),
            dumped(record.catalogue),
            dumped(list(record.doubts)),
            sound(mission_of(record)),
            number,
            DRAW.random() < self._placer.shares.blind,
            now(),
        )
        db.execute(f"INSERT INTO captions VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
        db.execute("INSERT INTO places VALUES (?, NULL, 0, 'open', '', 0, 0)", (number,))
        return int(number)


def _photo_index(store: Store) -> PhotoIndex:
    """What lies in the folders of photographs that are there."""
    folders = {row["number"]: Path(row["path"]) for row in store.rows("SELECT * FROM photo_folders")}
    return PhotoIndex({number: path for number, path in folders.items() if path.is_dir()})


def find_photos(store: Store) -> int:
    """Look for the photographs of captions that have none yet, as their folder was named later: how many were found."""
    index = _photo_index(store)
    rows = store.rows("SELECT number, id, fields FROM captions WHERE photo = ''")
    looked = ((index.find({**json.loads(row["fields"]), "id": row["id"]}), row["number"]) for row in rows)
    found = [(*photo, number) for photo, number in looked if photo]
    with store.writing() as db:
        db.executemany("UPDATE captions SET folder = ?, photo = ? WHERE number = ?", found)
    return len(found)


@dataclass(frozen=True)
class LackingPhotos:
    """The photographs that captions name and are not shown: those in no folder, and names that several bear."""

    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]


def lacking_photos(store: Store) -> LackingPhotos:
    """Why captions that name a photograph have none."""
    index = _photo_index(store)
    missing, ambiguous = [], []
    for row in store.rows("SELECT id, fields FROM captions WHERE photo = '' ORDER BY number"):
        fields = {**json.loads(row["fields"]), "id": row["id"]}
        if name := index.ambiguous(fields):
            ambiguous.append(name)
        elif name := named_photo(fields):
            missing.append(name)
    return LackingPhotos(tuple(missing), tuple(ambiguous))


def find_series(store: Store) -> None:
    """Work out anew which captions are of one series: near-duplicates, joined."""
    rows = store.rows("SELECT number, text, series FROM captions ORDER BY number")
    numbers = [f"{row['number']:012d}" for row in rows]
    joined = join_groups(numbers, near_duplicates([row["text"] for row in rows])).groups
    changed = [(int(to), row["number"]) for row, to in zip(rows, joined, strict=True) if int(to) != row["series"]]
    with store.writing() as db:
        db.executemany("UPDATE captions SET series = ? WHERE number = ?", changed)
