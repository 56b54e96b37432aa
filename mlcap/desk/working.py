"""Working: cards, decisions, undo and redo, series, differences, and the photograph of a card."""

from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from mlcap.desk.context import Context, queue_of, see, see_card, status_of_error
from mlcap.desk.forms import FACET, Form, keep_note, whole_number
from mlcap.desk.sayings import LEFT, TURNED, words_said
from mlcap.desk.views import done_page
from mlcap.errors import DecidedError, DecisionError, DeskError
from mlcap.review.cards import caption_of, card_shown, show_card
from mlcap.review.decisions import BLIND_ALONE, checked_labels
from mlcap.review.photos import photo_place, shown_photo
from mlcap.review.queues import Queue, is_differing, next_differing
from mlcap.review.series import series_members

#: A photograph may be kept by the browser alone, and not for long.
_KEPT = {"cache-control": "private, max-age=3600"}


def card_routes(context: Context) -> APIRouter:
    """What is about one card: deciding it, putting it aside, undoing, redoing, noting."""
    desk, pages = context.desk, context.pages
    router = context.router()
    Person = Annotated[str, Depends(context.person)]
    Fields = Annotated[Form, Depends(context.form)]

    @router.get("/card")
    def next_card(person: Person, queue: str = "", value: str = "") -> HTMLResponse:
        asked = Queue.of(queue, value)
        card = desk.next_card(person, asked)
        return done_page(desk, pages, person, asked) if card is None else pages.card(person, card, asked)

    @router.get("/card/{number}")
    def one_card(number: str, person: Person, queue: str = "", value: str = "", said: str = "") -> HTMLResponse:
        card = show_card(desk.store, desk.facets, person, whole_number(number))
        return pages.card(person, card, Queue.of(queue, value), heard=words_said(desk.decider(person), said))

    @router.post("/decide")
    def decide(person: Person, form: Fields) -> Response:
        queue = queue_of(form)
        decider = desk.decider(person)
        keep_note(decider, form)
        try:
            decider.decide(form.get("nonce"), form.labels(desk.facets), asked=form.get("asked") == "1")
        except DecidedError as error:
            return _decided(context, person, form, error)
        except DecisionError as error:
            # The same card once more, with what was chosen and what is wrong; nothing was decided.
            # The form of a page names the caption, that of a program perhaps its card alone.
            number = None if form.get("caption") else card_shown(desk.store, person, form.get("nonce"))[0]
            return _as_it_was(context, person, form, error=str(error), number=number)
        return see_card(queue)

    @router.post("/aside/{kind}")
    def aside(kind: str, person: Person, form: Fields) -> Response:
        decider = desk.decider(person)
        keep_note(decider, form)
        try:
            decider.put_aside(form.get("nonce"), kind)
        except DecisionError as error:
            return _refused(context, person, form, error)
        return see_card(queue_of(form))

    @router.post("/note")
    def note(person: Person, form: Fields) -> Response:
        keep_note(desk.decider(person), form)
        return _as_it_was(context, person, form, "the note is kept")

    @router.post("/card/back")
    def back(person: Person, form: Fields) -> Response:
        return _as_it_was(context, person, form)

    _add_turns(context, router)
    return router


def _decided(context: Context, person: str, form: Form, error: DecidedError) -> HTMLResponse:
    """The page that says that somebody decided the caption meanwhile, from which the card is asked for as it was filled in."""
    names = ("caption", "queue", "value", *(name for name in form.fields if name.startswith(FACET)))
    kept = [(name, value) for name in names for value in form.all(name)] if form.get("caption") else []
    code = status_of_error(error)
    return context.pages.page("error", person, code, code=code, message=str(error), number=error.number, kept=kept)


def _refused(context: Context, person: str, form: Form, error: DecisionError, field: str = "caption") -> HTMLResponse:
    """The card once more with what was chosen and what is wrong; the form of a program may name no caption in the field."""
    if not form.get(field):
        raise error
    return _as_it_was(context, person, form, error=str(error), number=form.number(field))


