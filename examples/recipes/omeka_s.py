"""Tag items of Omeka S: reads `dcterms:description`, adds the values to `dcterms:subject` with their IRIs.

    OMEKA=https://omeka.example OMEKA_IDENTITY=... OMEKA_CREDENTIAL=... TOKEN=... python omeka_s.py ITEM...

What an item has stays: Omeka S replaces the whole of an item, so that all of it is sent back with the new subjects.
"""

import argparse
from urllib.parse import urlencode

from mlcap_service import ask, facets, setting, tag, values

SUBJECT, DESCRIPTION = "dcterms:subject", "dcterms:description"


def call(path, data=None, method=None, **query):
    """Call Omeka S's API."""
    keys = {"key_identity": setting("OMEKA_IDENTITY"), "key_credential": setting("OMEKA_CREDENTIAL")}
    return ask(f"{setting('OMEKA')}/api/{path}?{urlencode(query | keys)}", data, method=method)


def iris():
    """`facet/value` -> IRI, as the service has them."""
    return {f"{f['name']}/{v['name']}": v["iri"] for f in facets() for v in f["values"]}


def main():
    """Tag the items that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", nargs="+", metavar="ITEM")
    args = parser.parse_args()
    known = iris()
    subject = call("properties", term=SUBJECT)[0]["o:id"]
    items = [call(f"items/{item}") for item in args.items]
    captions = [
        {"id": item, "text": "\n".join(v["@value"] for v in one.get(DESCRIPTION, []) if v.get("@value"))}
        for item, one in zip(args.items, items, strict=True)
    ]
    for item, one, record in zip(args.items, items, tag(captions), strict=True):
        there = {value.get("@id") for value in one.get(SUBJECT, [])}
        new = [name for name in values(record) if known[name] not in there]
        if not values(record):
            told = record.get("error") or "; ".join(record["review_reasons"]) or "no tag"
            print(f"{item}: for a person ({told})")
            continue
        if new:
            added = [
                {"type": "uri", "property_id": subject, "@id": known[name], "o:label": name.partition("/")[2]}
                for name in new
            ]
            call(f"items/{item}", {**one, SUBJECT: [*one.get(SUBJECT, []), *added]}, "PUT")
        print(f"{item}: {', '.join(values(record))}")


if __name__ == "__main__":
    main()
