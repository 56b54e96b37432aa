"""The pages that one looks at between cards: queues, search, history, differences, progress, exports."""

from __future__ import annotations

import re
import secrets
import time

from starlette.responses import HTMLResponse, Response

from mlcap.desk.pages import Pages, facet_choices
from mlcap.errors import DecisionError, DeskError
from mlcap.review.blindness import note_all_seen, note_seen, reads_blind
from mlcap.review.cards import caption_of
from mlcap.review.desk import Desk
from mlcap.review.exporting import FORMS, exported_text
from mlcap.review.history import history
from mlcap.review.keys import keys_of
from mlcap.review.measuring import Measuring
from mlcap.review.outcomes import captions_by_number
from mlcap.review.queues import Queue, QueueKind, differing, found_captions, topics, waiting_count
from mlcap.review.standing import readings_of
from mlcap.review.status import progress_of, status_of

#: The share of right automatic values that the promise is held against where nobody says another.
TARGET = 0.95
#: Seconds after which the page of progress is looked at again while something is measured.
_LOOK_AGAIN = 5
#: What no name of a downloaded file has.
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_MEDIA = {".jsonl": "application/x-ndjson", ".csv": "text/csv", ".json": "application/json"}


def done_page(desk: Desk, pages: Pages, person: str, queue: Queue) -> HTMLResponse:
    """What is shown where a queue holds nothing more for a person."""
    progress = progress_of(desk.store)
    others = waiting_count(desk.store, Queue())
    return pages.page("done", person, queue=queue, progress=progress, others=others)


def queues_page(desk: Desk, pages: Pages, person: str) -> HTMLResponse:
    """What can be chosen to work on."""
    store = desk.store
    found = {str(kind): topics(store, kind, person) for kind in (QueueKind.REASON, QueueKind.PAIR, QueueKind.SERIES)}
    firsts = captions_by_number(store, [int(one.value) for one in found["series"]])
    return pages.page(
        "queues",
        person,
        found=found,
        firsts=firsts,
        waiting=waiting_count(store, Queue()),
        feedback=waiting_count(store, Queue(QueueKind.FEEDBACK)),
        progress=progress_of(store),
    )


def search_page(desk: Desk, pages: Pages, person: str, words: str) -> HTMLResponse:
    """What a search finds, decided captions as well; no labels of what the person is still to read blind."""
    words = words.strip()[:200]
    numbers = found_captions(desk.store, Queue(QueueKind.SEARCH, words)) if words else []
    captions = captions_by_number(desk.store, numbers)
    found = []
    for number in numbers:
        readings, settling = ([], None) if reads_blind(desk.store, number, person) else readings_of(desk.store, number)
        last = settling or (readings[0] if readings else None)
        found.append((captions[number], last))
    note_seen(desk.store, [caption.number for caption, last in found if last], person)
    return pages.page("search", person, words=words, found=found)


def history_page(desk: Desk, pages: Pages, person: str, said: str) -> HTMLResponse:
    """What a person did, latest first."""
    return pages.page("history", person, actions=history(desk.store, person), said=said)


def differing_page(desk: Desk, pages: Pages, person: str) -> HTMLResponse:
    """The captions whose readings differ."""
    captions = captions_by_number(desk.store, differing(desk.store))
    return pages.page("differing", person, captions=list(captions.values()))


def difference_page(desk: Desk, pages: Pages, person: str, number: int) -> HTMLResponse:
    """The readings of one caption side by side, without the names of those who read."""
    caption = caption_of(desk.store, number)
    readings, settling = readings_of(desk.store, number)
    if settling is not None or len(readings) < 2:
        raise DeskError("the readings of this caption do not differ, or somebody has settled them")
    nonce = secrets.token_urlsafe(12)
    note_seen(desk.store, [number], person)
    choices = facet_choices(desk, keys_of(desk.store, desk.facets, person), {}, {})
    return pages.page("settle", person, caption=caption, readings=readings, nonce=nonce, choices=choices)


def progress_page(desk: Desk, pages: Pages, person: str, target: str, measuring: Measuring) -> HTMLResponse:
    """How the desk stands."""
    wanted = _target(target.strip())
    found = status_of(desk.store, desk.facets, wanted)
    running = measuring.running  # Asked once, so that the page holds together.
    page = pages.page(
        "progress", person, found=found, target=wanted, forms=list(FORMS), running=running, fault=measuring.fault
    )
    if running:
        # Another address each time: to its own with a fragment a browser jumps, and asks nothing.
        page.headers["refresh"] = f"{_LOOK_AGAIN}; url=/progress?target={wanted:g}&at={time.time():.0f}#gain"
    return page


def _target(text: str) -> float:
    """A share of right values as people write it, `0.95`, `95` or `95%`; the usual one where nothing is written."""
    if not text:
        return TARGET
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = 0.0
    share = number / 100 if text.endswith("%") or number > 1 else number
    if not 0 < share < 1:
        raise DecisionError(f"{text[:40]!r} is no target; give a share between 0 and 1, or a percentage such as 95%")
    return share


def export_file(desk: Desk, person: str, form: str) -> Response:
    """The labelled captions as a file."""
    if form not in FORMS:
        raise DeskError(f"there is no such form; there are {', '.join(FORMS)}")
    text, _ = exported_text(desk, form)
    note_all_seen(desk.store, person)
    suffix = FORMS[form][1]
    # Of two desks in one folder of downloads each is known by its name.
    name = _ODD.sub("-", desk.name).strip("-.") or "desk"
    what = "labels" if form == "csv" else form
    headers = {"content-disposition": f'attachment; filename="{name}-{what}{suffix}"'}
    data = text.encode("utf-8", errors="replace")
    return Response(data, media_type=f"{_MEDIA[suffix]}; charset=utf-8", headers=headers)
