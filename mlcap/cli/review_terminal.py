"""`mlcap review open --terminal`: the same queue and keys in a terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence

import click

from mlcap.cli.terminal import WIDTH, echo, short_probability
from mlcap.errors import DecidedError, DecisionError
from mlcap.model.tagging import Tagger
from mlcap.review.cards import show_card
from mlcap.review.decision_log import TERMINAL
from mlcap.review.decisions import BLIND_ALONE, Decider, checked_labels
from mlcap.review.desk import Desk
from mlcap.review.evidence import Evidence, evidence_of, reasons_of, told_probabilities
from mlcap.review.keys import COMMANDS, Keys, keys_of
from mlcap.review.outcomes import captions_by_number
from mlcap.review.queues import Queue, QueueKind, found_captions, waiting_count
from mlcap.review.series import series_members
from mlcap.review.types import Card, named_values
from mlcap.text import one_line, printable
from mlcap.types import Facet

#: Keys that end the work: Ctrl-C, Ctrl-D, and the end of the input.
_END = ("\x03", "\x04", "")
#: Captions that a search lists: each has a figure.
_MOST_FOUND = 9
ENTER, ESCAPE = "Enter", "Escape"
#: Commands that stand below each card; help names the others.
_FOOTER = frozenset(("confirm", "later", "skip", "undo", "redo", "series", "note", "help"))


def read_key() -> str:
    """One key: a character, `Enter` or `Escape`; "" at the end of the input."""
    if sys.stdin.isatty():
        try:
            key = click.getchar()
        except (EOFError, KeyboardInterrupt):
            return ""
    else:
        key = sys.stdin.read(1)
    return ENTER if key in ("\r", "\n") else ESCAPE if key == "\x1b" else key


def read_line(prompt: str) -> str | None:
    """A line of text; None at the end of the input."""
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    return line.strip() if line else None


def work(desk: Desk, tagger: Tagger, person: str, queue: Queue) -> None:
    """Show card after card of a queue until nothing is left or the person ends it."""
    keys = keys_of(desk.store, desk.facets, person)
    number: int | None = None
    while True:
        card = desk.next_card(person, queue) if number is None else show_card(desk.store, desk.facets, person, number)
        if card is None:
            echo("no caption waits for you")
            if not _undone(desk, person, read_key(), keys):
                return
            continue
        done, number = _Table(desk, tagger, person, keys, card, queue).work()
        if done:
            return


def _undone(desk: Desk, person: str, key: str, keys: Keys) -> bool:
    """Whether a key at the end of the queue takes something back."""
    return key == keys.commands["undo"] and desk.decider(person, TERMINAL).undo() is not None


def _places(text: str, count: int) -> set[int]:
    """The numbers of a list that a text names; others are passed over."""
    words = (word for word in text.replace(",", " ").split() if word.isascii() and word.isdecimal() and len(word) < 6)
    return {number for number in map(int, words) if 1 <= number <= count}


class _Table:
    """One card before a person."""

    def __init__(self, desk: Desk, tagger: Tagger, person: str, keys: Keys, card: Card, queue: Queue) -> None:
        self._desk, self._keys, self._card, self._queue = desk, keys, card, queue
        self._decider: Decider = desk.decider(person, TERMINAL)
        self._evidence: Evidence | None = None if card.blind else evidence_of(tagger, card.caption, card.shown)
        start = card.mine if card.mine is not None else card.shown
        self._chosen: dict[str, str | list[str]] = {
            f.name: list(start.get(f.name, ())) if f.multiple else str(start.get(f.name, "")) for f in desk.facets
        }
        self._commands = {key: name for name, key in keys.commands.items()}

    def work(self) -> tuple[bool, int | None]:
        """(whether the person ends, the caption to show next where it is not the queue's)."""
        self._show()
        while True:
            key = read_key()
            if key in _END:
                return True, None
            try:
                name = self._commands.get(key) or self._commands.get(key.lower(), "")
                if name:
                    step = self._command(name)
                    if step is not None:
                        return False, step or None
                elif self._value(key):
                    echo(self._choices_line())
            except DecidedError as error:
                echo(f"{error}; it stays so")
                return False, None
            except DecisionError as error:
                echo(str(error))

    def _command(self, name: str) -> int | None:
        """Do a command: 0 for the next card, the number of a caption to show, None to stay."""
        card, decider = self._card, self._decider
        if name == "confirm":
            decider.decide(card.nonce, self._chosen, asked=card.mine is not None)
            return 0
        if name in ("later", "skip"):
            decider.put_aside(card.nonce, name)
            return 0
        if name in ("undo", "redo"):
            captions = decider.undo() if name == "undo" else decider.redo()
            if captions is None:
                echo(f"nothing to {name}")
                return None
            echo(printable(decider.words_of_turn()))
            return captions[0]
        if name == "series":
            return self._series()
        if name == "note":
            decider.note(card.caption.number, read_line("note: ") or "")
            echo("kept")
        elif name == "guide":
            for facet in self._desk.facets:
                echo("\n".join([facet.name, *(f"  {v.name}: {v.definition or '-'}" for v in facet.values)]))
        elif name == "why" and self._evidence is not None:
            for facet_name, words in self._evidence.words.items():
                echo(printable(f"{facet_name}: {', '.join(words) or 'none'}"))
        elif name == "search":
            return self._search()
        elif name == "help":
            echo("\n".join(f"  {key:7s} {COMMANDS[n][1]}" for n, key in self._keys.commands.items()))
            echo("  Ctrl-D  End the work; what is decided is kept")
        return None

    def _search(self) -> int | None:
        """The caption to show of those that hold some words; None for none."""
        words = read_line("words of captions: ") or ""
        numbers = found_captions(self._desk.store, Queue(QueueKind.SEARCH, words), _MOST_FOUND) if words else []
        if not numbers:
            echo("no caption holds every word")
            return None
        captions = captions_by_number(self._desk.store, numbers)
        for place, number in enumerate(numbers, 1):
            found = captions[number]
            echo(printable(f"  {place} {found.id}  {textwrap.shorten(one_line(found.text), 60, placeholder=' ...')}"))
        echo("a figure shows its caption; any other key goes on here")
        key = read_key()
        return numbers[int(key) - 1] if key in map(str, range(1, len(numbers) + 1)) else None

    def _value(self, key: str) -> bool:
        """Choose the value of a key; whether it is one."""
        for row in self._keys.facets:
            if row.search and key == row.search:
                words = (read_line(f"{row.facet.name}: ") or "").lower()
                found = [v.name for v in row.facet.values if words and words in "\n".join((v.name, *v.words)).lower()]
                if found:
                    self._toggle(row.facet, found[0])
                else:
                    echo("no value is called so")
                return True
            value = next((v for k in (key, key.lower()) for v, own in row.keys.items() if own == k), None)
            if value is not None:
                self._toggle(row.facet, value)
                return True
        return False

    def _toggle(self, facet: Facet, value: str) -> None:
        chosen = self._chosen[facet.name]
        if isinstance(chosen, str):
            self._chosen[facet.name] = value
        elif value in chosen:
            chosen.remove(value)
        else:
            chosen.append(value)

    def _series(self) -> int | None:
        """Decide the whole series, with exceptions: 0 where it was, None where the person goes back."""
        if self._card.blind:
            raise DecisionError(BLIND_ALONE)
        labels = checked_labels(self._desk.facets, self._chosen)
        found = series_members(self._desk, self._decider.person, self._card.caption, labels)
        members = [one for one in found if one.open and not one.blind]
        left = {one.caption.number for one in members}
        while True:
            for place, one in enumerate(members, 1):
                mark = "x" if one.caption.number in left else " "
                text = one_line(f"{one.caption.id}: {one.caption.text}")
                echo(printable(f"  [{mark}] {place} {text[: WIDTH - 10]}"))
                echo(
                    printable(
                        f"        {named_values(one.before) or 'nothing'}" if one.changes else "        stays the same"
                    )
                )
            echo(f"they become: {named_values(labels)}")
            step = self._ticked(len(members))
            if isinstance(step, set):
                left ^= {members[place - 1].caption.number for place in step}
            elif step == ENTER:
                self._decider.decide_series(self._card.nonce, self._chosen, sorted(left))
                return 0
            else:
                self._show()
                return None

    def _ticked(self, count: int) -> str | set[int]:
        """The places to tick or untick, `Enter` to decide, or `Escape` to go back."""
        if count <= _MOST_FOUND:
            echo("Enter decides the ticked ones, a figure ticks or unticks, Escape goes back")
            key = read_key()
            return key if key in (ENTER, ESCAPE) else ESCAPE if key in _END else _places(key, count)
        line = read_line("numbers tick or untick (3 22), an empty line decides the ticked ones, q goes back: ")
        return ENTER if line == "" else ESCAPE if line in (None, "q", "\x1b") else _places(line or "", count)

    def _show(self) -> None:
        card = self._card
        lines = ["", click.style("=" * WIDTH, dim=True)]
        left = waiting_count(self._desk.store, self._queue, self._decider.person)
        lines.append(click.style(printable(card.caption.id), bold=True) + f"  {left} left")
        if card.mine is not None:
            lines.append("you decided this; confirming replaces your decision")
        if card.blind:
            lines.append("a blind reading: no tags are shown")
        lines += [
            f"- {printable(reason)}"
            for reason in ([] if card.blind else reasons_of(self._desk.store, self._desk.facets, card))
        ]
        lines += ["", *_wrapped(card.caption.text), ""]
        lines += self._facet_lines()
        alone = self._desk.store.one("SELECT count(*) FROM captions WHERE series = ?", (card.caption.series,)) < 2
        shown = _FOOTER - {"series"} if alone or card.blind else _FOOTER
        commands = {n: k for n, k in self._keys.commands.items() if n in shown}
        lines.append(click.style("  ".join(f"{k} {n}" for n, k in commands.items()), dim=True))
        echo("\n".join(lines))

    def _facet_lines(self) -> list[str]:
        lines = []
        for row in self._keys.facets:
            known = told_probabilities(row.facet, None if self._card.blind else self._card.suggestion, self._evidence)
            cells = [self._cell(row.facet, name, row.keys, known) for name in row.facet.names]
            if row.search:
                kept = [c for c, n in zip(cells, row.facet.names, strict=True) if "[x]" in c or n in row.keys]
                cells = kept or ["none"]
                lines.append(f"{row.facet.name} ({row.search} finds a value):")
            else:
                lines.append(f"{row.facet.name}:")
            lines += [f"  {cell}" for cell in cells]
        return lines

    def _cell(self, facet: Facet, name: str, keys: Mapping[str, str], known: Mapping[str, float]) -> str:
        chosen = self._chosen[facet.name]
        held = name == chosen if isinstance(chosen, str) else name in chosen
        sure = short_probability(known[name]) if name in known else ""
        text = f"[{'x' if held else ' '}] {keys.get(name, ' ')} {name:24s} {sure}".rstrip()
        return click.style(text, bold=True) if held else text

    def _choices_line(self) -> str:
        parts: list[str] = []
        for name, value in self._chosen.items():
            said: Sequence[str] = [value] if isinstance(value, str) else value
            parts.append(f"{name}: {', '.join(filter(None, said)) or '-'}")
        return "  ".join(parts)


def _wrapped(text: str) -> list[str]:
    out: list[str] = []
    for line in text.splitlines() or [""]:
        out += textwrap.wrap(printable(line), WIDTH - 2) or [""]
    return [f"  {line}" for line in out]
