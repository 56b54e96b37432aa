"""Tag resources of ResourceSpace: reads their captions, writes the tags into a field by signed calls.

    RESOURCESPACE=https://dam.example/api/ RESOURCESPACE_USER=mlcap RESOURCESPACE_KEY=... TOKEN=... \
        python resourcespace.py --caption 8 --tags 92 101 102 103

`--caption` and `--tags` are the numbers of the fields; the field of tags is a fixed list that takes several values. What is in
it stays.
"""

import argparse
import hashlib
from urllib.parse import urlencode

from mlcap_service import ask, setting, tag, values


def call(function, *parameters):
    """Call a function of ResourceSpace's API: the query is signed with the user's private key."""
    query = {"user": setting("RESOURCESPACE_USER"), "function": function}
    query |= {f"param{number}": value for number, value in enumerate(parameters, 1)}
    text = urlencode(query)
    sign = hashlib.sha256((setting("RESOURCESPACE_KEY") + text).encode()).hexdigest()
    body = urlencode({"query": text, "sign": sign, "user": query["user"]}).encode()
    return ask(setting("RESOURCESPACE"), body, {"content-type": "application/x-www-form-urlencoded"})


def field(resource, number):
    """What a field of a resource holds."""
    for one in call("get_resource_field_data", resource):
        if int(one["ref"]) == number:
            return one["value"] or ""
    raise SystemExit(f"resource {resource} has no field {number}")


def main():
    """Tag the resources that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caption", type=int, required=True)
    parser.add_argument("--tags", type=int, required=True)
    parser.add_argument("resources", type=int, nargs="+")
    args = parser.parse_args()
    records = [{"id": str(one), "text": field(one, args.caption)} for one in args.resources]
    for resource, record in zip(args.resources, tag(records), strict=True):
        new = values(record)
        if not new:
            print(
                f"{resource}: for a person ({record.get('error') or '; '.join(record['review_reasons']) or 'no tag'})"
            )
            continue
        there = [one.strip() for one in field(resource, args.tags).split(",") if one.strip()]
        both = list(dict.fromkeys([*there, *new]))
        if both != there and not call("update_field", resource, args.tags, ",".join(both)):
            raise SystemExit(f"resource {resource}: ResourceSpace did not take the tags")
        print(f"{resource}: {', '.join(new)}")


if __name__ == "__main__":
    main()
