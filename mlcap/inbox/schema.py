"""The tables of the ledger, and how those of earlier formats become today's.

Format 1 had no column for the kind of a source. Formats 1 and 2 knew a record by its id and text alone.
"""

from __future__ import annotations

import hashlib
import sqlite3

FORMAT = 3
#: Kinds of sources: a file of the inbox, or the results that are tagged again.
FILE, RETAG = "file", "retag"

_SOURCES = """
CREATE TABLE sources (
  number INTEGER PRIMARY KEY,
  path TEXT NOT NULL,          -- within the inbox; odd characters escaped
  stamp TEXT NOT NULL,         -- size and time, by which an unchanged file is known
  sha256 TEXT NOT NULL,        -- of its content
  state TEXT NOT NULL CHECK (state IN ('working', 'placing', 'done', 'empty', 'failed')),
  reason TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL,        -- name of the file of tagged records
  bytes INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0,
  unreadable INTEGER NOT NULL DEFAULT 0,
  model TEXT NOT NULL,
  since TEXT NOT NULL,
  changed TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'retag')),
  CHECK (typeof(bytes) || typeof(records) || typeof(tagged) || typeof(unreadable) = 'integerintegerintegerinteger')
);
CREATE INDEX sources_by_path ON sources (path);
"""
_RECORDS = """
CREATE TABLE models (
  number INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE  -- of its manifest, as two registries may both have a version 1
);
CREATE TABLE records (
  number INTEGER PRIMARY KEY,
  row BLOB NOT NULL,           -- digest of all its fields, or of id and text in a ledger of an earlier format
  origin INTEGER NOT NULL,     -- the first source of the file in which the row stood
  seen INTEGER NOT NULL,       -- the latest
  source INTEGER NOT NULL,     -- the one whose result holds it
  instance INTEGER NOT NULL,   -- the first of the records that model versions gave for this row
  latest INTEGER NOT NULL,     -- whether it is the last of them
  id TEXT NOT NULL,            -- the record's own, '' where it has none; the position where it could not be read
  digest TEXT NOT NULL,        -- of its text, or of the source where it could not be read
  model INTEGER NOT NULL REFERENCES models (number),
  outcome TEXT NOT NULL,       -- 'tagged', or why it could not be read
  at TEXT NOT NULL,
  CHECK (typeof(origin) || typeof(seen) || typeof(instance) || typeof(latest) = 'integerintegerintegerinteger')
);
CREATE INDEX records_by_model ON records (row, model, origin, seen);
CREATE INDEX records_by_origin ON records (row, origin, latest, seen);
CREATE INDEX records_by_row ON records (row, latest, model);
CREATE INDEX records_by_instance ON records (instance);
CREATE INDEX records_by_source ON records (seen, outcome);
CREATE INDEX records_by_id ON records (id, origin, seen) WHERE id <> '';
"""
#: No file's result is named like that of a retagging.
_OLD_KIND = f"CASE WHEN path = 'retag ' || sha256 AND result LIKE 'retag-model-%' THEN '{RETAG}' ELSE '{FILE}' END"
#: From format 1 to 2.
_TO_2 = f"""
ALTER TABLE sources ADD COLUMN kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'retag'));
UPDATE sources SET kind = {_OLD_KIND};
"""  # noqa: S608
#: The first source of a file; of a retagged record that of the same caption from a file.
_OLD_ORIGIN = f"""coalesce(
  (SELECT min(t.number) FROM sources s JOIN sources t ON t.path = s.path AND t.kind = s.kind
    WHERE s.number = o.source AND s.kind = '{FILE}'),
  (SELECT min(t.number) FROM old_records p JOIN sources s ON s.number = p.source JOIN sources t ON t.path = s.path
    WHERE p.id = o.id AND p.digest = o.digest AND s.kind = '{FILE}' AND t.kind = '{FILE}'),
  o.source)"""  # noqa: S608
#: From format 2 to 3. A file of which rows were passed over by their text is read once more.
_TO_3 = f"""
ALTER TABLE sources RENAME TO old_sources;
DROP INDEX IF EXISTS sources_by_path;
{_SOURCES}
INSERT INTO sources SELECT * FROM old_sources;
DROP TABLE old_sources;
ALTER TABLE records RENAME TO old_records;
DROP INDEX IF EXISTS records_by_source;
{_RECORDS}
INSERT INTO models (version, digest) SELECT max(model), model_digest FROM old_records GROUP BY model_digest;
INSERT INTO records (number, row, origin, seen, source, instance, latest, id, digest, model, outcome, at)
  SELECT rowid, row_by_text(id, digest), {_OLD_ORIGIN}, source,
    source,
    (SELECT min(p.rowid) FROM old_records p WHERE p.id = o.id AND p.digest = o.digest),
    rowid = (SELECT max(p.rowid) FROM old_records p WHERE p.id = o.id AND p.digest = o.digest),
    id, digest, (SELECT number FROM models WHERE models.digest = o.model_digest), outcome, at
  FROM old_records o;
DROP TABLE old_records;
UPDATE sources SET stamp = '' WHERE kind = '{FILE}' AND state = 'done' AND records > tagged + unreadable;
"""  # noqa: S608


def row_by_text(record_id: str, text_digest: str) -> bytes:
    """The digest of a row as a ledger of an earlier format knew it: by its id and text."""
    return hashlib.sha256(f"by text\0{record_id}\0{text_digest}".encode("utf-8", errors="replace")).digest()[:16]


def bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    """Make the tables of a new ledger (version 0), or those of an earlier format into today's, in one transaction.

    Raises:
        sqlite3.Error: it is no ledger, or cannot be written.
    """
    db.create_function("row_by_text", 2, row_by_text, deterministic=True)
    script = {0: _SOURCES + _RECORDS, 1: _TO_2 + _TO_3, 2: _TO_3}[version]
    db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {FORMAT}; COMMIT;")
