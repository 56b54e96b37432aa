"""People named in a caption: where each name stands, and which names are one person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Capitalised words that are no part of a person's name and that captions do not write in lower case.
PROPER_NOUNS = frozenset(
    """
    united states earth kennedy marshall hubble cape discovery saturn endeavour endeavor gemini canaveral florida mercury mars jupiter columbia
    russian russia european california ohio atlantis atlas unity galileo titan dryden mir houston boeing zarya skylab american
    america edwards langley venus january february march april june july august september october november december sept oct nov dec
    feb mar apr jul aug monday tuesday wednesday thursday friday saturday sunday spain lockheed cassini atlantic pacific
    magellan challenger huntsville texas spacelab spacehab pioneer alabama antarctic mexico gulf neptune viking voyager kazakhstan
    kazakh baikonur star city soyuz progress moscow kremlin gagarin roscosmos energia nasa esa jaxa nasda csa cnes usa us ussr
    canadian canada japan japanese german germany french france italian italy ukrainian ukraine british australia africa europe asia
    china chinese brazil india hawaii orlando washington virginia maryland mississippi louisiana arizona nevada utah colorado orleans
    stennis michoud wallops vandenberg goddard ames glenn johnson armstrong ellington palmdale merritt island pasadena cleveland
    dragon starliner orion falcon antares cygnus artemis apollo enterprise destiny harmony columbus kibo zvezda tranquility quest
    pirs poisk rassvet nauka cupola leonardo northrop grumman spacex axiom kodak hasselblad nikon sokol orlan zhezkazgan dzhezkazgan
    karaganda kustanay kostanay arkalyk astana st cathedral square national international aeronautics administration institute
    corporation inc corp co ltd university rockwell thiokol earth's kennedy's florida's nasa's russia's mtn mts commonwealth england
    swiss switzerland sweden netherlands belgium israel saudi arabia arabian spanish malaysian korean korea turkish turkey hungary
    dutch danish swedish polish poland czech bulgarian cuban mongolian vietnamese indian austrian belgian iranian emirati arab emirates
    """.split()
)

#: Titles that stand before a name and are no part of it.
TITLES = frozenset(
    "astronaut astronauts cosmonaut cosmonauts commander pilot specialist specialists engineer engineers dr mr mrs ms prof capt col maj gen lt cmdr adm "
    "sen rep gov president director administrator captain colonel major general admiral senator congressman scientist technician manager "
    "participant participants candidate researcher crewmember crewmembers payload mission flight command module lunar backup prime deputy associate chief".split()
)

_PARTICLE = r"(?:de|da|di|del|della|van|von|der|den|la|le|al|el|bin|ter|dos|du)"
_INITIAL = r"(?:[A-Z]\.(?:-?[A-Z]\.)*|[A-Z](?=\s[A-Z][a-z]))"
_WORD = r"[^\W\d_a-z](?:[^\W\d_]|['-](?=[^\W\d_]))*[^\W\d_]"
_NICK = r"(?:\"[A-Z][\w. ]{1,14}\"|\([A-Z][a-z]{1,10}\)|'[A-Z][a-z]{1,10}')"
_SUFFIX = r"(?:,?\s(?:Jr|Sr|II|III|IV)\b\.?)"
_NAME = re.compile(
    rf"(?<![\w'-])(?:{_INITIAL}|{_WORD})(?:\s(?:{_INITIAL}|{_NICK}|{_PARTICLE}(?=\s(?:{_PARTICLE}\s)*[A-Z])|{_WORD}))*{_SUFFIX}?"
)
_PART = re.compile(rf"{_INITIAL}|{_NICK}|{_WORD}|{_PARTICLE}\b|{_SUFFIX}")
_LONGEST_NAME = 6


@dataclass(frozen=True)
class Person:
    """One mention of a person by name: the span, and the key (the surname in lower case)."""

    key: str
    start: int
    end: int
    full: bool


@cache
def common_words() -> frozenset[str]:
    """Words that captions also write in lower case, so that a capital makes no name of them."""
    return frozenset(files("mlcap.captions").joinpath("common_words.txt").read_text("utf-8").split())


def _is_name_word(word: str) -> bool:
    plain = word.strip("\"'().").lower()
    plain = plain.removesuffix("'s")
    if not plain or plain in PROPER_NOUNS or plain in TITLES:
        return False
    if word.isupper() and len(plain) > 1 and "." not in word:
        return False
    return not (
        plain in common_words()
        or any(
            piece in common_words() and piece not in ("a", "o", "al") for piece in plain.split("-") if len(piece) > 3
        )
    )


def _runs(text: str) -> list[list[tuple[int, int, str]]]:
    """Runs of words that may make up one name, each word as (start, end, text)."""
    runs = []
    for match in _NAME.finditer(text):
        run: list[tuple[int, int, str]] = []
        for part in _PART.finditer(text, match.start(), match.end()):
            word = part.group()
            bare = word.strip("\"'() ,.")
            # After an initial every capitalised word is a surname, be it Young, White or Glenn.
            after_initial = bool(run and re.fullmatch(_INITIAL, run[-1][2]) and part.group()[0].isupper())
            small = after_initial or bool(
                re.fullmatch(rf"{_PARTICLE}|{_INITIAL}|{_NICK}|,?\s?(?:Jr|Sr|II|III|IV)\.?", word.strip())
            )
            if small or _is_name_word(bare):
                run.append((part.start(), part.end(), word.strip(" ,")))
            elif run:
                runs.append(run)
                run = []
        if run:
            runs.append(run)
    return runs


def find_people(text: str) -> list[Person]:
    """Find the people named in a normalised text.

    A name is a run of capitalised words of which at least two are names or initials;
    a single word counts where it is the surname of such a run elsewhere in the text, or
    follows a title. Works without any list of crews.

    Returns:
        Mentions by position; mentions of one surname have one key.
    """
    full: list[Person] = []
    single: list[tuple[str, int, int, bool]] = []
    for run in _runs(text):
        words = [
            w
            for w in run
            if re.search(r"[^\W\d_]{2,}", w[2])
            and not re.fullmatch(rf"{_PARTICLE}|(?:Jr|Sr|II|III|IV)\.?|{_NICK}", w[2])
        ]
        if not words:
            continue
        key = re.sub(r"'s$", "", words[-1][2].lower())
        start, end = run[0][0], run[-1][1]
        if end > start and text[start:end].endswith("'s"):
            end -= 2
        if 2 <= len(run) <= _LONGEST_NAME:
            full.append(Person(key, start, end, full=True))
        elif len(run) == 1:
            before = re.search(r"([A-Za-z]+)\.?\s$", text[max(0, start - 20) : start])
            titled = bool(before and before.group(1).lower() in TITLES)
            single.append((key, start, end, titled))
    keys = {person.key for person in full}
    keys |= {key for key, _, _, titled in single if titled}
    people = full + [Person(key, start, end, full=False) for key, start, end, _ in single if key in keys]
    return sorted(people, key=lambda p: p.start)
