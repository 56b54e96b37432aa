"""How much and how often: the limits of a web application, and what counts against them."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """How much and how often.

    Attributes:
        body: bytes of a request's body.
        seconds: for a body to arrive.
        rate, burst: requests a second from one address in the long run, and at once.
        refused_rate, refused_burst: the same of requests that are refused.
        at_once: requests that are answered at the same time; more are refused.
        held: bytes of bodies that are held at the same time.
    """

    body: int = 256 << 10
    seconds: float = 20.0
    rate: float = 200.0
    burst: float = 400.0
    refused_rate: float = 2.0
    refused_burst: float = 60.0
    at_once: int = 200
    held: int = 64 << 20


@dataclass
class Buckets:
    """Token buckets by address; the addresses asked for longest ago are forgotten first."""

    rate: float
    burst: float
    most: int = 10_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, address: str) -> bool:
        """Whether one more request is within the limit, which it counts against."""
        at = time.monotonic()
        left, when = self._left.pop(address, (self.burst, at))
        left = min(self.burst, left + (at - when) * self.rate)
        self._left[address] = (left - 1 if left >= 1 else left, at)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        return left >= 1
