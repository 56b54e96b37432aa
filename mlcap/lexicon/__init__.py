"""The lexicon: every word and phrase by which captions are read, as data, a folder for each language.

The files of `en/` say what they hold; `phrases` reads their form, `matcher` finds all of
them in one pass over a text, `tables` holds them together. A second language is a second folder.
"""

from mlcap.lexicon.tables import (
    Lexicon,
    Match,
    MissionForm,
    Section,
    lexicon,
    section_names,
    small_letters,
    word_list,
    word_spans,
)

__all__ = [
    "Lexicon",
    "Match",
    "MissionForm",
    "Section",
    "lexicon",
    "section_names",
    "small_letters",
    "word_list",
    "word_spans",
]
