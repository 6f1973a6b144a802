"""Whether a text may be published (`preflight`), and what staff should look at in it (`hints`)."""
