"""What becomes of a signal. Pure: the same signal and state always give the same decision."""
