"""The web application of a review desk alone."""

from __future__ import annotations

from collections.abc import Mapping

from mlcap.desk.context import Context
from mlcap.desk.router import desk_router
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.web.application import guarded
from mlcap.web.guard import Guard
from mlcap.web.limits import Limits


def desk_application(desk: Desk, tagger: Tagger, hosts: Mapping[str, str], limits: Limits | None = None) -> Guard:
    """Its pages behind a guard; arguments as for `guarded`."""
    context = Context(desk, lambda: tagger)
    return guarded([desk_router(context)], hosts, limits, page=context.refusal)
