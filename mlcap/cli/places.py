"""Where `mlcap serve` and `mlcap review open` serve: what both say and remember of it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlcap.cli.errors import say
from mlcap.review.addresses import ServedAt, keep_address

if TYPE_CHECKING:
    from mlcap.review.store import Store

public_option = click.option(
    "--public",
    default="",
    metavar="ADDRESS",
    help="Address of a proxy before it by which people and programs come, as https://tags.example.org.",
)


def served_place(
    store: Store, by: str, host: str, sock: socket.socket, names: Sequence[str], public: str
) -> tuple[str, dict[str, str]]:
    """(the address by which people and programs come, the names that are let in as `allowed_hosts` gives them).

    Args:
        by: what serves, which is remembered with the address.
        host: what the socket was bound to.
        names, public: as the options `--allow` and `--public` give them.

    Raises:
        InputError: the public address is none.
    """
    from mlcap.web.serving import address_of, allowed_hosts, is_loopback, public_address

    port = sock.getsockname()[1]
    asked = public_address(public) if public else ""
    address = asked or address_of(host, port)
    keep_address(store, by, ServedAt(address, host, port))
    if not is_loopback(host):
        say("others on the network can reach this address; what passes is not encrypted")
    return address, allowed_hosts(host, port, names, asked)
