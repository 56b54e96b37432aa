"""The lexicon: every word and phrase by which captions are read, as data, a folder for each language.

The files of `en/` say what they hold; `phrases` reads their form, `matcher` finds all of
them in one pass over a text, `lexicon` holds them together. A second language is a second folder.
"""

from mlcap.lexicon.lexicon import Lexicon, Match, MissionForm, Section, lexicon, small_letters, word_spans

__all__ = ["Lexicon", "Match", "MissionForm", "Section", "lexicon", "small_letters", "word_spans"]
