"""Which language a caption is in, as far as it matters: whether it is one that mlcap does not read."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.resources import files

from mlcap.lexicon import lexicon, word_list
from mlcap.lexicon.phrases import read_sections

#: The language that is read, and what a language is called that is none of those with small words.
ENGLISH, UNNAMED = "English", "another language"
#: Script -> its letters, for languages that are not written in Latin letters.
SCRIPTS = {
    "Greek": "\u0370-\u03ff",
    "Cyrillic": "\u0400-\u052f",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Tamil": "\u0b80-\u0bff",
    "Thai": "\u0e00-\u0e7f",
    "Korean": "\u1100-\u11ff\uac00-\ud7af",
    "Japanese or Chinese": "\u3040-\u30ff\u3400-\u9fff",
}
#: A text is in another script when more than this share of its letters is.
MOST_OTHER_LETTERS = 0.5
#: Where no word in small Latin letters stands beside them, so many are enough: names in Latin letters make no text English.
FEWEST_OTHER_LETTERS = 4
#: A text is in another language when it has so many small words of it, so many times as many as of English, and when
#: they are this share of its words; "Plaza de la Libertad" alone makes no caption Spanish.
FEWEST_SMALL_WORDS, TIMES_ENGLISH, LEAST_SHARE = 3, 2.0, 0.15
#: A text in another script with so many words in Latin letters is told in English as well.
FEWEST_LATIN_WORDS = 5

#: Where small words tell no language: of so many words in small letters (names are none) less than this share is
#: English. Letters that English has not, such as those of "za\u0142oga", make fewer words and a larger share enough.
FEWEST_WORDS, MOST_ENGLISH = 4, 0.25
FEWEST_MARKED_WORDS, MOST_ENGLISH_MARKED = 2, 0.34
#: So many are enough where English has none of them and not all of them are parts of names, as in "Rio de la Plata".
FEWEST_UNKNOWN = 2
#: Endings of words that are English, whether or not the lexicon knows the words.
ENGLISH_ENDINGS = ("ing", "ed", "ly")

#: The commonest word of English, which no other of the languages has.
_THE = " the "
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
#: A word in small letters that is part of nothing else, such as an address or a name with a hyphen.
_SMALL_WORD = re.compile(r"(?<![\w'/.@-])[^\W\d_A-Z]{2,}(?![\w/@-]|\.\w)")
_OTHER_LETTER = re.compile(f"[{''.join(SCRIPTS.values())}]")


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    """Small word -> the languages that have it."""
    found: dict[str, list[str]] = {}
    for language, _, line in read_sections(files("mlcap.lexicon").joinpath("languages.txt").read_text("utf-8")):
        for word in line.split():
            found.setdefault(word, []).append(language)
    return {word: tuple(dict.fromkeys(languages)) for word, languages in found.items()}


def other_language(text: str) -> str:
    """Name the language or script that a caption is in, "" for English and where it cannot be told.

    Args:
        text: the normalised caption.
    """
    if not text.isascii() and (others := _OTHER_LETTER.findall(text)):
        letters = sum(map(str.isalpha, text))
        plain = _LATIN_WORD.findall(text)
        # A caption that is told in English as well is read; a name in Latin letters makes none English.
        most = len(others) > MOST_OTHER_LETTERS * letters and len(plain) < FEWEST_LATIN_WORDS
        if most or (len(others) >= FEWEST_OTHER_LETTERS and not any(map(str.islower, plain)) and not text.isupper()):
            return max(SCRIPTS, key=lambda name: len(re.findall(f"[{SCRIPTS[name]}]", "".join(others))))
    if _THE in text:
        return ""
    return _by_small_words(text) or ("" if _is_english(text) else UNNAMED)


def _by_small_words(text: str) -> str:
    """Name the language of which a text holds clearly more small words than of English, "" if there is none."""
    languages, words = _languages(), frozenset(_WORD.findall(text.lower()))
    # Each word once: a letter or a word that comes again and again is of a list, or part of a name.
    counts = Counter(language for word in words & languages.keys() for language in languages[word])
    if not counts:
        return ""
    name, most = max(counts.items(), key=lambda pair: (pair[1], pair[0] == ENGLISH))
    english = counts[ENGLISH]
    if name == ENGLISH or most < max(FEWEST_SMALL_WORDS, LEAST_SHARE * len(words)) or most <= TIMES_ENGLISH * english:
        return ""
    return name


def _is_english(text: str) -> bool:
    """Whether so many of the words in small letters are English that nothing speaks against it."""
    # What the lead was learned from are words of English captions as well.
    languages, common, seen = _languages(), lexicon().common_words, lexicon().lead_weights
    words = {word for word in _SMALL_WORD.findall(text) if word.islower()}
    if any(languages.get(word) == (ENGLISH,) for word in words):
        return True
    known = sum(
        word in common or word in seen or ENGLISH in languages.get(word, ()) or word.endswith(ENGLISH_ENDINGS)
        for word in words
    )
    if not known and len(words) >= FEWEST_UNKNOWN and not words <= word_list("particles"):
        return False
    marked = not all(map(str.isascii, words))
    fewest, most = (FEWEST_MARKED_WORDS, MOST_ENGLISH_MARKED) if marked else (FEWEST_WORDS, MOST_ENGLISH)
    return len(words) < fewest or known >= most * len(words)
