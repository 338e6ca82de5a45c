"""Yours: the kinds of records that your company has. An upgrade of opos changes nothing here."""
