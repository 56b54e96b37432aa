"""The registry: numbered model versions in one folder, and which of them is current.

    models/
      registry.json   current version, history, and the digest of each version's manifest; replaced atomically
      1/  2/  ...     the versions, immutable once published

A version is written beside its place and renamed into it, under a lock, so that neither a
second training nor a kill at any instant leaves a half-written one behind. Its files are known by their digests in its
manifest, and the manifest by its digest here; that tells damage, not a forger who can write both.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcap.errors import ArtifactError, OutputError, RegistryError
from mlcap.files import locked, replace_file, sync_folder, why_not_written
from mlcap.model.format import LARGEST_MANIFEST, MANIFEST, read_file
from mlcap.model.load import Artifact, load_artifact, undamaged_card
from mlcap.model.manifest import IDENTITY, version_identity
from mlcap.model.manifest_reading import content_digest, manifest_data, reads_features
from mlcap.model.registry_state import REGISTRY_FILE, HistoryEntry, RegistryState, read_state
from mlcap.model.save import json_bytes, write_files
from mlcap.model.signing import signature_of

_ASIDE = ".new-"


@dataclass(frozen=True)
class Version:
    """A version of a registry, loaded.

    Attributes:
        number: its number there.
        artifact: what was loaded.
        recorded: whether the registry knows the digest of its manifest, so that a change of it is found.

    Example:
        >>> from mlcap.model.location import shipped_models
        >>> version = mlcap.Registry(shipped_models()).load()
        >>> version.identity.startswith(f"{version.number}-"), version.recorded
        (True, True)
        >>> [facet.name for facet in version.artifact.facets]
        ['event', 'crew_role']
    """

    number: int
    artifact: Artifact
    recorded: bool

    @property
    def identity(self) -> str:
        """The name by which records know it, `3-1f0c9a2b`."""
        return self.artifact.manifest.identity(self.number)


class Registry:
    """A folder of model versions.

    Args:
        folder: the registry's folder; need not exist before the first `publish`.

    Example:
        >>> registry = mlcap.Registry(Path("my-models"))
        >>> registry.versions(), registry.current(), registry.history()
        ([], None, [])
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self) -> list[int]:
        """The numbers of the published versions, ascending."""
        try:
            # A link is no version: what it leads to is not the registry's.
            names = [p.name for p in self.folder.iterdir() if p.name.isdecimal() and p.is_dir() and not p.is_symlink()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RegistryError(f"{self.folder}: cannot be read ({error.strerror})") from error
        return sorted(int(n) for n in names if str(int(n)) == n)

    def current(self) -> int | None:
        """The number of the current version, None before the first promotion."""
        return read_state(self.folder).current

    def history(self) -> list[HistoryEntry]:
        """What was current when and why, oldest first."""
        return read_state(self.folder).history

    def identity(self, number: int) -> str:
        """The identity of a version, whether or not this mlcap can use it.

        Raises:
            ArtifactError: its manifest cannot be read, or is not the one that was published.
        """
        return version_identity(number, content_digest(self.manifest_data(number)))

    def manifest_data(self, number: int) -> dict[str, Any]:
        """What the manifest of a version says, as it stands.

        Raises:
            ArtifactError: it cannot be read, or is not the one that was published.
        """
        return manifest_data(self._place(number), self._recorded(number))

    def reads_features(self, number: int) -> bool:
        """Whether a version was trained with the features that this mlcap reads, and so can tag.

        Raises:
            ArtifactError: its manifest cannot be read, or is not the one that was published.
        """
        return reads_features(self.manifest_data(number))

    def card(self, number: int) -> str:
        """The card of a version, be its features such as this mlcap reads or not.

        Raises:
            ArtifactError: a file is missing, or not the one that was published.
        """
        return undamaged_card(self._place(number), self._recorded(number))

    def _place(self, number: int) -> Path:
        return self.folder / str(number)

    def _recorded(self, number: int) -> str | None:
        """The SHA-256 of a version's manifest; None where it is not known."""
        with suppress(RegistryError):  # A version can be used by its number when the registry's file is lost.
            return read_state(self.folder).manifests.get(number)
        return None

    def before_current(self) -> int | None:
        """The version to go back to, None where there is none."""
        return read_state(self.folder).before_current(self.versions())

    def check_writable(self) -> None:
        """Find out before long work whether a version can be published here; nothing is left of that.

        Raises:
            RegistryError: the folder cannot be written, or its registry file cannot be read.

        """
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        try:
            with self._locked():
                read_state(self.folder)
        finally:
            # The work may yet be refused, and an empty folder would look like one of versions.
            for folder in missing:
                with suppress(OSError):
                    folder.rmdir()

    def resolve(self, name: str) -> int:
        """Give the number that a user's `current`, `7` or `7-1f0c9a2b` stands for.

        Raises:
            RegistryError: there is no such version.
            ArtifactError: the version's manifest, which tells its identity, cannot be read.
        """
        known = self.versions()
        listed = ", ".join(map(str, known)) or "none"
        identity = IDENTITY.fullmatch(name)
        if name == "current":
            number = self.current()
            if number is None and not self.folder.exists():
                raise RegistryError(
                    f"{self.folder}: there is no such folder; name one of model versions, or train one with `mlcap train`"
                )
            if number is None:
                raise RegistryError(
                    f"{self.folder}: no version is current (versions: {listed}); train one with `mlcap train`"
                )
        elif identity:
            number = int(identity["number"])
        elif name.isdecimal() and len(name) < 10:
            number = int(name)
        else:
            raise RegistryError(
                f"{name!r} names no model version; use current, a number or an identity such as 1-1f0c9a2b ({self.folder} has {listed})"
            )
        if number not in known:
            raise RegistryError(f"{self.folder}: has no version {number} (versions: {listed})")
        if identity and not content_digest(self.manifest_data(number)).startswith(identity["digest"]):
            raise RegistryError(
                f"{self.folder}: has no version {name}; its version {number} is {self.identity(number)}, another one"
            )
        return number

    def load(self, name: str = "current") -> Version:
        """Load a version by number, by identity or as `current`.

        Raises:
            RegistryError: there is no such version.
            ArtifactError: it is damaged or does not fit this mlcap.
        """
        number = self.resolve(name)
        sha256 = self._recorded(number)
        return Version(number, load_artifact(self._place(number), sha256), sha256 is not None)

    def publish(self, content: Mapping[str, bytes]) -> int:
        """Write a new version and give its number; it does not become current by that.

        Raises:
            RegistryError: the folder cannot be written, the disk is full or the registry's file is damaged; nothing
                is left behind.
        """
        with self._locked():
            number = max(self.versions(), default=0) + 1
            state = read_state(self.folder)
            aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder))
            try:
                write_files(aside, content)
                aside.chmod(0o755)
                # Before the version has its name: killed in between, the registry knows the digest of none too many.
                state.manifests[number] = hashlib.sha256(content[MANIFEST]).hexdigest()
                self._write(state, number)
                aside.rename(self._place(number))
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
            ArtifactError: its manifest cannot be read, or is not the one that was published.
        """
        with self._locked():
            self.resolve(str(number))
            state = read_state(self.folder)
            state.current = number
            when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            state.history.append(HistoryEntry(when, number, why, self.identity(number)))
            try:
                self._write(state)
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
            state = read_state(self.folder)
            if number == state.current:
                raise RegistryError(f"{self.folder}: version {number} is current; promote another one first")
            aside = self.folder / f"{_ASIDE}removed-{number}"
            try:
                self._place(number).rename(aside)
                self._write(state)
                signature_of(self._place(number)).unlink(missing_ok=True)
                shutil.rmtree(aside)
            except OSError as error:
                raise RegistryError(
                    f"{self.folder}: version {number} could not be removed ({error.strerror})"
                ) from error

    def _write(self, state: RegistryState, coming: int | None = None) -> None:
        """Write the registry's file, with the digests of the versions that are there and of the one that is about to come.

        A version that an older mlcap published gets its digest here: what it is now it has to stay.
        """
        there = self.versions()
        state.manifests = {n: d for n, d in state.manifests.items() if n in there or n == coming}
        for number in there:
            if number not in state.manifests:
                with suppress(ArtifactError):
                    content = read_file(self._place(number), MANIFEST, LARGEST_MANIFEST)
                    state.manifests[number] = hashlib.sha256(content).hexdigest()
        replace_file(self.folder / REGISTRY_FILE, json_bytes(state.as_data()))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the registry's lock; what a killed writer left aside is swept away."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RegistryError(
                f"{self.folder}: cannot be written ({why_not_written(error)}); choose another folder with --models"
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
