"""What becomes of a signal: pure, so that the same signal and state always give the same decision."""
