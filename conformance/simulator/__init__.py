"""An HTTP server made from a contract alone."""
