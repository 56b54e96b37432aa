"""The router of the desk.

Every page works by plain links and forms; what changes something is a POST that ends in a redirection (post, redirect,
get), so that a reload repeats nothing.
"""

from __future__ import annotations

from fastapi import APIRouter

from mlcap.desk.context import Context
from mlcap.desk.entry import entry_routes
from mlcap.desk.looking import looking_routes
from mlcap.desk.working import card_routes, several_routes


def desk_router(context: Context) -> APIRouter:
    """The routes of a desk."""
    # Pages are for people, and stand in no description for programs.
    router = APIRouter(include_in_schema=False)
    for routes in (entry_routes, card_routes, several_routes, looking_routes):
        router.include_router(routes(context))
    return router
