"""The weekly review: what interruptions and running opos cost the operator, and what to change."""
