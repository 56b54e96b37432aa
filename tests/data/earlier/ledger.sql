BEGIN TRANSACTION;
CREATE TABLE records (
  id TEXT NOT NULL,            -- the record's own, '' where it has none
  digest TEXT NOT NULL,        -- of its text
  model_digest TEXT NOT NULL,
  model TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (number),
  outcome TEXT NOT NULL,       -- 'tagged', or why it could not be read
  at TEXT NOT NULL,
  PRIMARY KEY (id, digest, model_digest)
);
INSERT INTO "records" VALUES('c-1','babbddce0b024a781d6a033307dd78bdd67de4b2c83067dc0d7fa1f59937e47e','0b86a8e367e60d9fe6ea5d4c4b4c89523829f94becccc5268498ee2e38733724','1',1,'tagged','2026-11-29T22:39:31+00:00');
INSERT INTO "records" VALUES('c-2','6e281ab1d7a843787db6a62d11978e70d9fb6d3431686cfa0de774c9b5a62c7b','0b86a8e367e60d9fe6ea5d4c4b4c89523829f94becccc5268498ee2e38733724','1',1,'tagged','2026-11-29T22:39:31+00:00');
INSERT INTO "records" VALUES('inbox/morning.jsonl: line 3','9e90d6fcd8e66b940767df03ad24ca0c6a67c83eaa1c041d4da49c8daab45e85','0b86a8e367e60d9fe6ea5d4c4b4c89523829f94becccc5268498ee2e38733724','1',1,'has no caption; name its field text or caption or description','2026-11-29T22:39:31+00:00');
CREATE TABLE sources (
  number INTEGER PRIMARY KEY,
  path TEXT NOT NULL,          -- within the inbox; odd characters escaped
  stamp TEXT NOT NULL,         -- size and time, by which an unchanged file is known
  sha256 TEXT NOT NULL,        -- of its content
  state TEXT NOT NULL CHECK (state IN ('working', 'placing', 'done', 'failed')),
  reason TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL,        -- name of the file of tagged records
  bytes INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0,
  unreadable INTEGER NOT NULL DEFAULT 0,
  model TEXT NOT NULL,
  since TEXT NOT NULL,
  changed TEXT NOT NULL
);
INSERT INTO "sources" VALUES(1,'morning.jsonl','167-1795991970506557185','9e90d6fcd8e66b940767df03ad24ca0c6a67c83eaa1c041d4da49c8daab45e85','done','','morning.jsonl.1.jsonl',1100,3,2,1,'1','2026-11-29T22:39:31+00:00','2026-11-29T22:39:31+00:00');
CREATE INDEX sources_by_path ON sources (path);
CREATE INDEX records_by_source ON records (source);
COMMIT;
PRAGMA user_version = 1;
