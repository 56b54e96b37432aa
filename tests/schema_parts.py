"""JSON Schemas that stand by themselves: each with a copy of what it refers to."""

from __future__ import annotations

import json
import re


def with_parts(schema, parts):
    """The text of a schema with those parts, as `$defs`, that it refers to."""
    needed, found = [schema], {}
    while needed:
        for name in re.findall(r'"#/(?:components/schemas|\$defs)/([\w-]+)"', json.dumps(needed.pop())):
            if name not in found:
                found[name] = parts[name]
                needed.append(found[name])
    text = json.dumps({**schema, **({"$defs": dict(sorted(found.items()))} if found else {})}, indent=1)
    return text.replace("#/components/schemas/", "#/$defs/") + "\n"
