"""Forms as browsers and programs send them."""

from __future__ import annotations

from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"


def form_pairs(body: bytes, most: int) -> list[tuple[str, str]]:
    """The fields of a form, in order.

    Args:
        most: fields that it may have.

    Raises:
        ValueError: it is no form, not UTF-8, or has too many.
    """
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=most, errors="strict")
