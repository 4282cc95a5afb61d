"""``affectline doctor``: what this machine has, and what is missing."""

import click

from app.batch import Exit


@click.command()
def doctor() -> int:
    """Versions, devices, decoders, models, and what is missing."""
    from app.doctor import examine

    faulty = 0
    for finding in examine():
        faulty += bool(finding.remedy)
        mark, remedy = ("!", f"; to mend: {finding.remedy}") if finding.remedy else (" ", "")
        click.echo(f"{mark} {finding.topic:<18} {finding.found}{remedy}")
    click.echo(f"{faulty} to mend" if faulty else "nothing is missing")
    return Exit.NOTHING_DONE if faulty else Exit.DONE
