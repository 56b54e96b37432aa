"""Looking: queues, search, history, differences, progress, the guide, keys and exports."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from mlcap.desk import views
from mlcap.desk.context import Context, see, status_of_error
from mlcap.desk.forms import Form, whole_number
from mlcap.desk.sayings import KEPT, words_said
from mlcap.errors import DecisionError, OutputError
from mlcap.review.keys import choose_keys


def looking_routes(context: Context) -> APIRouter:
    """The routes."""
    desk, pages = context.desk, context.pages
    router = context.router()
    Person = Annotated[str, Depends(context.person)]

    @router.get("/settle")
    def differing(person: Person) -> HTMLResponse:
        return views.differing_page(desk, pages, person)

    @router.get("/settle/{number}")
    def one_difference(number: str, person: Person) -> HTMLResponse:
        return views.difference_page(desk, pages, person, whole_number(number))

    @router.get("/queues")
    def queues(person: Person) -> HTMLResponse:
        return views.queues_page(desk, pages, person)

    @router.get("/search")
    def search(person: Person, q: str = "") -> HTMLResponse:
        return views.search_page(desk, pages, person, q)

    @router.get("/history")
    def history(person: Person, said: str = "") -> HTMLResponse:
        return views.history_page(desk, pages, person, words_said(desk.decider(person), said))

    @router.get("/progress")
    def progress(person: Person, target: str = "") -> HTMLResponse:
        return views.progress_page(desk, pages, person, target, context.measuring)

    @router.post("/progress/gain", dependencies=[Depends(context.person)])
    def gain() -> Response:
        context.measuring.begin()
        return see("/progress#gain")

    @router.get("/guide")
    def guide(person: Person) -> HTMLResponse:
        return pages.page("guide", person, guide=desk.guide_text)

    @router.get("/export/{form}")
    def export(form: str, person: Person) -> Response:
        return views.export_file(desk, person, form)

    _add_keys(context, router)
    return router


def _add_keys(context: Context, router: APIRouter) -> None:
    """The page on which a person chooses keys."""
    desk, pages = context.desk, context.pages
    Person = Annotated[str, Depends(context.person)]
    Fields = Annotated[Form, Depends(context.form)]

    @router.get("/keys")
    def keys(person: Person, said: str = "") -> HTMLResponse:
        return pages.page("keys", person, said=words_said(desk.decider(person), said), error="", typed={})

    @router.post("/keys")
    def change_keys(person: Person, form: Fields) -> Response:
        if form.get("reset"):
            choose_keys(desk.store, desk.facets, person, {})
        else:
            typed = {k[2:]: v[0] for k, v in form.fields.items() if k.startswith("k.")}
            try:
                choose_keys(desk.store, desk.facets, person, typed)
            except (DecisionError, OutputError) as error:
                return pages.page("keys", person, status_of_error(error), said="", error=str(error), typed=typed)
        return see("/keys", said=KEPT)
