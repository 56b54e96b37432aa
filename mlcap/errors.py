"""The errors that mlcap raises: each message says what was wrong, what is allowed and what to try.

They know nothing of the command line; `mlcap.cli.errors` turns them into one line and an exit code.
"""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import sys

from mlcap.text import printable

#: A path may have four thousand bytes; a message with more characters is none that anybody reads.
_LONGEST = 6000


def shown(message: str) -> str:
    """A message as one line for a person."""
    half = _LONGEST // 2
    return printable(message if len(message) <= _LONGEST else f"{message[:half]} ... {message[-half:]}")


class MlcapError(Exception):
    """Base of every error that mlcap raises on purpose; its message is one line for a person.

    What it names may come from a file: characters that no line holds, or that steer a terminal, are spaces in it, and
    of thousands of characters the middle is left out.

    Example:
        >>> try:
        ...     mlcap.load("9999")
        ... except mlcap.MlcapError as error:
        ...     print(error)
        /...: has no version 9999 (versions: ...)
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(shown(message))


class InputError(MlcapError):
    """A file, stream or option given by the user cannot be used as it is.

    Attributes:
        plain: the message without advice that needs an option.
        advice: that advice, "" where there is none.

    Args:
        advice: what to try, with an option that not every command has.

    Example:
        >>> mlcap.load().tag_one(None)
        Traceback (most recent call last):
        mlcap.errors.InputError: a caption is missing (None, as a data frame gives an empty cell); leave ...
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message}; {advice}" if advice else message)
        self.plain, self.advice = shown(message), advice


class ChangedInputError(InputError):
    """A file changed while it was read."""


class FitError(MlcapError, ValueError):
    """An estimator cannot be fitted on the labels that it was given; a `ValueError` too, as scikit-learn expects.

    Example:
        >>> mlcap.SingleValueClassifier().fit([[0.0], [1.0]], ["day", None])
        Traceback (most recent call last):
        mlcap.errors.FitError: label 1 (counted from 0) is missing (None); leave captions without a label out
    """


class LedgerError(MlcapError):
    """The ledger of an inbox is missing, damaged or of another mlcap."""


class DamagedLedgerError(LedgerError):
    """The ledger of an inbox is damaged; it can be made anew from the results.

    Attributes:
        plain: the message without advice.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; `mlcap watch` makes it anew from the results")
        self.plain = shown(message)


class LexiconError(MlcapError):
    """A file of the lexicon is missing, or one of its lines cannot be read."""


class OutputError(MlcapError):
    """A result cannot be written: the disk is full, the folder is closed to us, or somebody else writes it."""


class PhotoError(MlcapError):
    """A photograph, its sidecar or exiftool cannot be used as they are."""


class DeskError(MlcapError):
    """A desk is missing, damaged or of another mlcap, or is asked for what it does not hold."""


class DecisionError(DeskError):
    """A decision does not fit the caption or the taxonomy, or its card is no longer known."""


class DecidedError(DecisionError):
    """Somebody decided the caption since the card was shown; `number` is the caption's."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class WorkerError(MlcapError):
    """A process that tags ended without an answer: by a signal, or for want of memory.

    Attributes:
        plain: the message without advice that needs an option.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message}; {advice}" if advice else message)
        self.plain = shown(message)


class PlanError(MlcapError):
    """A plan of writing tags, or the journal of a run, cannot be read or does not fit."""


class PullError(MlcapError):
    """The image library refuses a request, or gives no sound answer."""


class TaxonomyError(MlcapError):
    """The taxonomy names no facet, or a facet or value is malformed.

    Example:
        >>> _ = Path("taxonomy.toml").write_text("facet.sky.multiple = 7")
        >>> mlcap.read_taxonomy(Path("taxonomy.toml"))
        Traceback (most recent call last):
        mlcap.errors.TaxonomyError: taxonomy.toml: facet sky must say multiple = true ...
    """


class LabelError(MlcapError):
    """A labelled file holds a record that does not fit the taxonomy or the file's own schema.

    Example:
        >>> Path("labels").mkdir()
        >>> _ = Path("labels/captions.jsonl").write_text('{"id": "1", "text": "A crane waits.", "event": "lunch"}')
        >>> mlcap.train("labels", "models")
        Traceback (most recent call last):
        mlcap.errors.LabelError: labels/captions.jsonl...event 'lunch' is not one of launch, landing, ...
    """


class TrainingError(MlcapError):
    """The labels at hand are not enough to train or to cross-validate on.

    Example:
        >>> Path("labels").mkdir()
        >>> record = {"id": "1", "text": "A crane waits.", "event": "other", "crew_role": [], "mission": "m-1"}
        >>> _ = Path("labels/captions.jsonl").write_text(json.dumps(record))
        >>> mlcap.train("labels", "models")
        Traceback (most recent call last):
        mlcap.errors.TrainingError: there ... labelled captions ...; at least 20 are needed
    """


class ArtifactError(MlcapError):
    """A model version is damaged, of an unknown format or does not fit this mlcap; it is not used.

    Example:
        >>> Path("models/1").mkdir(parents=True)
        >>> _ = Path("models/1/manifest.json").write_text("{}")
        >>> mlcap.load("1", models="models")
        Traceback (most recent call last):
        mlcap.errors.ArtifactError: models/1/manifest.json: is no manifest of an mlcap model
    """


class RegistryError(MlcapError):
    """The registry of model versions cannot be read or written, or names no such version.

    Example:
        >>> mlcap.load(models="models")
        Traceback (most recent call last):
        mlcap.errors.RegistryError: models: there is no such folder; name one of model versions, or train one with ...
    """


class ReportError(MlcapError):
    """A page or chart cannot be made: a part of the extra `report` is missing, or the folder cannot be written."""


class ModelRefusedError(RegistryError):
    """A candidate version is clearly worse than the current one and was not promoted."""


def install_extra(extra: str) -> str:
    """What to say where an extra is missing. pip takes the mlcap that is there, from a clone or not, and adds what lacks.

    The pip is that of this Python, which need be none on the PATH.
    """
    pip = pathlib.Path(sys.executable).with_name("pip")
    found = shutil.which("pip")
    own = "pip"
    if pip.is_file() and (found is None or pathlib.Path(found) != pip):
        own = str(pip)
        # The folder that one works in may be gone.
        with contextlib.suppress(OSError, ValueError):
            own = str(pip.relative_to(pathlib.Path.cwd()))
    return f"install it with: {own} install 'mlcap[{extra}]'"
