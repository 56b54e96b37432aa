"""The registry's own file: which version is current, what was so before, and by what each version's manifest is known."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlcap.bounded_json import read_json
from mlcap.errors import RegistryError
from mlcap.files import open_plain

REGISTRY_FILE = "registry.json"
#: How the reason of a rollback begins in the history.
ROLLED_BACK = "rolled back from"
_LARGEST = 4 << 20
_MOST = 200_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the history: when which version became current, and why.

    Attributes:
        identity: of the version; "" where an older mlcap wrote the line, which did not know it.
    """

    when: str
    version: int
    why: str
    identity: str = ""


@dataclass
class RegistryState:
    """What the registry's file says.

    Attributes:
        current: the number of the current version, None before the first promotion.
        history: what was current when and why, oldest first.
        manifests: number -> SHA-256 of the version's manifest; a version that an older mlcap published has none.
    """

    current: int | None = None
    history: list[HistoryEntry] = field(default_factory=list)
    manifests: dict[int, str] = field(default_factory=dict)

    def before_current(self, known: Collection[int]) -> int | None:
        """The version that was current before the present one was promoted, None where there is none.

        A version that was rolled back is not gone back to: going back twice goes back two promotions.

        Args:
            known: the versions that are there.
        """
        promoted: list[int] = []
        for change in self.history:
            if len(promoted) > 1 and change.version == promoted[-2] and change.why.startswith(ROLLED_BACK):
                promoted.pop()
            else:
                promoted.append(change.version)
        earlier = [v for v in promoted[:-1] if v in known and v != self.current]
        return earlier[-1] if earlier else None

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        history = [{key: value for key, value in asdict(entry).items() if value != ""} for entry in self.history]
        manifests = {str(number): digest for number, digest in sorted(self.manifests.items())}
        return {"current": self.current, "history": history, "manifests": manifests}


def read_state(folder: Path) -> RegistryState:
    """Read a registry's file; where there is none, nothing was promoted yet.

    Raises:
        RegistryError: it cannot be read, or holds something that it may not.
    """
    path = folder / REGISTRY_FILE
    hint = "restore it, or name the version to use with --model"
    try:
        with open_plain(path) as stream:
            data = read_json(stream.read(_LARGEST + 1), _LARGEST, _MOST)
    except FileNotFoundError:
        return RegistryState()
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read ({error.strerror}); {hint}") from error
    except ValueError as error:
        raise RegistryError(f"{path}: {error}; {hint}") from error
    state = _state(data)
    if state is None:
        raise RegistryError(f"{path}: is no registry file; {hint}")
    return state


def _state(data: Any) -> RegistryState | None:
    """The state that data stands for, None where it is none."""
    if not isinstance(data, dict) or "current" not in data:
        return None
    current, history, manifests = data["current"], data.get("history"), data.get("manifests", {})
    if not (current is None or _is_number(current)) or not isinstance(history, list) or not isinstance(manifests, dict):
        return None
    if not all(_NUMBER.fullmatch(n) and isinstance(d, str) and _SHA256.fullmatch(d) for n, d in manifests.items()):
        return None
    entries = list(map(_entry, history))
    if None in entries:
        return None
    return RegistryState(current, [e for e in entries if e is not None], {int(n): d for n, d in manifests.items()})


def _entry(data: Any) -> HistoryEntry | None:
    if not isinstance(data, dict) or not _is_number(data.get("version")):
        return None
    texts = [data.get(key, "") for key in ("when", "why", "identity")]
    if not all(isinstance(text, str) for text in texts):
        return None
    return HistoryEntry(texts[0], data["version"], texts[1], texts[2])


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9
