"""The items that wait, when a batch of them closes, and how a digest reads: pure."""
