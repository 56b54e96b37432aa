"""Tag assets of Immich: reads their descriptions, makes the tags where they are new, and tags the assets.

    IMMICH=http://immich.example:2283 IMMICH_KEY=... TOKEN=... python immich.py ASSET...

The tags stand under `mlcap`, as `mlcap/event/launch`, so that they can be filtered and removed together.
"""

import argparse
from collections import defaultdict

from mlcap_service import ask, setting, tag, values


def call(method, path, data=None):
    """Call Immich's API."""
    return ask(f"{setting('IMMICH')}/api{path}", data, {"x-api-key": setting("IMMICH_KEY")}, method)


def main():
    """Tag the assets that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assets", nargs="+", metavar="ASSET")
    args = parser.parse_args()
    found = [call("GET", f"/assets/{asset}") for asset in args.assets]
    captions = [{"id": one["id"], "text": (one.get("exifInfo") or {}).get("description") or ""} for one in found]
    by_tag = defaultdict(list)
    for asset, record in zip(args.assets, tag(captions), strict=True):
        new = values(record)
        for one in new:
            by_tag[f"mlcap/{one}"].append(asset)
        told = ", ".join(new) or record.get("error") or "; ".join(record["review_reasons"]) or "no tag"
        print(f"{asset}: {told if new else f'for a person ({told})'}")
    if by_tag:
        numbers = {one["value"]: one["id"] for one in call("PUT", "/tags", {"tags": sorted(by_tag)})}
        for name, assets in by_tag.items():
            call("PUT", f"/tags/{numbers[name]}/assets", {"ids": assets})


if __name__ == "__main__":
    main()
