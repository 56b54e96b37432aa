"""`python -m mlcap` is `mlcap`."""

import sys

from mlcap.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
