"""What a caption's tags say of its picture, in one plain sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from mlcap.explanation.types import Explanation
from mlcap.types import NamedPerson

#: So many people are named in a sentence; of more the rest is counted.
_MOST_NAMED = 6


def plain_sentences(explanation: Explanation) -> str:
    """Say what the picture shows, who is in it, and who is only named.

    Example:
        >>> from mlcap.explanation.people import plain_sentences
        >>> print(plain_sentences(mlcap.explain(mlcap.load(), "Pilot Jan Roe tries his seat liner in the capsule.")))
        The picture shows Jan Roe (pilot). Tagged fit-check.
    """
    tagged = explanation.tagged
    if not tagged.is_read:
        return tagged.review_reasons[0][0].upper() + tagged.review_reasons[0][1:] + "."
    values = [name for facet in tagged.facets.values() if not facet.multiple for name in facet.values]
    shown = [_told(explanation.text, person) for person in explanation.people if person.shown]
    absent = [_told(explanation.text, person) for person in explanation.people if not person.shown and person.name]
    sentence = f"The picture shows {_listed(shown)}" if shown else "The caption puts nobody in the picture"
    if absent:
        sentence += f"; {_listed(absent)} {'is' if len(absent) == 1 else 'are'} named but not shown"
    return f"{sentence}. Tagged {' and '.join(values)}." if values else f"{sentence}."


def _told(text: str, person: NamedPerson) -> str:
    """A person by name and posts, a group by the word of its post."""
    if person.name is None:
        return text[person.start : person.end]
    posts = ", ".join(post.replace("-", " ") for post in person.posts)
    return f"{person.name} ({posts})" if posts else person.name


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) > _MOST_NAMED:
        names = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more"]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
