"""`python -m mlcap` is `mlcap`."""

from mlcap.cli.main import entry

if __name__ == "__main__":
    entry()
