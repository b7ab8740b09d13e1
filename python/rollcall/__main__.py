"""`python -m rollcall`: the program itself, with all its commands."""

import signal
import sys

from . import _native


def main() -> None:
    """Runs it with the arguments of this process, and ends with its exit code."""
    # The program ends at once on Ctrl-C; Python would wait for it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    sys.exit(_native.main(["rollcall", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
