"""The tagger of the model version that is current now: a version that is promoted meanwhile is used from the next caption on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from mlcap.errors import MlcapError
from mlcap.model.location import find_models
from mlcap.model.opening import open_tagger
from mlcap.model.registry import Registry
from mlcap.model.registry_state import REGISTRY_FILE
from mlcap.model.tagging import Tagger

_Mark = tuple[int, int, int] | None


class CurrentTagger:
    """Follows a registry; where another than the current version is asked for, it stays with that one.

    Args:
        model, models, text_only, target, notice: see `open_tagger`.
        say: told in a line which version is used from now on, or why a new one is not.

    Attributes:
        fault: why the current version is not the one that tags, "" where it is.

    Raises:
        RegistryError, ArtifactError, InputError: as `open_tagger`.
    """

    def __init__(
        self,
        model: str = "current",
        models: str | None = None,
        text_only: bool = False,
        target: float | None = None,
        say: Callable[[str], object] = lambda _: None,
        notice: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._folder = find_models(models).folder
        self._model, self._text_only, self._target, self._say = model, text_only, target, say
        self._notice = notice
        self._lock = Lock()
        self.fault = ""
        self._mark = self._marked()
        self._tagger = self._opened()

    @property
    def version(self) -> str:
        """The identity of the version that tagged last."""
        return self._tagger.version

    def __call__(self) -> Tagger:
        """The tagger to use now."""
        if self._model == "current" and self._marked() != self._mark:
            with self._lock:
                mark = self._marked()
                if mark != self._mark:
                    self._follow()
                    self._mark = mark
        return self._tagger

    def _follow(self) -> None:
        """Load what is current where that is another version; where it cannot be used, stay with the one at hand."""
        registry = Registry(self._folder)
        try:
            if registry.identity(registry.resolve("current")) != self._tagger.version:
                self._tagger = self._opened()
                self._say(f"model version {self._tagger.version} tags from now on")
        except MlcapError as error:
            self.fault = f"{error}; version {self._tagger.version} tags on"
            self._say(self.fault)
        else:
            self.fault = ""

    def _opened(self) -> Tagger:
        return open_tagger(
            self._model, self._folder, self._notice, self._say, text_only=self._text_only, target=self._target
        )

    def _marked(self) -> _Mark:
        """By what a change of the registry's file is known: each is a new file."""
        try:
            found = (self._folder / REGISTRY_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
