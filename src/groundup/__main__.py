"""`python -m groundup` is the same as `groundup`."""

from groundup.cli.main import main

if __name__ == "__main__":
    main()
