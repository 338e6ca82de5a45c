"""What waits, when it is closed into one message, and how that reads: pure."""
