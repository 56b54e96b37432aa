"""Where a desk is served: by `mlcap review open` and by `mlcap serve`, each with an address of its own that is remembered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass

from mlcap.errors import DeskError, OutputError
from mlcap.files import locked
from mlcap.review.store import Store

#: What serves a desk.
OPEN, SERVE = "review open", "serve"
_SETTING = "served"
#: Seconds within which a server on this machine or near it takes a connection.
_PATIENCE = 0.5


@dataclass(frozen=True)
class ServedAt:
    """Where a desk was served last.

    Attributes:
        address: by which people and programs reach it.
        host, port: what it listens on.
    """

    address: str
    host: str
    port: int

    @property
    def answers(self) -> bool:
        """Whether somebody takes connections there now."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - asked, not served on
        with suppress(OSError), socket.create_connection((host, self.port), _PATIENCE):
            return True
        return False


def keep_address(store: Store, by: str, place: ServedAt) -> None:
    """Remember where a desk is served by one of `OPEN` and `SERVE`, as the latest."""
    known = [row for row in store.setting(_SETTING) or [] if row["by"] != by]
    store.set(_SETTING, [*known, {"by": by, **asdict(place)}])


def kept_addresses(store: Store) -> dict[str, ServedAt]:
    """Where a desk was served last, by what served it, the latest last."""
    rows = store.setting(_SETTING) or []
    return {row["by"]: ServedAt(row["address"], row["host"], row["port"]) for row in rows}


@contextmanager
def opened_once(store: Store) -> Iterator[None]:
    """Hold a desk open by `mlcap review open` for this process alone until the block ends, with its remembered address.

    Raises:
        DeskError: it is open already; the message says where.
        OutputError: its folder cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(store.folder / "open"))
        except OutputError as error:
            place = kept_addresses(store).get(OPEN)
            if place is None or not place.answers:
                raise
            raise DeskError(
                f"{store.folder}: is open at {place.address} already, with what was put on it now; let people in there with"
                f" `mlcap review invite {store.folder} NAME`"
            ) from error
        yield


def served_at(store: Store) -> ServedAt:
    """Where a desk is served, of several the latest; where none answers, the latest all the same.

    Raises:
        DeskError: it was not served yet.
    """
    known = list(reversed(kept_addresses(store).values()))
    if not known:
        raise DeskError(f"{store.folder}: was not opened yet; run `mlcap review open {store.folder}`")
    return next((one for one in known if one.answers), known[0])
