"""Train every facet from `labels/`: `python train.py [--captions STORE ...]` is `mlcap train`."""

import sys

from mlcap.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
