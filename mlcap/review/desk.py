"""A desk: a folder with captions, what people decided about them, and the facets that they decide."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mlcap.errors import DeskError, InputError
from mlcap.model.tagging import Tagger
from mlcap.records.types import FieldChoice
from mlcap.review.adding import Added, add_source, find_photos, find_series, name_photo_folder
from mlcap.review.cards import show_card, shown_to
from mlcap.review.decision_log import BROWSER
from mlcap.review.decisions import Decider
from mlcap.review.placing import Shares, suggest_anew, want_unsuggested
from mlcap.review.queues import Queue, next_caption
from mlcap.review.store import Store, dumped
from mlcap.review.types import Card
from mlcap.taxonomy import facets_as_data, parse_facets
from mlcap.types import Facet

#: What a desk's own guide is called, in its folder; shown as text beside the definitions.
GUIDE = "guide.md"
LONGEST_GUIDE = 100_000


@dataclass(frozen=True)
class Desk:
    """An open desk; close it, or use it in a `with` block.

    Attributes:
        store: its database.
        facets: what people decide.
    """

    store: Store
    facets: tuple[Facet, ...]

    @classmethod
    def open(cls, folder: Path, facets: Sequence[Facet] | None = None) -> Desk:
        """Open a desk.

        Args:
            facets: for a new one; for one that is there, facets and values that come to those it has. Where None, a desk
                that is not there is not made.

        Raises:
            DeskError: it is no desk, or the facets would lose a value that it has.
            OutputError: it cannot be written.
        """
        store = Store(folder, new=facets is not None)
        try:
            known = store.setting("facets")
            kept = parse_facets(known, str(folder)) if known else ()
            if facets is not None:
                kept = _joined(kept, facets)
                if facets_as_data(kept) != known:
                    store.set("facets", facets_as_data(kept))
            if not kept:
                raise DeskError(
                    f"{folder}: is an empty desk; put captions on it with `mlcap review open {folder} CAPTIONS`"
                )
        except BaseException:
            store.close()
            raise
        return cls(store, kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.store.folder.resolve().name

    @property
    def shares(self) -> Shares:
        """What is audited and read blind."""
        found = self.store.setting("shares")
        return Shares(**found) if found else Shares()

    def set_shares(self, audit: float | None, blind: float | None) -> None:
        """Change what is audited and read blind of captions to come; None leaves it."""
        now = self.shares
        changed = Shares(now.audit if audit is None else audit, now.blind if blind is None else blind)
        if changed != now or self.store.setting("shares") is None:
            self.store.set("shares", vars(changed))

    @property
    def guide_text(self) -> str:
        """The desk's own guide, "" where it has none."""
        try:
            return (self.store.folder / GUIDE).read_text("utf-8", errors="replace")[:LONGEST_GUIDE]
        except OSError:
            return ""

    @property
    def guide(self) -> str:
        """Digest of the definitions by which people decide here."""
        text = dumped(facets_as_data(self.facets)) + self.guide_text
        return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]

    def add(
        self,
        tagger: Tagger,
        names: Sequence[str],
        photos: Sequence[Path] = (),
        form: str | None = None,
        choice: FieldChoice | None = None,
        warn: Callable[[str], object] = lambda _: None,
        failed: Callable[[InputError], object] = lambda _: None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Added:
        """Put sources on the desk, see `mlcap.review.adding.add_source`.

        Args:
            photos: folders in which photographs are looked up; sources that are folders of photographs are ones as well.

        Raises:
            DeskError: a folder of photographs is not there.
        """
        for folder in photos:
            if not folder.is_dir():
                raise DeskError(f"{folder}: is no folder of photographs")
            name_photo_folder(self.store, folder)
        total = Added()
        for name in names:
            path = Path(name)
            if path.is_dir() and not (path / "ledger.sqlite").is_file():
                name_photo_folder(self.store, path)
            total += add_source(
                self.store, self.facets, tagger, name, self.shares, form, choice, warn, failed, progress
            )
        if photos:
            find_photos(self.store)
        if total.new:
            find_series(self.store)
        return total

    def renew(self, tagger: Tagger, progress: Callable[[int], object] = lambda _: None) -> int:
        """Let a model version suggest tags of the captions that nobody has decided and it has not seen; how many.

        Captions that lack a tag for a facet of the desk wait from then on.
        """
        want_unsuggested(self.store, self.facets)
        return suggest_anew(self.store, self.facets, tagger, self.shares, progress)

    def decider(self, person: str, origin: str = BROWSER) -> Decider:
        """Decides for a person."""
        return Decider(self.store, person, self.guide, origin, self.facets)

    def next_card(self, person: str, queue: Queue | None = None) -> Card | None:
        """Show the caption that comes next, or the one that the person has before the eyes; None where nothing is left."""
        asked = queue or Queue()
        number = shown_to(self.store, person) if asked == Queue() else None
        with self.store.writing():  # Nobody else is shown it between finding and noting.
            if number is None:
                number = next_caption(self.store, asked, person)
            return None if number is None else show_card(self.store, self.facets, person, number)


def _joined(known: tuple[Facet, ...], wanted: Sequence[Facet]) -> tuple[Facet, ...]:
    """The facets of a desk with those that come to it; the values that it has stay."""
    by_name = {f.name: f for f in wanted}
    out = []
    for facet in known:
        new = by_name.pop(facet.name, None)
        if new is not None and (new.multiple != facet.multiple or not set(facet.names) <= set(new.names)):
            raise DeskError(
                f"the desk decides {facet.name} by other values ({', '.join(facet.names)}); keep them, or start another desk"
            )
        out.append(new or facet)
    return (*out, *by_name.values())
