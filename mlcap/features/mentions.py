"""Features of mentions: whether the bearer of a role word may be in the picture.

For every mention of a value (a role word such as "Flight Engineers") the features say in
which zone it stands, which people it is bound to and how ("Commander X", "X, commander",
"Mission Specialists X and Y"), whether those people are named in the lead, and which words
surround it. The names of the features are the same for every value, so that the classifier
can learn from the commanders what holds for flight engineers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from mlcap.captions import Caption
from mlcap.captions.mentions import Mention
from mlcap.lexicon import section_names, word_list

_CONTEXT = 4

#: value -> feature -> the mentions that have it.
MentionFeatures = dict[str, dict[str, list[Mention]]]


def describe_all(caption: Caption) -> list[list[str]]:
    """The features of each mention, in the order of the caption."""
    roles_in_lead = any(m.zone == "lead" for m in caption.mentions)
    return [list(describe(caption, mention, roles_in_lead)) for mention in caption.mentions]


def mention_features(caption: Caption, described: Sequence[Sequence[str]] | None = None) -> MentionFeatures:
    """Describe the mentions of each value, in a fixed order.

    Args:
        described: what `describe_all` gives, where it was asked already.
    """
    by_value: MentionFeatures = {}
    for mention, found in zip(caption.mentions, described or describe_all(caption), strict=True):
        names = by_value.setdefault(mention.value, {})
        for name in found:
            names.setdefault(name, []).append(mention)
    return by_value


def describe(caption: Caption, mention: Mention, roles_in_lead: bool) -> Iterator[str]:
    """Give the features of one mention; some may come twice.

    Args:
        roles_in_lead: whether any mention stands in the lead.
    """
    yield from _names(caption, mention, roles_in_lead)
    yield from _context(caption, mention)


def _names(caption: Caption, mention: Mention, roles_in_lead: bool) -> Iterator[str]:
    """Where the mention stands, and whom it is bound to."""
    zone, subject = mention.zone, caption.lead_subject
    bound = "shown" if mention.shown else "elsewhere" if mention.people else "nobody"
    if zone == "lead" and mention.people:
        bound = "here"
    place = "s0" if mention.sentence == 0 else zone
    yield "any"
    yield f"zone={place}"
    yield f"zone={place} form={mention.form}"
    yield f"zone={zone} bound={bound}"
    yield f"zone={zone} bound={bound} subject={subject}"
    yield f"zone={zone} form={mention.form} subject={subject}"
    yield f"zone={zone} many={len(mention.people) > 1} bound={bound}"
    yield f"zone={zone} bound={bound} roles-in-lead={roles_in_lead}"
    # Who opens the caption without a name is often listed with posts later, and so is who is not there.
    listed = min(sum(m.sentence == mention.sentence for m in caption.mentions), 4)
    yield f"zone={zone} opening={caption.opening_subject} bound={bound}"
    yield f"opening={caption.opening_subject} listed={listed} form={mention.form}"
    yield from _acts(caption, mention)
    names = section_names("cues")
    for cue in sorted(caption.cues[mention.sentence]):
        yield f"zone={zone} cue={names[cue]}"
        yield f"bound={bound} cue={names[cue]}"


#: An act belongs to a mention that stands no further from it than this many characters.
_NEAR = 70


def _acts(caption: Caption, mention: Mention) -> Iterator[str]:
    """What is done by or to the bearer: the acts and ties before and after the mention in its sentence."""
    sentence = caption.sentences[mention.sentence]
    before, after = set(), set()
    for section, start, end in caption.found["acts"]:
        if sentence.start <= start and end <= mention.start:
            before.add((section, mention.start - end <= _NEAR))
        elif mention.end <= start and end <= sentence.end:
            after.add((section, start - mention.end <= _NEAR))
    for side, found in (("before", before), ("after", after)):
        for section, near in sorted(found):
            yield f"{mention.zone} act {side}={section_names('acts')[section]}{' near' if near else ''}"


def _context(caption: Caption, mention: Mention) -> Iterator[str]:
    """The masked words around a mention, and the first of its sentence."""
    tokens, starts, sentence = caption.tokens.texts, caption.tokens.starts, caption.sentences[mention.sentence]
    first, last = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
    here, after = bisect_left(starts, mention.start), bisect_left(starts, mention.end)
    before = tokens[max(first, here - _CONTEXT) : here]
    behind = tokens[after : min(last, after + _CONTEXT)]
    zone = mention.zone
    for word in before:
        yield f"{zone} before={word}"
    for word in behind:
        yield f"{zone} after={word}"
    if len(before) > 1:
        yield f"before={before[-2]} {before[-1]}"
    if before:
        yield f"{zone} next-before={before[-1]}"
    if behind:
        yield f"{zone} next-after={behind[0]}"
    if len(behind) > 1:
        yield f"after={behind[0]} {behind[1]}"
    opening = tokens[first : min(here, first + 3)]
    if opening:
        yield f"{zone} opens={' '.join(opening)}"
        for word in opening:
            yield f"{zone} opening={word}"
    for word in sorted(word_list("passed").intersection(tokens[first:here])):
        yield f"{zone} passed={word}"
    yield from _governed(caption, mention, first, here)
    yield from _following(caption, mention, after, last)


#: How many words are passed over on the way to what governs a post, and how far a tense is looked for.
_MOST_PASSED_OVER, _TENSE_WITHIN = 5, 8


def _governed(caption: Caption, mention: Mention, first: int, here: int) -> Iterator[str]:
    """The word on which the post hangs, and that on which its bearer hangs; whether the bearer opens the caption."""
    tokens, starts = caption.tokens.texts, caption.tokens.starts
    yield f"{mention.zone} hangs on={_governor(tokens, first, here)}"
    yield f"hangs on={_governor(tokens, first, here)}"
    if mention.people:
        before = [p for p in caption.people if p.key == mention.people[0] and p.end <= mention.start]
        if mention.form == "apposition" and before:
            yield f"{mention.zone} bearer hangs on={_governor(tokens, first, bisect_left(starts, before[-1].start))}"
        end = caption.sentences[0].end
        opening = [p.key for p in caption.people if p.start < end]
        place = "first" if opening[:1] == [mention.people[0]] else "in" if mention.people[0] in opening else "not in"
        yield f"{mention.zone} bearer {place} of the first sentence"
    yield f"sentence={min(mention.sentence, 4)} of {min(len(caption.sentences), 5)}"


def _governor(tokens: Sequence[str], first: int, here: int) -> str:
    place, least = here - 1, max(first, here - 1 - _MOST_PASSED_OVER)
    while place > least and tokens[place] in word_list("passed over"):
        place -= 1
    return tokens[place] if place >= first else ""


def _following(caption: Caption, mention: Mention, after: int, last: int) -> Iterator[str]:
    """What the bearer does: the first word behind post, name and employer, the act that it begins, and the first tense."""
    tokens = caption.tokens.texts
    tense = next((w for w in tokens[after : min(last, after + _TENSE_WITHIN)] if w in word_list("tenses")), None)
    if tense:
        yield f"tense after={tense}"
    place = _past_name(tokens, after, last)
    if place < last:
        yield f"does={tokens[place]}"
        yield f"{mention.zone} {mention.form} does={tokens[place]}"
        start = caption.tokens.starts[place]
        for section in sorted({section for section, begins, _ in caption.found["acts"] if begins == start}):
            yield f"does act={section_names('acts')[section]}"
            yield f"{mention.zone} does act={section_names('acts')[section]}"


def _past_name(tokens: Sequence[str], place: int, last: int) -> int:
    """Pass over names, and whom their bearers work for: "of NASA", "from Boeing"."""
    while place < last:
        if tokens[place] in word_list("passed over") or tokens[place] in ("_person", ","):
            place += 1
        elif (
            tokens[place] in ("of", "from", "with") and place + 1 < last and tokens[place + 1] in word_list("employers")
        ):
            place += 2
        else:
            break
    return place
