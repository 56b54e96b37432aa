"""Says of a regular expression whether the work of finding it may grow faster than the text.

The parse tree of a pattern becomes an automaton with a state for each character class in it. Python's `re` tries the
ways through a pattern one after another, so the work is the number of ways to read a text that cannot be matched in
the end. That number is bounded by a constant for each place unless

- a loop reads one word in two ways: each repetition of it doubles the work (`(a+)+b`);
- one loop may hand over to another anywhere within a word that both read: the work grows with the square
  (`a*a*b`); so it does where a pattern is searched for and begins with what a loop of its own reads on (`a+b`).

Both are questions to products of the automaton with itself (Weber and Seidl 1991; Weideman et al. 2016). A place where
the match may end is no such loop: having come there, nothing is tried again.

Read with care: an assertion counts as holding everywhere, but for the characters that a search may not begin after and
those that must come next; a repetition with a bound counts as a loop where it could double the work, and not where the
bound is a constant for each place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from re import _compiler, _constants, _parser  # The parse trees of `re`; no public way leads to them.

#: What stands for all characters, beside those that a pattern names.
_LETTERS = (
    "".join(map(chr, range(128))) + "\u00a0\u00ad\u00e9\u00c9\u00df\u2013\u2019\u2028\u200b\u0663\u4e2d\ufffd\U0001f680"
)
#: A repetition of so many could double the work so many times.
_MANY = 8
_NOTHING: frozenset[str] = frozenset()

#: Characters that must come next, one set for each place.
Ahead = tuple[frozenset[str], ...]
#: A state, and what must come next by the assertions before it.
Node = tuple[int, frozenset[Ahead]]
Steps = dict[Node, dict[Node, frozenset[str]]]


@dataclass
class _Part:
    """What stands for a part of a pattern.

    Attributes:
        first: state -> the characters that must not stand before it where it begins a match.
        last: state after which the part may be over -> what must come next.
        empty: whether it may match nothing.
        guard, ahead: the characters that must not stand before what follows and those that must come next, where it
            matches nothing.
        free, free_empty: as `last` and `empty`, where nothing is asserted behind.
    """

    first: dict[int, frozenset[str]] = field(default_factory=dict)
    last: dict[int, frozenset[Ahead]] = field(default_factory=dict)
    empty: bool = True
    guard: frozenset[str] = _NOTHING
    ahead: frozenset[Ahead] = frozenset()
    free: set[int] = field(default_factory=set)
    free_empty: bool = True


class Automaton:
    """The states of a pattern and how they follow each other.

    Args:
        pattern, flags: of `re`.
        many: from how many repetitions on a bounded one is a loop.
    """

    def __init__(self, tree: Iterable, flags: int, letters: str, many: int) -> None:
        self.alphabet = letters
        self.many = many
        self.letters: list[frozenset[str]] = []
        self.follow: Counter[tuple[int, int, frozenset[Ahead]]] = Counter()
        self.shut: set[int] = set()
        #: Parse trees of what is looked for ahead, and whether within a loop.
        self.ahead: list[tuple[Iterable, int, bool]] = []
        self._loops = 0
        self.whole = self._sequence(tree, flags)

    def _state(self, node: tuple, flags: int) -> _Part:
        state = _parser.State()
        state.flags = flags
        one = _compiler.compile(_parser.SubPattern(state, [node]))
        self.letters.append(frozenset(c for c in self.alphabet if one.fullmatch(c)))
        number = len(self.letters) - 1
        return _Part({number: _NOTHING}, {number: frozenset()}, empty=False, free={number}, free_empty=False)

    def _sequence(self, tree: Iterable, flags: int) -> _Part:
        whole = _Part()
        for node in tree:
            whole = self._joined(whole, self._node(node, flags))
        return whole

    def _joined(self, a: _Part, b: _Part) -> _Part:
        self.follow.update((p, q, ahead) for p, ahead in a.last.items() for q in b.first)
        return _Part(
            a.first | ({q: guard | a.guard for q, guard in b.first.items()} if a.empty else {}),
            b.last | ({p: ahead | b.ahead for p, ahead in a.last.items()} if b.empty else {}),
            a.empty and b.empty,
            a.guard | b.guard,
            a.ahead | b.ahead,
            b.free | (a.free if b.free_empty else set()),
            a.free_empty and b.free_empty,
        )

    def _node(self, node: tuple, flags: int) -> _Part:
        kind, value = node
        if kind in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN):
            return self._state(node, flags)
        if kind is _constants.SUBPATTERN:
            _, more, less, inner = value
            return self._sequence(inner, (flags | more) & ~less)
        if kind is _constants.ATOMIC_GROUP:
            return self._sequence(value, flags)
        if kind is _constants.BRANCH:
            return self._one_of([self._sequence(one, flags) for one in value[1]])
        if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            return self._repeat(*value, flags)
        if kind is _constants.POSSESSIVE_REPEAT:
            return self._possessive(*value, flags)
        if kind in (_constants.ASSERT, _constants.ASSERT_NOT):
            return self._assertion(kind, *value, flags)
        if kind is _constants.AT:
            word = frozenset(c for c in self.alphabet if re.match(r"\w", c))
            return _Part(guard=word if value is _constants.AT_BOUNDARY else _NOTHING, free_empty=False)
        raise NotImplementedError(f"{kind} in a pattern; teach {__name__} to read it")

    @staticmethod
    def _one_of(parts: list[_Part]) -> _Part:
        out = _Part(empty=False, free_empty=False)
        empty = [part for part in parts if part.empty]
        if empty:
            out.guard = frozenset.intersection(*(part.guard for part in empty))
            out.ahead = frozenset.intersection(*(part.ahead for part in empty))
        for part in parts:
            out.first |= part.first
            out.last |= part.last
            out.free |= part.free
            out.empty |= part.empty
            out.free_empty |= part.free_empty
        return out

    def _assertion(self, kind: object, direction: int, inner: Iterable, flags: int) -> _Part:
        tree = list(inner)
        letters: list[frozenset[str]] = []
        for node in tree:
            if node[0] not in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY):
                break
            letters.append(self.letters[next(iter(self._state(node, flags).first))])
        other = frozenset(self.alphabet).difference
        one, wanted = len(letters) == len(tree) == 1, kind is _constants.ASSERT
        if direction > 0:
            self.ahead.append((tree, flags, self._loops > 0))
            coming = tuple(letters) if wanted else (other(letters[0]),) if one else ()
            return _Part(ahead=frozenset([coming] if coming else []), free_empty=False)
        return _Part(guard=(other(letters[0]) if wanted else letters[0]) if one else _NOTHING, free_empty=False)

    def _repeat(self, least: int, most: int, inner: Iterable, flags: int) -> _Part:
        if most is _constants.MAXREPEAT or most >= self.many:
            self._loops += 1
            part = self._sequence(inner, flags)
            self._loops -= 1
            self.follow.update((p, q, ahead) for p, ahead in part.last.items() for q in part.first)
            part.empty |= least == 0
            part.free_empty |= least == 0
            return part
        whole = _Part()
        copies = min(most, 3)
        for copy in range(copies):
            part = self._sequence(inner, flags)
            if copy >= least:
                part.empty = part.free_empty = True
            whole = self._joined(whole, part)
        return whole

    def _possessive(self, least: int, most: int, inner: Iterable, flags: int) -> _Part:
        part = self._repeat(least, most, inner, flags)
        if len(part.first) == 1 and set(part.first) == set(part.last):
            self.shut |= set(part.last)  # It has taken all that it can, so what follows begins with something else.
        return part

    def steps(self, free: set[int]) -> tuple[Steps, Counter[tuple[Node, Node]]]:
        """How nodes follow each other while the match may not end.

        Returns:
            (node -> next node -> the characters by which one comes there, (node, next node) -> in how many ways).
        """
        edges = defaultdict(list)
        for (p, q, ahead), count in self.follow.items():
            edges[p].append((q, ahead, 1 if p in self.shut else count))
        steps: Steps = {}
        ways: Counter[tuple[Node, Node]] = Counter()
        todo: list[Node] = [(q, frozenset()) for q in self.whole.first if q not in free]
        while todo:
            here = todo.pop()
            if here in steps:
                continue
            p, pending = here
            steps[here] = {}
            ends: set[str] = set()
            for q, ahead, count in edges[p]:
                letters = self.letters[q].intersection(*(one[0] for one in pending | ahead))
                if p in self.shut and p != q:
                    letters -= self.letters[p]
                still = frozenset(one[1:] for one in pending | ahead if len(one) > 1)
                if q in free:
                    ends |= _NOTHING if still else letters
                elif letters:
                    steps[here][q, still] = letters
                    ways[here, (q, still)] += count
            steps[here] = {there: rest for there, letters in steps[here].items() if (rest := letters - ends)}
            todo += steps[here]
        return steps, ways


def _circles(steps: Steps) -> list[set[Node]]:
    """The sets of nodes that lead to each other."""
    ahead = {p: _reached({p}, steps) for p in steps}
    found: list[set[Node]] = []
    for p, from_p in ahead.items():
        if p in from_p and not any(p in circle for circle in found):
            found.append({q for q in from_p if p in ahead.get(q, ())})
    return found


def _reached(starts: set[Node], steps: Steps) -> set[Node]:
    found: set[Node] = set()
    todo = [q for p in starts for q in steps.get(p, ())]
    while todo:
        if (p := todo.pop()) not in found:
            found.add(p)
            todo += steps.get(p, ())
    return found


def _walk(start: tuple[Node, ...], steps: Steps, within: tuple[set[Node] | None, ...]) -> dict[tuple[Node, ...], str]:
    """The tuples of nodes that one word leads to from a start, each with such a word."""
    found: dict[tuple[Node, ...], str] = {}
    todo = [(start, "")]
    for here, word in todo:
        out = [()]
        for node, allowed in zip(here, within, strict=True):
            out = [
                (*nodes, (q, letters))
                for nodes in out
                for q, letters in steps.get(node, {}).items()
                if allowed is None or q in allowed
            ]
        for pairs in out:
            letters = frozenset.intersection(*(letters for _, letters in pairs))
            there = tuple(q for q, _ in pairs)
            if letters and there not in found:
                found[there] = word + min(letters, key=_plainness)
                todo.append((there, found[there]))
    return found


def _plainness(letter: str) -> tuple[bool, str]:
    return not letter.isascii() or not letter.isprintable(), letter


def _doubling(automaton: Automaton, free: set[int]) -> str | None:
    """A word that a loop reads in two ways."""
    steps, ways = automaton.steps(free)
    for circle in _circles(steps):
        for p in circle:
            for q in steps[p]:
                if q in circle and ways[p, q] > 1:
                    return min(steps[p][q], key=_plainness)
        for p in circle:
            apart = _walk((p, p), steps, (circle, circle))
            for pair, word in apart.items():
                if pair[0] != pair[1] and (p, p) in (back := _walk(pair, steps, (circle, circle))):
                    return word + back[p, p]
    return None


def _squaring(automaton: Automaton, free: set[int], searched: bool) -> str | None:
    """A word that one loop, or the search, may leave to another loop after any repetition of it."""
    steps, _ = automaton.steps(free)
    circles = _circles(steps)
    sources = list(circles)
    if searched:
        sources.append(_add_search(automaton, steps, free))
    for source in sources:
        for circle in circles:
            if circle is source or not circle & _reached(source, steps):
                continue
            for p in source:
                for q in circle:
                    word = _walk((p, p, q), steps, (source, None, circle)).get((p, q, q))
                    if word is not None:
                        return word
    return None


def _add_search(automaton: Automaton, steps: Steps, free: set[int]) -> set[Node]:
    """Add nodes that stand for the search: one for each kind of character that the beginnings tell apart."""
    first = automaton.whole.first
    kinds: dict[tuple, set[str]] = defaultdict(set)
    for letter in automaton.alphabet:
        kinds[tuple(letter in guard for guard in first.values())].add(letter)
    nodes: dict[tuple, Node] = {kind: (-1 - place, frozenset()) for place, kind in enumerate(kinds)}
    for kind, node in nodes.items():
        steps[node] = {nodes[other]: frozenset(letters) for other, letters in kinds.items()}
        begins = [q for barred, q in zip(kind, first, strict=True) if not barred]
        ends = _NOTHING.union(*(automaton.letters[q] for q in begins if q in free))
        steps[node] |= {(q, frozenset()): automaton.letters[q] - ends for q in begins if q not in free}
    return set(nodes.values())


def faults(pattern: str, flags: int = 0, *, searched: bool = True, whole: bool = False, long: bool = True) -> list[str]:
    """Say why the work may grow faster than the text; [] where it does not.

    Args:
        pattern, flags: of `re`.
        searched: whether it is tried at many places of one text.
        whole: whether it must match the whole text.
        long: whether texts have no bound; within one only doubling is a fault.

    Raises:
        NotImplementedError: the pattern holds what cannot be judged, such as a reference to a group.
    """
    tree = _parser.parse(pattern, flags)
    flags = tree.state.flags
    return _faults(tree, flags, "".join(sorted(set(_LETTERS) | set(pattern))), searched, whole, long)


def _faults(tree: Iterable, flags: int, letters: str, searched: bool, whole: bool, long: bool) -> list[str]:
    tree = list(tree)
    out = []
    automaton = Automaton(tree, flags, letters, _MANY)
    word = _doubling(automaton, set() if whole else automaton.whole.free)
    if word is not None:
        out.append(f"each further {word!r} can double the work")
    automaton = Automaton(tree, flags, letters, _constants.MAXREPEAT)
    word = _squaring(automaton, set() if whole else automaton.whole.free, searched) if long else None
    if word is not None:
        out.append(f"the work can grow with the square of a row of {word!r}")
    for inner, of_inner, in_loop in automaton.ahead:
        out += _faults(inner, of_inner, letters, searched or in_loop, False, long)
    return out
