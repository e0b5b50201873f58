"""Would a check notice? Vendors that break one clause each, and what became of them."""
