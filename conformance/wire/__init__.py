"""What went over the wire: exchanges, redaction, transports, pictures."""
