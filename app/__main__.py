"""`python -m app` is `affectline`, and so is the one-folder program."""

from multiprocessing import freeze_support

if __name__ == "__main__":
    freeze_support()  # in the one-folder program a child process starts here too, and goes no further

    from app.cli import main

    main()
