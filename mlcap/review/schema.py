"""The tables of a desk.

`decisions` is only ever added to, and all that people did is read from it. `places` and `asides` are worked out from
it (`mlcap.review.standing`) so that the next caption is found at once; they can be made anew at any time.
"""

from __future__ import annotations

#: Raised when a table changes its meaning.
VERSION = 4

_TOKENS = """
CREATE TABLE tokens (
  hash TEXT PRIMARY KEY,       -- SHA-256 of the token
  bearer TEXT NOT NULL,        -- a person, or a program that calls the service
  kind TEXT NOT NULL CHECK (kind IN ('invitation', 'session', 'program')),
  scopes TEXT NOT NULL,        -- what it lets the bearer do: desk, tag, feedback
  until REAL NOT NULL          -- seconds since the epoch
) WITHOUT ROWID;
"""
_FEEDBACK = """
CREATE TABLE feedback (        -- what programs were told of tags; no label, until a person decides
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  sender TEXT NOT NULL,        -- the program
  key TEXT NOT NULL,           -- by which the sender knows it, so that sent again it is one; '' for none
  id TEXT NOT NULL,
  text TEXT NOT NULL,
  fields TEXT NOT NULL,        -- what else the record says
  labels TEXT NOT NULL,        -- facet -> value or values that are said to be right
  model TEXT NOT NULL,         -- the version whose tags it is about, '' where it does not say
  note TEXT NOT NULL
);
CREATE UNIQUE INDEX feedback_once ON feedback (sender, key) WHERE key <> '';
CREATE TRIGGER feedback_stays BEFORE UPDATE ON feedback BEGIN SELECT RAISE (ABORT, 'feedback is never changed'); END;
CREATE TRIGGER feedback_remains BEFORE DELETE ON feedback BEGIN SELECT RAISE (ABORT, 'feedback is never removed'); END;
CREATE TABLE feedback_captions (  -- what of it is on the desk
  feedback INTEGER PRIMARY KEY REFERENCES feedback (number),
  caption INTEGER NOT NULL REFERENCES captions (number)
);
CREATE INDEX feedback_by_caption ON feedback_captions (caption);
"""
#: What was decided before feedback came is told by numbers: two things of one millisecond have an order too.
_FEEDBACK_AFTER = """
DROP TRIGGER feedback_stays;
ALTER TABLE feedback ADD COLUMN after INTEGER NOT NULL DEFAULT 0;  -- number of the last decision when it came, 0 for none
UPDATE feedback SET after = coalesce((SELECT max(d.number) FROM decisions d WHERE d.at < feedback.at), 0);
CREATE TRIGGER feedback_stays BEFORE UPDATE ON feedback BEGIN SELECT RAISE (ABORT, 'feedback is never changed'); END;
"""
_TAGS_SEEN = """
CREATE TABLE tags_seen (       -- who was shown tags or labels of a caption that was drawn to be read blind
  caption INTEGER NOT NULL REFERENCES captions (number),
  person TEXT NOT NULL,
  PRIMARY KEY (caption, person)
) WITHOUT ROWID;
"""

SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sources (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,   -- as it was given
  added TEXT NOT NULL
);
CREATE TABLE unreadable (
  source INTEGER NOT NULL REFERENCES sources (number),
  position TEXT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (source, position)
);
CREATE TABLE photo_folders (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE captions (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,        -- of the text
  text TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (number),
  folder INTEGER REFERENCES photo_folders (number),
  photo TEXT NOT NULL,         -- path within the folder, '' where there is no photograph
  fields TEXT NOT NULL,        -- what else the record says, for the card
  catalogue TEXT NOT NULL,     -- its bibliographic fields, which tagging reads
  doubts TEXT NOT NULL,        -- what makes the caption itself doubtful
  mission TEXT NOT NULL,       -- named by the record or the caption, '' for neither
  series INTEGER NOT NULL,     -- number of the first caption of its series
  blind INTEGER NOT NULL,      -- drawn for a reading without tags
  added TEXT NOT NULL,
  UNIQUE (id, digest)
);
CREATE INDEX captions_by_series ON captions (series);
CREATE INDEX captions_by_digest ON captions (digest);
CREATE VIRTUAL TABLE words USING fts5 (text, id, content = 'captions', content_rowid = 'number');
CREATE VIRTUAL TABLE word_counts USING fts5vocab ('words', 'row');
CREATE TRIGGER words_of_captions AFTER INSERT ON captions BEGIN
  INSERT INTO words (rowid, text, id) VALUES (new.number, new.text, new.id);
END;
CREATE TABLE suggestions (
  number INTEGER PRIMARY KEY,
  caption INTEGER NOT NULL REFERENCES captions (number),
  model TEXT NOT NULL,         -- the identity of the version
  tags TEXT NOT NULL,
  confidence TEXT NOT NULL,
  reasons TEXT NOT NULL,
  automatic INTEGER NOT NULL,
  audit INTEGER NOT NULL,      -- drawn to measure how right automatic tags are
  sure REAL NOT NULL,          -- probability that every tag is right
  at TEXT NOT NULL,
  UNIQUE (caption, model)
);
CREATE TABLE topics (          -- review reasons, and values near each other; of the audit none, as what is chosen is no sample
  caption INTEGER NOT NULL REFERENCES captions (number),
  kind TEXT NOT NULL CHECK (kind IN ('reason', 'pair')),
  value TEXT NOT NULL,
  PRIMARY KEY (kind, value, caption)
) WITHOUT ROWID;
CREATE INDEX topics_by_caption ON topics (caption);
CREATE TABLE people (name TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE key_choices (person TEXT NOT NULL, command TEXT NOT NULL, /* or FACET=VALUE */ key TEXT NOT NULL, PRIMARY KEY (person, command)) WITHOUT ROWID;
CREATE TABLE cards (           -- what was shown, and until when its caption is kept for the person
  nonce TEXT PRIMARY KEY,
  caption INTEGER NOT NULL REFERENCES captions (number),
  person TEXT NOT NULL,
  suggestion INTEGER REFERENCES suggestions (number),
  shown TEXT NOT NULL,         -- the tags on the card
  blind INTEGER NOT NULL,
  until REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX cards_by_caption ON cards (caption);
CREATE INDEX cards_by_person ON cards (person);
CREATE TABLE decisions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  action INTEGER NOT NULL,     -- number of the first row of what was done at once
  kind TEXT NOT NULL CHECK (kind IN ('decide', 'settle', 'skip', 'later', 'note', 'undo', 'redo')),
  at TEXT NOT NULL,
  person TEXT NOT NULL,
  caption INTEGER REFERENCES captions (number),
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  labels TEXT NOT NULL,        -- facet -> value or values, as decided
  suggestion INTEGER REFERENCES suggestions (number),
  suggested TEXT NOT NULL,     -- the tags on the card, or those that it kept back
  model TEXT NOT NULL,         -- the version that suggested them
  blind INTEGER NOT NULL,      -- whether the card kept them back
  accepted INTEGER NOT NULL,   -- seen with the suggestion and left as it was
  note TEXT NOT NULL,
  of INTEGER,                  -- undo, redo: the action
  guide TEXT NOT NULL,         -- digest of the definitions by which it was decided
  origin TEXT NOT NULL,        -- browser, terminal or the form of an import
  nonce TEXT NOT NULL          -- of the card
);
CREATE INDEX decisions_by_caption ON decisions (caption);
CREATE INDEX decisions_by_action ON decisions (action);
CREATE INDEX decisions_by_person ON decisions (person, number);
CREATE INDEX decisions_by_undone ON decisions (of) WHERE of IS NOT NULL;
CREATE UNIQUE INDEX decisions_once ON decisions (nonce, caption) WHERE nonce <> '';
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE (ABORT, 'decisions are never changed'); END;
CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions BEGIN SELECT RAISE (ABORT, 'decisions are never removed'); END;
CREATE TABLE places (          -- where a caption stands
  caption INTEGER PRIMARY KEY REFERENCES captions (number),
  suggestion INTEGER REFERENCES suggestions (number),
  wanted INTEGER NOT NULL,     -- needs review, or is of the audit
  state TEXT NOT NULL CHECK (state IN ('open', 'second', 'differ', 'done')),
  reader TEXT NOT NULL,        -- who gave the first of two readings
  waiting INTEGER NOT NULL,    -- wanted, and open or without its second reading
  rank REAL NOT NULL           -- the least comes first
);
CREATE INDEX places_in_order ON places (rank, caption) WHERE waiting = 1;
CREATE INDEX places_by_state ON places (state, wanted);
CREATE TABLE asides (          -- what a person passed over, or put off
  caption INTEGER NOT NULL REFERENCES captions (number),
  person TEXT NOT NULL,
  kind TEXT NOT NULL,
  decision INTEGER NOT NULL,
  PRIMARY KEY (caption, person)
) WITHOUT ROWID;
CREATE INDEX asides_by_person ON asides (person, kind, decision);
"""
SCHEMA += _TOKENS + _FEEDBACK + _FEEDBACK_AFTER + _TAGS_SEEN
_KEPT = "INSERT INTO tokens SELECT hash, person, kind, scope, until FROM old_tokens;"
#: Format of a desk -> what makes the next format of it.
CHANGES = {
    1: f"ALTER TABLE tokens RENAME TO old_tokens;\n{_TOKENS}\n{_KEPT}\nDROP TABLE old_tokens;\n{_FEEDBACK}",
    2: _FEEDBACK_AFTER,
    3: _TAGS_SEEN,
}
