"""Strings in, exit code out; one thin file per command."""
