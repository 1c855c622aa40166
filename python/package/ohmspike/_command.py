"""The console command ``ohmspike``: the same program as the one that Cargo builds."""

import os
import signal
import sys

from ._ohmspike import run_command


def main() -> int:
    """Run the command line of this process and return its exit status."""
    # Python would only note Ctrl-C until Rust returns. The program handles it, or ends, as without Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Jobs on a cluster start the same program again.
    program = os.path.abspath(sys.argv[0])
    return run_command(["ohmspike", *sys.argv[1:]], program)
