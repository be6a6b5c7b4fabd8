"""Images as data: which there are, in which order, and read in time."""