def _as_it_was(
    context: Context, person: str, form: Form, heard: str = "", error: str = "", number: int | None = None
) -> HTMLResponse:
    """The card once more with what is chosen on it; sent again, the form changes nothing more.

    Args:
        number: of the caption; None for the one that the form names.
    """
    desk = context.desk
    card = show_card(desk.store, desk.facets, person, form.number("caption") if number is None else number)
    chosen, status = form.labels(desk.facets), 400 if error else 200
    return context.pages.card(person, card, queue_of(form), chosen, error, status, heard)


def _add_turns(context: Context, router: APIRouter) -> None:
    """Undoing and redoing, which show the caption and say what was done."""
    desk = context.desk
    Person = Annotated[str, Depends(context.person)]
    Fields = Annotated[Form, Depends(context.form)]

    def turned(person: str, form: Form, kind: str) -> Response:
        action = form.number("action") if form.get("action") else None
        decider = desk.decider(person)
        captions = decider.undo(action) if kind == "undo" else decider.redo()
        keep_note(decider, form)  # Afterwards, as it would be the latest thing to undo.
        back = form.get("back") == "history" or (captions is None and not form.get("caption"))
        said = f"no-{kind}" if captions is None else TURNED
        if back:
            return see("/history", said=said)
        if captions is None:
            return _as_it_was(context, person, form, words_said(decider, said))
        if kind == "undo" and is_differing(desk.store, captions[0]):
            return see(f"/settle/{captions[0]}")
        return see_card(queue_of(form), f"/card/{captions[0]}", said)

    @router.post("/undo")
    def undo(person: Person, form: Fields) -> Response:
        return turned(person, form, "undo")

    @router.post("/redo")
    def redo(person: Person, form: Fields) -> Response:
        return turned(person, form, "redo")


def several_routes(context: Context) -> APIRouter:
    """What is about more than one caption or reading: series and differences; and photographs."""
    desk, pages = context.desk, context.pages
    router = context.router()
    Person = Annotated[str, Depends(context.person)]
    Fields = Annotated[Form, Depends(context.form)]

    @router.post("/series")
    def series(person: Person, form: Fields) -> Response:
        keep_note(desk.decider(person), form)
        try:
            number, _, _, blind = card_shown(desk.store, person, form.get("nonce"))
        except DecisionError as error:
            return _refused(context, person, form, error)
        if blind:
            raise DecisionError(BLIND_ALONE)
        labels = checked_labels(desk.facets, form.labels(desk.facets))
        caption = caption_of(desk.store, number)
        members = series_members(desk, person, caption, labels)
        return pages.page(
            "series",
            person,
            caption=caption,
            labels=labels,
            members=members,
            nonce=form.get("nonce"),
            queue=queue_of(form),
        )

    @router.post("/series/decide")
    def decide_series(person: Person, form: Fields) -> Response:
        chosen = [whole_number(text) for text in form.all("caption")]
        try:
            _, left = desk.decider(person).decide_series(form.get("nonce"), form.labels(desk.facets), chosen)
        except DecidedError:
            raise
        except DecisionError as error:
            return _refused(context, person, form, error, "card")
        if left:
            return see("/history", said=f"{LEFT}{len(left)}")
        return see_card(queue_of(form))

    @router.post("/settle/{number}")
    def settle(number: str, person: Person, form: Fields) -> Response:
        desk.decider(person).settle(whole_number(number), form.labels(desk.facets), form.get("nonce"))
        following = next_differing(desk.store)
        return see("/settle" if following is None else f"/settle/{following}")

    _add_photos(context, router)
    return router


def _add_photos(context: Context, router: APIRouter) -> None:
    """The photograph of a card."""
    desk, pages = context.desk, context.pages

    @router.get("/photo/{number}", dependencies=[Depends(context.person)])
    def photo(number: str) -> Response:
        found = photo_place(desk.store, whole_number(number))
        if found is None:
            raise DeskError("this caption has no photograph")
        try:
            content, kind = shown_photo(*found)
        except DeskError as error:
            return pages.placeholder(PurePosixPath(found[1]).name, str(error))
        return Response(content, media_type=kind, headers=_KEPT)
