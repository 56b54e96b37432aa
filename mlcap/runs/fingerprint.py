"""By what a run that goes on knows that its inputs and its model are still the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlcap import __version__
from mlcap.errors import InputError
from mlcap.model.tagging import Tagger


@dataclass(frozen=True)
class Fingerprint:
    """What the records of a run depend on.

    Attributes:
        inputs: name -> digest of each input, in order.
        options: how the inputs are read.
        model: the model version's identity.
        model_digest: SHA-256 of its manifest, which holds the digests of its files.
        mlcap: the version of mlcap.
    """

    inputs: Mapping[str, str]
    options: Mapping[str, str | None]
    model: str
    model_digest: str
    mlcap: str

    def as_data(self) -> dict[str, Any]:
        """The fingerprint for a JSON file."""
        return asdict(self)

    def check(self, earlier: Mapping[str, Any], anew: str = "leave --resume away to start anew") -> None:
        """Compare with the fingerprint of a stopped run.

        Args:
            anew: how another run is started instead.

        Raises:
            InputError: something differs; the message says what.
        """
        before = earlier.get("inputs")
        if not isinstance(before, dict) or list(before) != list(self.inputs):
            raise InputError(f"the stopped run read other inputs ({_listed(before)}); name the same ones, or {anew}")
        for name, digest in self.inputs.items():
            if before[name] != digest:
                raise InputError(f"{name}: changed since the stopped run; {anew}")
        if other := self._other_options(earlier.get("options")):
            raise InputError(f"the stopped run read with other options ({other}); give the same, or {anew}")
        # By the digest alone: runs of older mlcaps noted the version's number, which is no name of its own.
        if earlier.get("model_digest") != self.model_digest:
            raise InputError(
                f"the stopped run used model version {earlier.get('model')}, this one is {self.model}; say --model {earlier.get('model')}, or {anew}"
            )
        if earlier.get("mlcap") != self.mlcap:
            raise InputError(f"the stopped run was one of mlcap {earlier.get('mlcap')}, this is {self.mlcap}; {anew}")

    def _other_options(self, before: Any) -> str:
        """The options that the stopped run had otherwise, or had not; one that is None was not given."""
        if not isinstance(before, dict):
            return "unknown"
        names = [n for n in dict.fromkeys((*self.options, *before)) if self.options.get(n) != before.get(n)]
        return ", ".join("--" + str(name).replace("_", "-") for name in names)


def _listed(inputs: Any) -> str:
    return ", ".join(map(str, inputs)) if isinstance(inputs, dict) else "unknown"


def model_digest(tagger: Tagger) -> str:
    """The SHA-256 of a model version's manifest."""
    return tagger.artifact.manifest.digest


def _folder_entries(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(place, name)  # noqa: PTH118
            try:
                info = os.lstat(path)
                yield f"{path}\0{info.st_size}\0{info.st_mtime_ns}"
            except OSError:
                yield path


def input_digest(name: str) -> str:
    """The digest of a file's bytes, or of the names, sizes and times in a folder; `missing` where there is neither.

    Raises:
        InputError: the file cannot be read.
    """
    path = Path(name)
    if path.is_dir():
        digest = hashlib.sha256()
        for entry in _folder_entries(path):
            digest.update(entry.encode("utf-8", errors="surrogateescape") + b"\n")
        return digest.hexdigest()
    try:
        if not path.is_file():
            return "missing"
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from error


def fingerprint(names: Sequence[str], options: Mapping[str, str | None], tagger: Tagger) -> Fingerprint:
    """Take the fingerprint of a run.

    Raises:
        InputError: an input cannot be read.
    """
    inputs = {name: input_digest(name) for name in names}
    return Fingerprint(inputs, options, tagger.version, model_digest(tagger), __version__)
