"""Is each place where the bundle runs like the others: this machine, staging, production?"""
