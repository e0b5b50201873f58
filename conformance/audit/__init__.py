"""Is this client any good?"""
