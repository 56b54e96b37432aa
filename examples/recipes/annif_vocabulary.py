"""Write the values of a facet as a vocabulary that Annif loads, one line each: IRI and name.

    SERVICE=http://127.0.0.1:8017 TOKEN=... python annif_vocabulary.py event > mlcap-event.tsv
    annif load-vocab --language en mlcap-event mlcap-event.tsv

The project that asks the service then names `vocab=mlcap-event`.
"""

import sys

from mlcap_service import facets


def main():
    """Write the vocabulary of the facet that is named."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    known = {facet["name"]: facet for facet in facets()}
    if sys.argv[1] not in known:
        raise SystemExit(f"there is no facet {sys.argv[1]!r}; there are {', '.join(known)}")
    for value in known[sys.argv[1]]["values"]:
        print(f"<{value['iri']}>\t{value['name']}")


if __name__ == "__main__":
    main()
