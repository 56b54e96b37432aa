"""What the model card of a version says of its promise (`mlcap.model.promise`)."""

from __future__ import annotations

from collections.abc import Sequence

from mlcap.model.manifest import TrainingRecord, caution_of, own_promise
from mlcap.model.promise import Kept, Promise


def number(x: float | None) -> str:
    """A metric as the card has it; `-` for none."""
    return "-" if x is None else f"{x:.3f}"


def promise_lines(promises: Sequence[Promise], training: TrainingRecord) -> list[str]:
    """What is promised for captions that training has not seen, and what is not."""
    lines = ["", "## Promise", ""]
    own = own_promise(training, promises)
    caution = caution_of(training, promises)
    if caution:
        lines += [
            f"This version is {caution}. Review is widened: of the captions that would go without at the usual"
            " targets, the least certain go to review as well, and the more of them the fewer the missions are."
        ]
    elif own is None or own.together.lower is None:
        lines.append(
            "Nothing is promised for desks that training has not seen: the captions were too few, of too few desks, or no"
            " threshold kept the target. The probabilities of such a version are not to be trusted on other captions."
        )
    else:
        lines.append(
            # Of the thresholds tried the target is sure, and not by how much the chosen ones passed it.
            f"With 95 % confidence at least {own.target:g} of the automatic captions have the right single values on a"
            f" desk never seen; {own.together.automatic} of {own.together.captions} captions are automatic. Measured by leaving"
            " each desk out of training, the composed captions in its manner too:"
        )
    if promises:
        lines += [
            "",
            "| target | desk | captions | automatic | single values right | lower bound | all right |",
            "|--|--|--|--|--|--|--|",
        ]
        for promise in promises:
            parts = {"all together": promise.together, **(promise.desks if promise is own else {})}
            lines += [_kept_row(promise.target, name, kept) for name, kept in parts.items()]
        lines += ["", "`mlcap tag --target` and `mlcap evaluate --target` apply the thresholds of another target."]
    return lines


def _kept_row(target: float, name: str, kept: Kept) -> str:
    shares = (kept.single_right, kept.lower, kept.all_right)
    automatic = kept.automatic / kept.captions if kept.captions else None
    return f"| {target:g} | {name} | {kept.captions} | {number(automatic)} | {' | '.join(map(number, shares))} |"
