"""What a command says beside its results."""

import click


def tell(message: str) -> None:
    """One line on standard error."""
    click.echo(f"affectline: {message}", err=True)
