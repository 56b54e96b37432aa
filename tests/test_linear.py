"""Work grows no faster than the text: no pattern that may take longer, no loop of ours, and no text that takes for ever.

Nothing here looks at a clock: patterns are judged by their parse trees, our own code by the lines that it runs, and the
last guard is a limit of the operating system.
"""

from __future__ import annotations

import ast
import json
import resource
import subprocess
import sys

import pytest
from conftest import ROOT
from hostile import KINDS, hostile_text
from patterns_used import PACKAGE, calls
from regex_work import faults

from mlcap.captions import read_caption
from mlcap.explanation import explain
from mlcap.explanation.mentioned import mentioned
from mlcap.features.extract import features_of

#: What is read in pieces of no more characters than this is bounded work for each piece.
SHORT = 300
#: Patterns that are known to fail, by file and beginning, with what is wrong.
UNMENDED: dict[tuple[str, str], str] = {}
#: Kinds of text for which reading is known to run too many lines.
SLOW: dict[str, str] = {}


@pytest.fixture(scope="module")
def used(small):
    """What a process tells that read captions: the patterns made, and on what they were used."""
    command = [sys.executable, str(ROOT / "tests" / "patterns_used.py"), str(small / "models")]
    return json.loads(subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout)


@pytest.fixture(scope="module")
def faulty(used):
    """(file, line, pattern, faults) of every pattern that has some."""
    found = []
    for file, line, pattern, flags, use in used:
        # What no text was found for may be given a long one.
        long = not 0 < use["window"] <= SHORT
        why = faults(pattern, flags, searched=use["searched"], whole=use["whole"], long=long)
        if why:
            found.append((file, line, pattern, why))
    return found


def test_every_pattern_is_judged(used):
    """Every place in the source that makes a pattern was come by, and no module imports functions of `re` by name."""
    places = {(file, line) for file, line, *_ in used}
    for file, first, last in calls():
        assert any((file, line) in places for line in range(first, last + 1)), (
            f"{file}:{first}: let tests/patterns_used.py come by it"
        )
    for path in PACKAGE.rglob("*.py"):
        imports = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.ImportFrom)]
        assert not [n for n in imports if n.module == "re"], path


def test_patterns_take_linear_time(faulty):
    """No pattern's work may grow faster than the text, apart from those that are known to."""
    bad = [
        f"{file}:{line}: {pattern!r}: {why}"
        for file, line, pattern, why in faulty
        if not any(file == name and pattern.startswith(begin) for name, begin in UNMENDED)
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    "known", [pytest.param(key, marks=pytest.mark.xfail(strict=True, reason=why)) for key, why in UNMENDED.items()]
)
def test_known_patterns_take_linear_time(faulty, known):
    """Who mends one of these takes its mark away."""
    name, begin = known
    assert not [why for file, _, pattern, why in faulty if file == name and pattern.startswith(begin)]


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        # What may stand between a title and a name, as it was written once.
        (r"(?:\s*(?:-+|,|from|the))*\s*", {"whole": True, "searched": False}),
        (r"(?:\s*(?:in|crew|,|\d+\w*))*\s*", {"whole": True, "searched": False}),
        (r"(?:a+)+b", {}),
        (r"(?:a|b|ab)*c", {}),
        (r"(?:[a-z]+,?)*;", {}),
        (r"(?:a{0,30}b?){0,30}c", {"long": False}),
        (r"(?=(?:a+)+b)a", {"long": False}),
        (r"a*a*b", {"searched": False}),
        (r"\s*,?\s*x", {"searched": False}),
        (r".*=.*=.*;", {"searched": False}),
        (r"\s+$", {}),
        (r"\w+:", {}),
        (r"(?:\s*(?:-+|,))*", {}),
        (r"(?=[\w-]*\d)[a-z]", {}),
        (r"(?:(?:de|van)(?=\s(?:(?:de|van)\s)*[A-Z])\s)*[A-Z]", {"searched": False}),
        (r"[.!?]++x", {}),
        (r"(?>a+)*b", {"searched": False}),
    ],
)
def test_the_check_of_patterns_can_fail(pattern, how):
    """Loops within loops, loops beside loops, and searches that read one row again and again are found."""
    assert faults(pattern, **how)


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        (r"\w+", {}),
        (r"(?:a++)*b", {"searched": False}),
        (r"(?<![.!?])[.!?]++[\"')\]]*+(?=\s|$)", {}),
        (r"\b\w+:", {}),
        (r"\n\s*\n", {}),
        (r"\s+$", {"searched": False}),
        (r"\s+$", {"long": False}),
        (r"(?:\([^()]*\)|[^()])*\)", {"searched": False}),
        (r"[a-z]+(?:['-][a-z]+)*", {}),
        (r"(?:[a-z]+,)*;", {"searched": False}),
        (r"(?:[A-Z](?=\s[A-Z][a-z])|[A-Z][a-z]+)(?:\s(?:[A-Z](?=\s[A-Z][a-z])|[A-Z][a-z]+))*", {}),
        (r"[^<>]{0,400}>", {}),
        (r"\d{1,2}:\d{2}(?:\.\d+)?\s?(?:am|pm)?", {}),
    ],
)
def test_the_check_of_patterns_lets_good_ones_pass(pattern, how):
    """Loops that are told apart by what they read, that give nothing back, or that end where the match may are none."""
    assert faults(pattern, **how) == []


