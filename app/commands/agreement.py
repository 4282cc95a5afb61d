"""``affectline agreement``: how far coders, and coders and a revision, agree."""

from pathlib import Path

import click

from app.agreement.values import TOLERANCE_S
from app.batch import Exit


@click.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--coders", default="", metavar="A,B,...", help="Whose labels; default everybody's.")
@click.option(
    "--with-revision", "revision", default=None, metavar="NAME",
    help="Compare with a revision, too: 1.2, `starter` as it came, or `current`.",
)  # fmt: skip
@click.option(
    "--tolerance-s", default=TOLERANCE_S, show_default=True, type=click.FloatRange(0.0, 60.0), metavar="SECONDS",
    help="How far the ends of one event may lie apart.",
)  # fmt: skip
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json", "csv"]))
def agreement(project: Path, coders: str, revision: str | None, tolerance_s: float, form: str) -> int:
    """How far the coders of PROJECT, or a coder and a revision, agree.

    Kappa on a grid of 0.1 s and of matched events, Krippendorff's alpha of more than two, each for every emotion, with
    95 % intervals over videos; and the list of disagreements. Labels accepted in a batch are left out.
    """
    from app.agreement.compare import compare
    from app.agreement.reading import consensus_of, raters_of, read_sources
    from app.agreement.wording import agreement_csv, agreement_json, agreement_lines
    from app.project.analyses import AnalysisStore
    from app.project.revisions import RevisionStore
    from app.project.store import open_project

    with open_project(project, read_only=True) as opened:
        names = {medium.id: Path(medium.path).name for medium in opened.media()}
    with AnalysisStore(project, read_only=True) as store, RevisionStore(project, read_only=True) as revisions:
        sources = read_sources(store, revisions)
        asked = [name.strip() for name in coders.split(",") if name.strip()]
        raters = raters_of(sources, store, asked or None, (revision,) if revision else ())
    found = compare(raters, tuple(names), tolerance_s, consensus_of(sources))
    match form:
        case "json":
            click.echo(agreement_json(found, names))
        case "csv":
            click.echo(agreement_csv(found), nl=False)
        case _:
            click.echo("\n".join(agreement_lines(found, names)))
    return Exit.DONE
