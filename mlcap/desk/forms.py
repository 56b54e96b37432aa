"""Forms as browsers send them. Uploads have nowhere to go: no other encoding is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from mlcap.errors import DecisionError
from mlcap.review.decisions import Decider
from mlcap.types import Facet
from mlcap.web.forms import FORM, form_pairs

#: Fields of a form; a series may have as many captions.
_MOST_FIELDS = 5000
#: What the name of a field of a facet begins with.
FACET = "f."


@dataclass(frozen=True)
class Form:
    """The fields of a form, each with its values in order."""

    fields: dict[str, list[str]]

    def get(self, name: str) -> str:
        """The first value of a field, "" where it is missing."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return self.fields.get(name, [])

    def number(self, name: str) -> int:
        """A field that is a whole number.

        Raises:
            DecisionError: it is none.
        """
        return whole_number(self.get(name))

    def labels(self, facets: Sequence[Facet]) -> dict[str, object]:
        """Facet -> value or values; a single-valued facet that nothing is chosen of is missing."""
        out: dict[str, object] = {}
        for facet in facets:
            chosen = self.all(FACET + facet.name)
            if facet.multiple:
                out[facet.name] = chosen
            elif chosen and chosen[0]:
                out[facet.name] = chosen[0]
        return out


def keep_note(decider: Decider, form: Form) -> None:
    """Keep the note that stands on a card, whatever of the card is pressed; one that is as it was shown is no new one.

    Raises:
        DecisionError: it is too long.
    """
    note, shown = ("\n".join(form.get(name).splitlines()).strip() for name in ("note", "noted"))
    if note != shown:
        decider.note(form.number("caption"), note)


def whole_number(text: str) -> int:
    """A number of a caption or action.

    Raises:
        DecisionError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise DecisionError(f"{text[:20]!r} is no number of the desk's")
    return int(text)


async def form_of(request: Request) -> Form:
    """Read a request's form.

    Raises:
        DecisionError: it is no form of ours.
    """
    body = await request.body()
    if not body:
        return Form({})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise DecisionError(f"forms are sent as {FORM}")
    try:
        pairs = form_pairs(body, _MOST_FIELDS)
    except ValueError as error:
        raise DecisionError("the form cannot be read") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)
