"""Run by itself with a folder of model versions: reads captions and tells which patterns mlcap made, where, and on what it used them.

Writes a list as JSON: file, line, pattern, flags, and how it was used: the longest text it was used on, whether it was
tried at more than one place of a text, whether it had to match the whole.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mlcap"
#: Functions of `re` that take a pattern.
MAKERS = ("compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn")
#: Length of the texts that are read.
LENGTH = 4000

_compile = re._compile
#: (file, line, pattern, flags) -> how it was used.
made: dict[tuple, dict] = {}


class Spy:
    """A pattern that notes how it is used, and is one in all other respects."""

    __class__ = re.Pattern

    def __init__(self, pattern, use):
        self._pattern = pattern
        self._use = use

    def __getattr__(self, name):
        real = getattr(self._pattern, name)
        if name not in MAKERS:
            return real

        def used(*args, **kwargs):
            text = args[1] if name in ("sub", "subn") else args[0]
            places = args[1:3] if name in ("match", "search", "fullmatch", "finditer", "findall") else ()
            start, end = (*places, *(0, len(text))[len(places) :])
            self._use["window"] = max(self._use["window"], min(end, len(text)) - start)
            self._use["searched"] |= name not in ("match", "fullmatch") or start > 0
            self._use["whole"] |= name == "fullmatch"
            return real(*args, **kwargs)

        return used


def spying(pattern, flags):
    """Stand in for `re._compile`."""
    if isinstance(pattern, re.Pattern):
        return pattern
    frame = sys._getframe(1)
    while frame.f_code.co_filename == re.__file__:
        frame = frame.f_back
    real = _compile(pattern, flags)
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(PACKAGE):
        return real
    use = {"window": 0, "searched": False, "whole": False}
    source = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    key = (str(path.relative_to(ROOT)), frame.f_lineno, source, int(flags))
    return Spy(real, made.setdefault(key, use))


def calls():
    """Every place in the source that takes a pattern from `re`: (file, first line, last line)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"re.{name}" for name in MAKERS}:
                yield str(path.relative_to(ROOT)), node.lineno, node.end_lineno


def main():
    """Read the labelled corpus's first captions, one of each hostile kind, and what else holds captions."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    re._compile = spying
    for file, _, _ in calls():  # What modules make when they are imported.
        import_module(file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    from hostile import KINDS, hostile_text

    import mlcap
    from mlcap.captions.reading import text_words
    from mlcap.cli import matrix
    from mlcap.explanation import explain
    from mlcap.explanation.mentioned import mentioned
    from mlcap.explanation.segments import segments
    from mlcap.labels.own_names import with_own_names
    from mlcap.records.fields import embedded_caption
    from mlcap.records.fillers import is_filler
    from mlcap.records.finder import Finder
    from mlcap.records.lines import Line
    from mlcap.records.photo_names import pair
    from mlcap.records.text import read_text
    from mlcap.records.types import FieldChoice
    from mlcap.taxonomy import extra_words, read_taxonomy
    from mlcap.types import Facet, Value

    tagger = mlcap.load(models=sys.argv[1])
    lines = [p.read_text("utf-8").splitlines()[:10] for p in sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))]
    texts = [json.loads(line)["text"] for some in lines for line in some]
    texts += [hostile_text(kind, LENGTH) for kind in KINDS]
    texts += [
        "S91-31404 (3 May 1995) --- Divers help astronaut Mia T. Voss, STS-151 pilot, before May 4, 1995 at 9:05 a.m."
    ]
    finder = Finder(FieldChoice(), "x", print)
    # Without the commonest word of English, the words of other languages are looked for; and in another script, its letters.
    texts += ["Vue de la Terre pendant la sortie des deux astronautes." * 9, "\u0417\u0435\u043c\u043b\u044f " * 99]
    for text in texts:
        tagger.tag_one(text, {"nasa_id": "iss072e123456~orig", "title": text[:200], "center": "JSC", "keywords": text})
        text_words(text)
        list(read_text([Line(1, text)], "x", finder, print))
        list(read_text([Line(1, "---"), Line(2, text)], "x", finder, print))
        is_filler(text)
        is_filler(text[:200])
    embedded_caption({"XMP-dc:Description-en": texts[0]})
    pair(["a" * 240 + "_01.jpg.xmp"])
    for text in texts[:5]:
        mentioned(explain(tagger, text), tagger.facets)
    segments(texts[0], (), ())
    matrix._without_shared_beginning(["c0-landing", "c0-launch"])
    read_taxonomy(ROOT / "labels" / "taxonomy.toml")
    with_own_names([Facet("sky", True, "", (Value("open-air", ""),))])
    extra_words([Facet("sky", True, "", (Value("day", "", words=("day", "noon")),))])["day"].findall(texts[0])
    json.dump([[*key, use] for key, use in made.items()], sys.stdout)


if __name__ == "__main__":
    main()
