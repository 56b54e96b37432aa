"""The web application of a review desk alone."""

from __future__ import annotations

from collections.abc import Mapping

from mlcap.desk.router import desk_router
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.web.application import guarded
from mlcap.web.guard import Guard
from mlcap.web.limits import Limits


def desk_application(desk: Desk, tagger: Tagger, hosts: Mapping[str, str], limits: Limits | None = None) -> Guard:
    """Its pages behind a guard; arguments as for `guarded`."""
    return guarded([desk_router(desk, lambda: tagger)], hosts, limits)
