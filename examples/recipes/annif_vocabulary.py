"""Write the values of a facet as a vocabulary that Annif loads, one line each: IRI and name.

    SERVICE=http://127.0.0.1:8017 TOKEN=... python annif_vocabulary.py event > mlcap-event.tsv
    annif load-vocab --language en mlcap-event mlcap-event.tsv

The project that asks the service then names `vocab=mlcap-event`.
"""

import os
import sys

from mlcap_service import ask


def main():
    """Write the vocabulary of the facet that is named."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    service = os.environ.get("SERVICE", "http://127.0.0.1:8017")
    found = ask(f"{service}/v1/facets", headers={"authorization": f"Bearer {os.environ['TOKEN']}"})
    facets = {facet["name"]: facet for facet in found["facets"]}
    if sys.argv[1] not in facets:
        raise SystemExit(f"there is no facet {sys.argv[1]!r}; there are {', '.join(facets)}")
    for value in facets[sys.argv[1]]["values"]:
        print(f"<{value['iri']}>\t{value['name']}")


if __name__ == "__main__":
    main()
