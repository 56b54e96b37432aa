"""Each concept has one definition: what it takes to write it a second time is looked for in every function and class.

A concept is known by what its code cannot do without, not by its name: by the calls, comparisons and words in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mlcap"
#: What a person can take in at once.
LONGEST_FUNCTION = 60
LONGEST_PHRASE = 120


def definitions(tree: ast.AST) -> Iterator[ast.AST]:
    """The functions and classes of a module, each with what stands in it; methods by themselves."""
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef))


@cache
def inner(node: ast.AST) -> list[ast.AST]:
    """What stands in a function; of a class only what stands in none of its methods."""
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.ClassDef):
        children = (child for child in children if not isinstance(child, ast.FunctionDef))
    return [node, *(one for child in children for one in ast.walk(child))]


@cache
def called(node: ast.AST) -> set[str]:
    """The last names of everything that is called: `np.exp(x)` is `exp`."""
    return {ast.unparse(n.func).rpartition(".")[2] for n in inner(node) if isinstance(n, ast.Call)}


def said(node: ast.AST) -> str:
    """All the text of its strings but the docstring, a line each."""
    texts = [n for n in inner(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    doc = {id(n.value) for n in inner(node) if isinstance(n, ast.Expr)}
    return "\n".join(n.value for n in texts if id(n) not in doc)


@cache
def written(node: ast.AST, kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> list[str]:
    """The source of everything of one kind."""
    return [ast.unparse(n) for n in inner(node) if isinstance(n, kind)]


def is_layout(node: ast.AST) -> bool:
    """Blocks are laid out one after another."""
    sums = [source for source in written(node, ast.AugAssign) if re.search(r" \+= len\(", source)]
    names = {n.id for n in inner(node) if isinstance(n, ast.Name)}
    return bool(names & {"BLOCKS", "WORD_BLOCKS", "FLAG_BLOCKS"} and (sums or called(node) & {"slice", "cumsum"}))


def is_link(node: ast.AST) -> bool:
    """The exponential makes shares of a sum, or of one."""
    quotients = [n for n in inner(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    of_sum = any(".sum(" in ast.unparse(n.right) for n in quotients)
    of_one = any(re.match(r"\(?1(\.0)? \+ .*exp\(", ast.unparse(n.right)) for n in quotients)
    calls = called(node)
    return bool(calls & {"tanh", "expit"} or ("exp" in calls and (of_sum or of_one)))


def is_picking(node: ast.AST) -> bool:
    """The most probable value, or those above their thresholds, are picked."""
    best = any(re.search(r"names\[.*argmax\(", s) for s in written(node, ast.Subscript))
    above = any(re.search(r" >=? [\w.]*thresholds\b(?!\()", s) for s in written(node, ast.Compare))
    each = any(re.search(r"\.names\b.* if .* > ", s) for s in written(node, (ast.GeneratorExp, ast.ListComp)))
    return best or above or each


def is_right_everywhere(node: ast.AST) -> bool:
    """Labels are compared with tags, and all must be equal."""
    equal = any(re.search(r"\blabels?(\[| ==)", s) and " == " in s for s in written(node, ast.Compare))
    return equal and "all" in called(node)


def is_whole_probability(node: ast.AST) -> bool:
    """Confidences are multiplied."""
    products = [n for n in inner(node) if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Mult)]
    of = " ".join(written(node, (ast.Name, ast.Attribute)))
    return bool(re.search("confidence|certainty", of) and (products or "prod" in called(node)))


def says(pattern: str) -> Callable[[ast.AST], bool]:
    """Words of it stand in a string."""
    return lambda node: bool(re.search(pattern, said(node)))


def is_opening(node: ast.AST) -> bool:
    """A folder of versions is chosen, and a tagger made of one in it."""
    calls = called(node)
    return {"Tagger", "load"} <= calls and bool(calls & {"find_models", "registry_place", "Registry"})


def is_cleaning(node: ast.AST) -> bool:
    """Characters are looked at one by one, whether they can be printed."""
    kept = [s for s in written(node, (ast.GeneratorExp, ast.ListComp)) if "isprintable" in s]
    return bool(kept or called(node) & {"translate", "maketrans", "category"})


def is_held_out(node: ast.AST) -> bool:
    """The missions are looked up in a manifest."""
    looked_up = r"""(\.get\(|\[)['"]held_out_missions|\btraining\.held_out_missions"""
    return any(re.search(looked_up, s) for s in written(node, (ast.Call, ast.Subscript, ast.Attribute)))


def is_class(pattern: str) -> Callable[[ast.AST], bool]:
    """A class bears the name."""
    return lambda node: isinstance(node, ast.ClassDef) and bool(re.fullmatch(pattern, node.name))


def is_cues(node: ast.AST) -> bool:
    """The cues among what was found are given to sentences."""
    return any(re.search(r"(_sections\(|found\[)'cues'", s) for s in written(node, (ast.Call, ast.Subscript)))


class Concept(NamedTuple):
    """A concept: what tells its definition, a line that would be another, and what it fails for today."""

    name: str
    tells: Callable[[ast.AST], bool]
    another: str
    unmended: str = ""


CONCEPTS = (
    Concept(
        "layout of columns",
        is_layout,
        "for block in BLOCKS:\n  here += len(names[block])",
    ),
    Concept("sigmoid and softmax", is_link, "return 1 / (1 + np.exp(-x))"),
    Concept(
        "scores to tags",
        is_picking,
        "return [facet.names[int(i)] for i in scores.argmax(axis=1)] if 0 else facet.names[int(s.argmax())]",
    ),
    Concept(
        "every tag right",
        is_right_everywhere,
        "return all(c.labels[f] == t.tags[f] for f in facets)",
    ),
    Concept(
        "its probability",
        is_whole_probability,
        "for p in t.confidence:\n  out *= p",
    ),
    Concept(
        "review reasons' words",
        says(
            r"(?<![-\w])uncertain\b|words are known|has no words|too short to be sure"
            r"|no mission of its programme in training"
        ),
        "return reason.startswith(f'{name} uncertain')",
    ),
    Concept(
        "open a tagger",
        is_opening,
        "place = registry_place(models)\nreturn Tagger(*Registry(place).load(model))",
    ),
    Concept(
        "terminal matrix",
        says("rows: labelled"),
        "print('rows: labelled')",
    ),
    Concept(
        "control characters",
        is_cleaning,
        "return ''.join(c if c.isprintable() else ' ' for c in text)",
    ),
    Concept(
        "held-out missions of a version",
        is_held_out,
        "return manifest['training'].get('held_out_missions', [])",
    ),
    Concept("doubted labels", is_class(r"\w*(Doubt|Suspect)\w*"), "class Suspect: pass"),
    Concept("cell", is_class(r"(Confusion)?Cell"), "class Cell: pass"),
    Concept("curve", is_class(r"(Learning)?(Curve)?Point"), "class CurvePoint: pass"),
    Concept("cues of a sentence", is_cues, "return caption.found['cues']"),
)


def parsed(sources: dict[str, str]) -> dict[str, ast.Module]:
    """Module -> its syntax tree."""
    return {module: ast.parse(source) for module, source in sources.items()}


def found(tells: Callable[[ast.AST], bool], trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Module -> the definitions in it that a concept is told by."""
    told = {module: [node.name for node in definitions(tree) if tells(node)] for module, tree in trees.items()}
    return {module: names for module, names in told.items() if names}


@pytest.fixture(scope="module")
def trees():
    """Every module of mlcap."""
    return parsed({p.relative_to(PACKAGE).as_posix(): p.read_text("utf-8") for p in sorted(PACKAGE.rglob("*.py"))})


@pytest.mark.parametrize(
    "concept",
    [
        pytest.param(c, id=c.name, marks=pytest.mark.xfail(strict=True, reason=c.unmended) if c.unmended else ())
        for c in CONCEPTS
    ],
)
def test_a_concept_has_one_definition(trees, concept):
    """One module defines it; who makes it one takes the mark away."""
    where = found(concept.tells, trees)
    if concept.tells is is_held_out:  # Training may read the record that it writes.
        where = {module: names for module, names in where.items() if not module.startswith("training/")}
    assert len(where) == 1, where


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.name)
def test_another_definition_is_seen(concept):
    """The search can fail: another definition is found where it stands."""
    body = concept.another.replace("\n", "\n  ")
    source = concept.another if concept.another.startswith("class") else f"def another():\n  {body}"
    trees = parsed({"x.py": source, "y.py": "def f():\n  '''uncertain'''\n  return all(x)"})
    assert found(concept.tells, trees) == {"x.py": [trees["x.py"].body[0].name]}


def long_functions(trees):
    """(module, function, lines) of functions that are too long."""
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LONGEST_FUNCTION:
                yield module, node.name, node.end_lineno - node.lineno + 1


def test_a_function_can_be_taken_in_at_once(trees):
    """No function has more than 60 lines."""
    assert not list(long_functions(trees))


def test_a_long_function_is_seen():
    """The count of lines can fail, and does not before it has to."""
    for lines, seen in ((60, []), (61, [("x.py", "f", 61)])):
        assert list(long_functions(parsed({"x.py": "def f():\n" + "  pass\n" * (lines - 1)}))) == seen


def test_a_line_of_vocabulary_can_be_read():
    """No line of a lexicon has more than 120 characters."""
    folders = [p for p in (PACKAGE / "lexicon").iterdir() if p.is_dir() and p.name != "__pycache__"]
    files = [p for folder in folders for p in folder.iterdir()]
    assert files
    long = [
        f"{p.name}:{n}"
        for p in files
        for n, line in enumerate(p.read_text("utf-8").split("\n"), 1)
        if len(line) > LONGEST_PHRASE
    ]
    assert not long
