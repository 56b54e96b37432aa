"""The registry: numbered model versions in one folder, and which of them is current.

    models/
      registry.json   current version and history, replaced atomically
      1/  2/  ...     the versions, immutable once published

A version is written beside its place and renamed into it, under a lock, so that neither a
second training nor a kill at any instant leaves a half-written one behind.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcap.errors import OutputError, RegistryError
from mlcap.files import locked, replace_file, sync_folder
from mlcap.model.load import Artifact, load_artifact
from mlcap.model.save import json_bytes, write_files

REGISTRY_FILE = "registry.json"
#: How the reason of a rollback begins in the history.
ROLLED_BACK = "rolled back from"
_ASIDE = ".new-"


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the history: when which version became current, and why."""

    when: str
    version: int
    why: str


class Registry:
    """A folder of model versions.

    Args:
        folder: the registry's folder; need not exist before the first `publish`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self) -> list[int]:
        """The numbers of the published versions, ascending."""
        try:
            names = [p.name for p in self.folder.iterdir() if p.is_dir() and p.name.isdecimal()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RegistryError(f"{self.folder}: cannot be read ({error.strerror})") from error
        return sorted(int(n) for n in names if str(int(n)) == n)

    def _state(self) -> dict[str, Any]:
        path = self.folder / REGISTRY_FILE
        try:
            state: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {"current": None, "history": []}
        except (OSError, ValueError) as error:
            raise RegistryError(
                f"{path}: cannot be read; name the version to use with --model, or restore the file"
            ) from error
        if not _is_state(state):
            raise RegistryError(f"{path}: is no registry file; restore it, or name the version to use with --model")
        return state

    def current(self) -> int | None:
        """The number of the current version, None before the first promotion."""
        number = self._state()["current"]
        return None if number is None else int(number)

    def history(self) -> list[HistoryEntry]:
        """What was current when and why, oldest first."""
        return [HistoryEntry(str(c.get("when")), c["version"], str(c.get("why"))) for c in self._state()["history"]]

    def before_current(self) -> int | None:
        """The version that was current before the present one was promoted, None where there is none.

        A version that was rolled back is not gone back to: going back twice goes back two promotions.
        """
        promoted: list[int] = []
        for change in self.history():
            if len(promoted) > 1 and change.version == promoted[-2] and change.why.startswith(ROLLED_BACK):
                promoted.pop()
            else:
                promoted.append(change.version)
        known = set(self.versions())
        earlier = [v for v in promoted[:-1] if v in known and v != self.current()]
        return earlier[-1] if earlier else None

    def check_writable(self) -> None:
        """Find out before long work whether a version can be published here.

        Raises:
            RegistryError: the folder cannot be written, or its registry file cannot be read.

        """
        with self._locked():
            self._state()

    def resolve(self, name: str) -> int:
        """Give the number that a user's `current` or `7` stands for.

        Raises:
            RegistryError: there is no such version.
        """
        known = self.versions()
        listed = ", ".join(map(str, known)) or "none"
        if name == "current":
            number = self.current()
            if number is None:
                raise RegistryError(
                    f"{self.folder}: no version is current (versions: {listed}); train one with `mlcap train`"
                )
        elif name.isdecimal() and len(name) < 10:
            number = int(name)
        else:
            raise RegistryError(
                f"{name!r} names no model version; use current or a number ({self.folder} has {listed})"
            )
        if number not in known:
            raise RegistryError(f"{self.folder}: has no version {number} (versions: {listed})")
        return number

    def load(self, name: str = "current") -> tuple[int, Artifact]:
        """Load a version by number or as `current`.

        Raises:
            RegistryError: there is no such version.
            ArtifactError: it is damaged or does not fit this mlcap.
        """
        number = self.resolve(name)
        return number, load_artifact(self.folder / str(number))

    def publish(self, content: Mapping[str, bytes]) -> int:
        """Write a new version and give its number; it does not become current by that.

        Raises:
            RegistryError: the folder cannot be written or the disk is full; nothing is left behind.
        """
        with self._locked():
            number = max(self.versions(), default=0) + 1
            aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder))
            try:
                write_files(aside, content)
                aside.chmod(0o755)
                aside.rename(self.folder / str(number))
                sync_folder(self.folder)
            except OSError as error:
                shutil.rmtree(aside, ignore_errors=True)
                raise RegistryError(
                    f"{self.folder}: the new version could not be written ({error.strerror}); free space or choose another folder with --models"
                ) from error
            return number

    def make_current(self, number: int, why: str) -> None:
        """Make a published version the current one and note it in the history.

        Raises:
            RegistryError: there is no such version, or the folder cannot be written.
        """
        with self._locked():
            self.resolve(str(number))
            state = self._state()
            state["current"] = number
            state["history"].append(
                {"when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "version": number, "why": why}
            )
            try:
                replace_file(self.folder / REGISTRY_FILE, json_bytes(state))
            except OSError as error:
                raise RegistryError(
                    f"{self.folder}: version {number} could not be made current ({error.strerror})"
                ) from error

    def remove(self, number: int) -> None:
        """Remove a version that is not the current one.

        Raises:
            RegistryError: there is no such version, it is current, or the folder cannot be written.

        """
        with self._locked():
            self.resolve(str(number))
            if number == self.current():
                raise RegistryError(f"{self.folder}: version {number} is current; promote another one first")
            aside = self.folder / f"{_ASIDE}removed-{number}"
            try:
                (self.folder / str(number)).rename(aside)
                shutil.rmtree(aside)
            except OSError as error:
                raise RegistryError(
                    f"{self.folder}: version {number} could not be removed ({error.strerror})"
                ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the registry's lock; what a killed writer left aside is swept away."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RegistryError(
                f"{self.folder}: cannot be written ({error.strerror}); choose another folder with --models"
            ) from error
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.folder, wait=True))
            except OutputError as error:
                raise RegistryError(str(error)) from error
            for left in self.folder.glob(f"{_ASIDE}*"):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
            yield


def _is_state(state: Any) -> bool:
    """Whether a registry file holds what it should."""

    def number(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    if not isinstance(state, dict) or not isinstance(state.get("history"), list):
        return False
    if not all(isinstance(c, dict) and number(c.get("version")) for c in state["history"]):
        return False
    return state.get("current", "missing") is None or number(state.get("current"))
