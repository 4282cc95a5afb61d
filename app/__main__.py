"""`python -m app` is `affectline`."""

from app.cli import main

if __name__ == "__main__":
    main()