def lines_run(function, *args):
    """How many lines of mlcap a call runs."""
    lines = 0

    def count(frame, event, arg):
        nonlocal lines
        lines += event == "line"
        return count

    def enter(frame, event, arg):
        return count if frame.f_code.co_filename.startswith(str(PACKAGE)) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        function(*args)
    finally:
        sys.settrace(before)
    return lines


def growth(function, kind):
    """How many times the lines a text of one kind takes when it is four times as long."""
    return lines_run(function, hostile_text(kind, 4000)) / lines_run(function, hostile_text(kind, 1000))


def read(text):
    """Read a caption and give its features."""
    features_of(read_caption(text))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.xfail(strict=True, reason=SLOW[kind])) if kind in SLOW else kind
        for kind in KINDS
    ],
)
def test_reading_runs_no_more_lines_than_the_text_is_longer(kind):
    """Four times the text takes at most five times the lines; the square would be sixteen times."""
    read("A crane waits.")  # What is read once, such as the lexicon, does not count.
    assert growth(read, kind) < 5


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SLOW])
def test_explaining_runs_no_more_lines_than_the_text_is_longer(tagger, kind):
    """So it is when a caption is explained."""

    def explained(text):
        mentioned(explain(tagger, text), tagger.facets)

    explained("A crane waits.")
    assert growth(explained, kind) < 5


def test_the_count_of_lines_can_fail():
    """Code that compares everything with everything is seen."""

    def squaring(text):
        for start in range(0, len(text), 100):
            read_caption(text[:start])

    assert growth(squaring, "capital words") > 6


#: Reads every kind of text at the greatest length of a caption.
READ_ALL = """
import mlcap
from hostile import KINDS, hostile_text
from mlcap.records.lines import LONGEST_CAPTION, Line
from mlcap.records.finder import Finder
from mlcap.records.text import read_text
from mlcap.records.types import FieldChoice
tagger = mlcap.load(models=sys.argv[1])
for kind in KINDS:
    text = hostile_text(kind, LONGEST_CAPTION)
    assert tagger.tag_one(text).tags
    assert list(read_text([Line(1, text[:LONGEST_CAPTION])], "x", Finder(FieldChoice(), "x", print), print)) or not text.strip()
"""


def limited(code, seconds, *args):
    """Run code in a process that may take so many CPU seconds."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    code = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n{code}"
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, preexec_fn=limit)


def test_no_text_takes_for_ever(small):
    """Texts of every kind and 100,000 characters are read and tagged within a minute of work altogether."""
    assert len(KINDS) >= 40
    done = limited(READ_ALL, 60, str(small / "models"))
    assert done.returncode == 0, done.stderr.decode()[-2000:] or "it was still working"


def test_the_limit_ends_what_hangs():
    """A process that takes too long is ended, and so would the test be that needs it."""
    assert limited("import re; re.fullmatch(r'(?:a+)+', 'a' * 64 + 'b')", 1).returncode < 0
