"""What other people's tools think of exported documents: `python -m tests.judges`, or `tox -e judges`."""
