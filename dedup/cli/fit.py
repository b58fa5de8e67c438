"""``dedup fit``: fit the models that judge pairs to the user's own labels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import print_json
from dedup.cli.arguments import add_messages, add_params, chosen, number, path
from dedup.cli.command_list import Commands
from dedup.params import Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.fit.relation_models import OwnFit

NOTES = """\
The labels are used beside the shipped ones. How often each model is right is
measured on pairs that it has not seen.
Needs SciPy: pip install 'newsdedup[fit]'.
"""

LISTED = 20
"""Pairs with another verdict that are printed one by one."""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "fit",
        description="Fit the models that judge pairs to your own labels, and report what that changes.",
        example="dedup fit labels.jsonl -o house.json    # then: dedup run news.jsonl -o out --model house.json",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.add_argument("labels", nargs="+", type=path, metavar="LABELS", help="files that dedup label has written")
    parser.add_argument("-o", "--output", type=path, metavar="FILE", help="write the model to this file, for --model")
    parser.add_argument(
        "--weight",
        type=number,
        default=2.0,
        metavar="N",
        help="weight of 200 or more labels; each of the four shipped corpora has weight 1 (default: %(default)s)",
    )
    add_params(parser.add_argument_group("what counts as a copy"), "certainty")
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.cli.unneeded_imports import unblock_unneeded
    from dedup.errors import DedupError, OutputError, ParamsError

    params = Params(**chosen(options))
    if not 0 < options.weight <= 100:
        raise ParamsError(f"weight {options.weight:g}", "above 0, at most 100")
    if options.output and not options.output.parent.is_dir():
        raise OutputError(f"{options.output.parent}: no such folder", "an existing folder for the model")
    unblock_unneeded()
    from dedup.fit.labels import read_labels
    from dedup.fit.relation_models import fit_own

    labels = list({(one.left, one.right): one for path in options.labels for one in read_labels(path)}.values())
    try:
        fitted = fit_own(labels, params, options.weight)
    except ModuleNotFoundError as error:
        raise DedupError(
            f"the package {error.name} is not installed", "SciPy, which fitting needs", "pip install 'newsdedup[fit]'"
        ) from error
    if options.output:
        try:
            options.output.write_text(fitted.model, "utf-8")
        except OSError as error:
            raise OutputError(f"{options.output}: {error.strerror}", "a file that can be written") from error
    if options.json:
        print_json(_as_dict(fitted))
    else:
        print("\n".join(_lines(fitted)))
        if options.output:
            print(
                f"\nwritten to {shown(str(options.output))}; use it with dedup run --model {shown(str(options.output))}"
            )
    return 0


def _lines(fitted: OwnFit) -> list[str]:
    from dedup.fit.relation_models import OWN

    lines = [
        f"fitted to {fitted.pairs:,} of your labels and {fitted.shipped_pairs:,} shipped ones",
        "",
        "rates on pairs that the models have not seen, with the shipped labels alone -> with yours added;",
        f"{OWN} are your pairs, the others the corpora of the shipped labels",
        "",
        f"{'':10}{'called as labelled':>20}{'copies: precision':>20}{'copies: recall':>20}",
    ]
    for name, (before, after) in fitted.rates.items():
        cells = (f"{was:.2f} -> {now:.2f}" for was, now in zip(before, after, strict=True))
        lines.append(f"{name:10}" + "".join(f"{cell:>20}" for cell in cells))
    better = sum(label.label == now for label, _, now in fitted.changed)
    worse = sum(label.label == was for label, was, _ in fitted.changed)
    rest = len(fitted.changed) - better - worse
    counts = f"{len(fitted.changed)} of your pairs get another verdict: {better} for the better, {worse} for the worse"
    lines += ["", counts + (f", {rest} wrong both times" if rest else "")]
    for label, was, now in fitted.changed[:LISTED]:
        lines.append(f"  {label.label + ', was ' + was + ', is ' + now:<34}{shown(label.left)} {shown(label.right)}")
        if any(label.begins):
            lines.append(f"  {'':34}{shown(' | '.join(label.begins))}")
    if len(fitted.changed) > LISTED:
        lines.append(f"  and {len(fitted.changed) - LISTED} more; --json lists all of them")
    gain = fitted.rates[OWN][1][0] - fitted.rates[OWN][0][0]
    verdict = "judges your pairs better" if gain > 0.005 else "does not judge your pairs better; more labels may help"
    return [*lines, "", f"the model fitted to your labels {verdict} ({gain:+.2f} called as labelled)"]


def _as_dict(fitted: OwnFit) -> dict[str, Any]:
    names = ("called_as_labelled", "copies_precision", "copies_recall")
    return {
        "labels": fitted.pairs,
        "shipped": fitted.shipped_pairs,
        "rates": {
            corpus: {
                when: dict(zip(names, rates, strict=True))
                for when, rates in zip(("before", "after"), both, strict=True)
            }
            for corpus, both in fitted.rates.items()
        },
        "changed": [
            {"left": label.left, "right": label.right, "label": label.label, "was": was, "is": now}
            for label, was, now in fitted.changed
        ],
    }
