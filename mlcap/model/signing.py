"""Signatures of model versions, in the form of OpenSSF Model Signing (a Sigstore bundle with the digest of every file).

A signature lies beside its version, `models/5.sig`, since a version is what its manifest says and nothing more. Keys are
those of elliptic curves, as PEM; other tools that know the form can check a signature as well. Needs the extra `signing`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from mlcap.errors import ArtifactError, InputError, RegistryError, install_extra
from mlcap.files import beside
from mlcap.text import one_line

#: A signature of a version's dozen files takes some kilobytes.
_LARGEST = 1 << 20


def signature_of(version: Path) -> Path:
    """Where the signature of a version's folder lies."""
    return version.with_name(f"{version.name}.sig")


def sign(version: Path, key: Path) -> Path:
    """Sign a version, and give the signature's file; one that is there is replaced.

    Args:
        version: its folder.
        key: the private key.

    Raises:
        InputError: the key cannot be used, or the extra `signing` is missing.
        RegistryError: the signature cannot be written.
    """
    place = signature_of(version)
    _check_key(key)
    with _library() as library:
        with _usable(key, "private key that can sign"):
            config = library.signing.Config().use_elliptic_key_signer(private_key=key)
        aside = beside(place, ".new", ".")
        try:
            config.set_hashing_config(_hashing(library)).sign(version, aside)
            aside.replace(place)
        except OSError as error:
            raise RegistryError(f"{place}: cannot be written ({error.strerror or error})") from error
        finally:
            aside.unlink(missing_ok=True)
    return place


def check_signature(version: Path, key: Path) -> None:
    """Check that a version is what the owner of a key signed: every file, and no other.

    Args:
        version: its folder.
        key: the public key.

    Raises:
        InputError: the key cannot be used, or the extra `signing` is missing.
        ArtifactError: there is no signature, it is another key's, or a file was changed, added or removed.
    """
    place = signature_of(version)
    _check_key(key)
    with _library() as library:
        with _usable(key, "public key of a signature"):
            config = library.verifying.Config().use_elliptic_key_verifier(public_key=key)
        try:
            size = place.stat().st_size
        except OSError as error:
            raise ArtifactError(f"{place}: there is no signature of this version") from error
        if size > _LARGEST:
            raise ArtifactError(f"{place}: is no signature")
        try:
            config.set_hashing_config(_hashing(library)).verify(version, place)
        except (LookupError, TypeError, AttributeError, JSONDecodeError) as error:
            # The library takes it apart without looking whether it has its parts.
            raise ArtifactError(f"{place}: is no signature that can be read; sign the version again") from error
        except Exception as error:
            # Whatever the bytes of a signature make the library raise, the version is not what was signed.
            raise ArtifactError(f"{version}: is not what this key signed ({_what(error)})") from error


def _hashing(library: Any) -> Any:
    return library.hashing.Config().use_file_serialization(hashing_algorithm="sha256", allow_symlinks=False)


def _check_key(key: Path) -> None:
    if not key.is_file():
        raise InputError(f"{key}: there is no such key")


@contextmanager
def _usable(key: Path, kind: str) -> Iterator[None]:
    """Turn what the library raises at a key that it cannot use into one line.

    Raises:
        InputError: it could not.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{key}: cannot be read ({error.strerror or error})") from error
    except AttributeError as error:
        # The library asks a key of any kind for its curve.
        raise InputError(f"{key}: is no {kind}, as it is no elliptic-curve key") from error
    except Exception as error:
        # Whatever the bytes make the library raise, they are no such key.
        raise InputError(f"{key}: is no {kind} ({_what(error)})") from error


@contextmanager
def _library() -> Iterator[Any]:
    """The library, which has warnings of its own that are of no use to whoever signs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import model_signing
        except ImportError as error:
            raise InputError(f"signatures need the package model-signing; {install_extra('signing')}") from error
        yield model_signing


def _what(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__)[:200]
