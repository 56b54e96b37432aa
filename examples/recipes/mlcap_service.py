"""Asking mlcap's service, with nothing but Python's own library; the recipes beside this file use it.

    SERVICE=http://127.0.0.1:8017 TOKEN=... python RECIPE.py ...

The recipes are tried against stand-ins of the systems that they call, never against these; try one on a few records first.
"""

import json
import os
import time
import urllib.error
import urllib.request

#: How often a service that is busy is asked again.
_TRIES = 5


def setting(name):
    """A variable of the environment that a recipe cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        known = "; `mlcap tokens add DESK NAME` gives a token" if name == "TOKEN" else ""
        raise SystemExit(f"{name} is not set: set it in the environment, as the head of the recipe shows{known}")
    return value


def facets():
    """The facets of the service with their values."""
    return _asked("/v1/facets")["facets"]


def _asked(path, data=None):
    """What mlcap's service answers."""
    service = os.environ.get("SERVICE", "http://127.0.0.1:8017")
    return ask(f"{service}{path}", data, {"authorization": f"Bearer {setting('TOKEN')}"})


def ask(url, data=None, headers=None, method=None):
    """The JSON that an address answers with; data is sent as JSON, or as it is where it is bytes."""
    body = data if isinstance(data, bytes | None) else json.dumps(data).encode()
    headers = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
    request = urllib.request.Request(url, body, headers, method=method)
    for left in reversed(range(_TRIES)):
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or not left:
                raise SystemExit(f"{url.partition('?')[0]}: {error.code} {_detail(error)}") from None
            time.sleep(float(error.headers.get("retry-after") or 1))
        except urllib.error.URLError as error:
            raise SystemExit(f"{url.partition('?')[0]}: cannot be reached ({error.reason})") from None
    return None


def _detail(error):
    """What an error says, in a line."""
    text = error.read().decode("utf-8", errors="replace")
    try:
        return json.loads(text).get("detail", text)
    except (ValueError, AttributeError):
        return " ".join(text.split())[:200]


def tag(records):
    """The records with their tags, in order; each has a caption under `text`. One that has none has `error`."""
    return _asked("/v1/tag", list(records))["results"]


def values(record):
    """The values that a record was tagged with, as `facet/value`; none that a person should look at first, and no `other`."""
    if record.get("error") or record["needs_review"]:
        return []
    given = [("event", record["event"])] + [("crew_role", role) for role in record["crew_role"]]
    return [f"{facet}/{value}" for facet, value in given if value and value != "other"]
