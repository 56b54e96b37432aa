"""mlcap reads captions of human-spaceflight photographs and says what the picture shows.

>>> import mlcap
>>> tagged = mlcap.load().tag_one("Two astronauts rehearse a spacewalk in the pool.")
>>> tagged.event, tagged.crew_role
('training', ())

What stands in `__all__` is public. It is loaded when it is first asked for, so that `import mlcap` takes no time and
tagging loads numpy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlcap.errors import (
    ArtifactError,
    ChangedInputError,
    DamagedLedgerError,
    DecidedError,
    DecisionError,
    DeskError,
    FitError,
    InputError,
    LabelError,
    LedgerError,
    LexiconError,
    MlcapError,
    ModelRefusedError,
    OutputError,
    PhotoError,
    PlanError,
    PullError,
    RegistryError,
    ReportError,
    TaxonomyError,
    TrainingError,
    WorkerError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mlcap.explanation import (
        Contribution,
        Explanation,
        FacetExplanation,
        FoundCode,
        MentionDecision,
        Span,
        ValueExplanation,
        explain,
    )
    from mlcap.model.registry import Registry, Version
    from mlcap.model.tagging import Tagger
    from mlcap.taxonomy import read_taxonomy
    from mlcap.training.classifiers import MultiValueClassifier, SingleValueClassifier
    from mlcap.training.matrix import CaptionMatrix
    from mlcap.training.pipeline import caption_pipeline, fitted_pipelines
    from mlcap.training.publish import train
    from mlcap.training.vectorizer import CaptionReader, CaptionVectorizer
    from mlcap.types import Facet, NamedPerson, ReasonKind, ReviewReason, TaggedCaption, TaggedFacet, Value

__version__ = "0.1.0"
__all__ = [
    "ArtifactError",
    "CaptionMatrix",
    "CaptionReader",
    "CaptionVectorizer",
    "ChangedInputError",
    "Contribution",
    "DamagedLedgerError",
    "DecidedError",
    "DecisionError",
    "DeskError",
    "Explanation",
    "Facet",
    "FacetExplanation",
    "FitError",
    "FoundCode",
    "InputError",
    "LabelError",
    "LedgerError",
    "LexiconError",
    "MentionDecision",
    "MlcapError",
    "ModelRefusedError",
    "MultiValueClassifier",
    "NamedPerson",
    "OutputError",
    "PhotoError",
    "PlanError",
    "PullError",
    "ReasonKind",
    "Registry",
    "RegistryError",
    "ReportError",
    "ReviewReason",
    "SingleValueClassifier",
    "Span",
    "TaggedCaption",
    "TaggedFacet",
    "Tagger",
    "TaxonomyError",
    "TrainingError",
    "Value",
    "ValueExplanation",
    "Version",
    "WorkerError",
    "__version__",
    "caption_pipeline",
    "explain",
    "fitted_pipelines",
    "load",
    "read_taxonomy",
    "train",
]

#: Module -> the public names that are loaded from it when they are first asked for.
_LAZY = {
    "mlcap.explanation": (
        "Contribution",
        "Explanation",
        "FacetExplanation",
        "FoundCode",
        "MentionDecision",
        "Span",
        "ValueExplanation",
        "explain",
    ),
    "mlcap.model.registry": ("Registry", "Version"),
    "mlcap.model.tagging": ("Tagger",),
    "mlcap.taxonomy": ("read_taxonomy",),
    "mlcap.training.classifiers": ("MultiValueClassifier", "SingleValueClassifier"),
    "mlcap.training.matrix": ("CaptionMatrix",),
    "mlcap.training.pipeline": ("caption_pipeline", "fitted_pipelines"),
    "mlcap.training.publish": ("train",),
    "mlcap.training.vectorizer": ("CaptionReader", "CaptionVectorizer"),
    "mlcap.types": ("Facet", "NamedPerson", "ReasonKind", "ReviewReason", "TaggedCaption", "TaggedFacet", "Value"),
}


def load(model: str | int = "current", models: str | Path | None = None) -> Tagger:
    """Load a model version for tagging.

    Args:
        model: its number, its identity, or `current`.
        models: the registry's folder; where None, as the command line chooses it.

    Raises:
        RegistryError: there is no such version.
        ArtifactError: the version is damaged or does not fit this mlcap.

    Example:
        >>> tagger = mlcap.load()
        >>> [tagged.event for tagged in tagger.tag(["A crane lifts the capsule onto the recovery ship."])]
        ['landing']
    """
    from mlcap.model.opening import open_tagger

    return open_tagger(str(model), models)


if not TYPE_CHECKING:  # A type checker, which sees the imports above, is to find fault with any other name.

    def __getattr__(name: str) -> Any:
        module = next((m for m, names in _LAZY.items() if name in names), None)
        if module is None:
            raise AttributeError(f"module 'mlcap' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
