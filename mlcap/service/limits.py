"""The stated limits of the service."""

from __future__ import annotations

from mlcap.web.limits import Limits

#: Captions of one request: in one JSON text, and a line each (NDJSON).
MOST_CAPTIONS, MOST_LINES = 1000, 10_000
#: Bytes of a request's body.
LARGEST = 4 << 20
#: Seconds within which a request is answered, or an NDJSON batch of one.
SECONDS = 60.0
#: Requests of more than a batch of captions that are tagged in turns; further ones wait until one of these is done.
LARGE_AT_ONCE = 2
#: Queries of a reconciliation batch, and documents of an Annif batch.
MOST_QUERIES, MOST_DOCUMENTS = 50, 32
#: Concepts of a data extension.
MOST_CONCEPTS = 1000
#: Characters of a caption that is explained: an explanation takes far longer than tags, and everybody waits for it.
LONGEST_EXPLAINED = 20_000
#: Contributions told of each value in an explanation, unless others are asked for.
CONTRIBUTIONS = 10


#: Requests of one address at once, at least, and how many seconds' worth of its rate.
LEAST_BURST, BURST_SECONDS = 400, 2


def service_limits(rate: float) -> Limits:
    """The guard's limits for programs that ask so many times a second."""
    return Limits(rate=rate, burst=max(float(LEAST_BURST), BURST_SECONDS * rate), refused_burst=200.0, refused_rate=5.0)
