"""`mlcap review status`."""

from __future__ import annotations

from pathlib import Path

import click

from mlcap.cli.errors import OK
from mlcap.cli.options import Number, json_option, tagger_of, tagger_options
from mlcap.cli.terminal import echo, echo_json
from mlcap.review.desk import Desk
from mlcap.review.gain import GainStatus
from mlcap.review.measuring import measure_gain
from mlcap.review.promises import Audit, FacetAudit, Promise
from mlcap.review.status import DeskStatus, status_of
from mlcap.text import counted, printable


@click.command("status")
@click.argument("desk")
@click.option(
    "--target",
    type=Number(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    default=0.95,
    show_default=True,
    help="Share of right automatic values to hold the promise against.",
)
@click.option("--gain", is_flag=True, help="Measure what the next version would gain; takes seconds to minutes.")
@json_option
@tagger_options
def status_command(
    desk: str, target: float, gain: bool, as_json: bool, model: str, models: str | None, text_only: bool, verbose: bool
) -> int:
    """Say what is done and left, how far people agree, and how right the automatic tags are.

    The last is measured on captions that were drawn at random, with exact bounds. What the next version would gain is
    measured by adapting the version at hand to the decisions, with cross-validation.
    """
    with Desk.open(Path(desk)) as opened:
        if gain:
            measure_gain(opened, tagger_of(model, models, verbose, text_only))
        found = status_of(opened.store, opened.facets, target)
        if as_json:
            rows = opened.store.rows("SELECT position, error FROM unreadable ORDER BY source, position")
            faults = [dict(row) for row in rows]
            echo_json({**found.as_data(), "unreadable": faults})
        else:
            echo(status_text(found))
    return OK


def status_text(found: DeskStatus) -> str:
    """The status for the terminal."""
    p = found.progress
    lines = [
        f"{counted(p.captions, 'caption')}: {p.waiting} to look at, {p.decided} decided ({p.differ} of them to settle), {p.automatic} automatic",
    ]
    if p.second:
        lines.append(f"{counted(p.second, 'caption')} of both: decided, and to look at for a second reading")
    if p.unreadable:
        lines.append(f"{counted(p.unreadable, 'record')} of the sources could not be read")
    if found.people:
        lines.append("decided by " + ", ".join(printable(f"{name} {n}") for name, n in found.people.items()))
    if p.seconds is not None and p.left is not None:
        lines.append(f"a decision takes {p.seconds:.0f} s; what waits takes {p.left / 60:.0f} min at this pace")
    if p.since:
        lines.append(
            f"{counted(p.since, 'decision')} about tags of the version at hand, not learned from yet; {p.changed} changed something"
        )
    if found.feedback.recorded:
        said = found.feedback
        lines.append(
            f"feedback of programs: {said.recorded}, of which {said.undecided} about captions that nobody has decided since"
        )
    for one in found.agreement:
        if one.captions and one.agreed is not None:
            kappa = "" if one.kappa is None else f", kappa {one.kappa:.2f}"
            lines.append(
                f"two readings of {counted(one.captions, 'caption')}: {one.facet} the same in {one.agreed:.1%}{kappa}"
            )
    if any(one.captions for one in found.agreement):
        lines.append(f"  of these {found.blind_pairs} with a reading that saw no tags")
    lines += ["", *_audit_lines(found.audit)] if found.audit else []
    return "\n".join([*lines, "", *_gain_lines(found.gain, p.since)])


def _gain_lines(gain: GainStatus, new: int) -> list[str]:
    if gain.latest is None and gain.possible:
        return ["what the next version would gain: not measured; --gain does it"]
    if gain.latest is None:
        groups = (
            f", of {counted(gain.lacking_groups, 'more mission', 'more missions')} or series"
            if gain.lacking_groups
            else ""
        )
        return [f"what the next version would gain is not yet known: {counted(gain.lacking, 'decision')} more{groups}"]
    whole = gain.latest.whole
    lines = [
        f"the next version, on {counted(whole.captions, 'decided caption')} by cross-validation: tags right per caption {whole.difference:+.3f},"
        f" 95 % interval {whole.low:+.3f} to {whole.high:+.3f}"
    ]
    if whole.nothing:
        lines.append("  on these captions it changes nothing")
    elif whole.more:
        lines.append(
            f"  chance may have made this; if it stays so, about {counted(whole.more, 'more decision')} would tell"
        )
    for what, part in (("", whole), (", without those merely left as suggested", gain.latest.unaccepted)):
        if part is not None:
            for facet, metric, before, after in part.metrics:
                name = metric.replace("micro_f1", "micro-F1")
                lines.append(f"  {facet} {name}{what} ({part.captions}): {before:.3f} now, {after:.3f} next")
    if gain.since is None:
        lines.append(f"  measured for version {gain.latest.model}; another suggests by now")
    elif not new:
        lines.append(
            f"  no decision is about tags of version {gain.latest.model}; if it was adapted to these, that says nothing new"
        )
    if gain.since:
        lines.append(f"  {counted(gain.since, 'caption')} decided since; --gain measures anew")
    return lines


def _audit_lines(audit: Audit) -> list[str]:
    aside = f", {audit.put_aside} put aside" if audit.put_aside else ""
    lines = [
        f"automatic tags of model version {audit.model}: {counted(audit.automatic, 'caption')}, {audit.drawn} drawn, {audit.decided} decided{aside}"
    ]
    if not audit.decided:
        return [*lines, "  none is decided yet, so nothing is measured"]
    for one in audit.facets:
        lines += ["", *_facet_lines(one)]
    return lines


def _said(p: Promise) -> str:
    if p.at_least is None:
        return "nothing is known"
    return f"at least {p.at_least:.1%} are right with {p.confidence:.0%} confidence (n {p.count}, {p.right} right)"


def _facet_lines(one: FacetAudit) -> list[str]:
    what = "captions, in every tag," if one.facet == "all" else f"{one.facet}s"
    lines = [f"of the automatic {what} {_said(one.whole)}", f"  by readings that saw no tag: {_said(one.unseen)}"]
    if one.whole.at_least is not None and one.whole.at_most is not None:
        if one.whole.at_least >= one.target:
            lines.append(f"  the target of {one.target:.0%} is kept")
        elif one.whole.at_most < one.target:
            lines.append(f"  the target of {one.target:.0%} is missed: at most {one.whole.at_most:.1%}")
        elif one.more:
            lines.append(
                f"  whether the target of {one.target:.0%} is kept, about {counted(one.more, 'more decision')} would tell"
            )
        else:
            lines.append(f"  whether the target of {one.target:.0%} is kept cannot be told at this share")
    if one.threshold:
        t = one.threshold
        lines.append(
            f"  from a probability of {min(t.sure, 0.99):.2f} on, {t.kept:.0%} of the automatic captions, it is kept"
        )
    if one.drift is not None:
        drifted = "lower than those before" if one.drifted else "no lower than chance would have it"
        lines.append(f"  the last month is {drifted} (p {one.drift:.2f})")
    for title, parts in (("of", one.by_value), ("from", one.by_source), ("in", one.by_month)):
        if title == "of" or len(parts) > 1:
            lines += [printable(f"    {title} {name}: {_said(p)}") for name, p in parts.items()]
    return lines
