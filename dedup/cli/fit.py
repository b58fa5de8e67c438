"""``dedup fit``: models fitted to one's own labels."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import add_common
from dedup.params import Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.fit.relation_models import OwnFit

DESCRIPTION = """\
Fit the models that judge pairs to your own labels, beside those that are shipped, and say what that changes.

  dedup label out
  dedup fit labels.jsonl -o house.json
  dedup run news.jsonl -o out --model house.json

Needs SciPy: pip install 'dedup[fit]'.
"""

SHOWN = 20
"""So many of the pairs that are judged otherwise are listed."""


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "fit",
        help="fit the verdict to your own labels",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    parser.add_argument("labels", nargs="+", type=Path, metavar="LABELS", help="files that dedup label has written")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the model here, for --model")
    parser.add_argument(
        "--weight",
        type=float,
        default=2.0,
        metavar="N",
        help="200 labels or more weigh as much as so many of the four corpora that are shipped (default: %(default)s)",
    )
    parser.add_argument(
        "--certainty",
        type=float,
        default=Params().certainty,
        metavar="SHARE",
        help="by which copies are told in what is printed (default: %(default)s)",
    )
    add_common(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.cli.startup import admit
    from dedup.errors import DedupError, OutputError, ParamsError

    params = Params(certainty=options.certainty)
    if not 0 < options.weight <= 100:
        raise ParamsError(f"weight {options.weight:g}", "above 0, at most 100")
    if options.output and not options.output.parent.is_dir():
        raise OutputError(f"{options.output.parent}: no such folder", "a place for the model")
    admit()
    from dedup.fit.labels import read_labels
    from dedup.fit.relation_models import fit_own

    labels = list({(one.left, one.right): one for path in options.labels for one in read_labels(path)}.values())
    try:
        found = fit_own(labels, params, options.weight)
    except ModuleNotFoundError as error:
        raise DedupError(f"no {error.name}", "SciPy, to fit with", "pip install 'dedup[fit]'") from error
    if options.output:
        try:
            options.output.write_text(found.model, "utf-8")
        except OSError as error:
            raise OutputError(f"{options.output}: {error.strerror}", "a file that can be written") from error
    if options.json:
        print(json.dumps(_as_dict(found)))
    else:
        print("\n".join(_lines(found)))
        if options.output:
            print(f"\nwritten to {options.output}; dedup run --model {options.output} judges by it")
    return 0


def _lines(found: OwnFit) -> list[str]:
    from dedup.fit.relation_models import OWN

    lines = [
        f"fitted to {found.pairs:,} of your labels and {found.shipped_pairs:,} shipped ones",
        "",
        "how pairs are called by models that have not seen them: by the shipped ones -> and with your labels;",
        "guardian to wires are the corpora that the shipped models were fitted to",
        "",
        f"{'':10}{'called as labelled':>20}{'copies: precision':>20}{'copies: recall':>20}",
    ]
    for name, (before, after) in found.rates.items():
        cells = (f"{was:.2f} -> {now:.2f}" for was, now in zip(before, after, strict=True))
        lines.append(f"{name:10}" + "".join(f"{cell:>20}" for cell in cells))
    better = sum(label.label == now for label, _, now in found.changed)
    worse = sum(label.label == was for label, was, _ in found.changed)
    told = f"{len(found.changed)} of your pairs are called otherwise: {better} for the better, {worse} for the worse"
    rest = len(found.changed) - better - worse
    lines += ["", told + (f", {rest} wrong as before" if rest else "")]
    for label, was, now in found.changed[:SHOWN]:
        lines.append(f"  {label.label + ', was ' + was + ', is ' + now:<34}{shown(label.left)} {shown(label.right)}")
        if any(label.begins):
            lines.append(f"  {'':34}{shown(' | '.join(label.begins))}")
    if len(found.changed) > SHOWN:
        lines.append(f"  and {len(found.changed) - SHOWN} more; all with --json")
    gain = found.rates[OWN][1][0] - found.rates[OWN][0][0]
    verdict = "judges your pairs better" if gain > 0.005 else "does not judge your pairs better; more labels may help"
    return [*lines, "", f"the model fitted to your labels {verdict} ({gain:+.2f} called as labelled)"]


def _as_dict(found: OwnFit) -> dict[str, Any]:
    names = ("called_as_labelled", "copies_precision", "copies_recall")
    return {
        "labels": found.pairs,
        "shipped": found.shipped_pairs,
        "rates": {
            corpus: {
                when: dict(zip(names, rates, strict=True))
                for when, rates in zip(("before", "after"), both, strict=True)
            }
            for corpus, both in found.rates.items()
        },
        "changed": [
            {"left": label.left, "right": label.right, "label": label.label, "was": was, "is": now}
            for label, was, now in found.changed
        ],
    }
