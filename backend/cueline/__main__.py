"""`python -m cueline` is the command `cueline`."""

from cueline.cli import main

if __name__ == "__main__":
    main(prog_name="cueline")
