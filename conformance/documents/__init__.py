"""Does a contract say what the documents say, and do the documents agree with themselves?"""
