"""Recurrent cells as published, in the legacy format."""

# The paper's cell as ENAS-pytorch, melodyguan/enas and issue 47 of the former
# have it, and the best one of a search by the former.
CELLS = [
  '0 0 0 1 1 1 0 2 0 2 0 2 1 4 1 7 1 8 1 8 1 8 1',
  '0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1',
  '0 0 0 1 1 1 0 2 1 2 0 2 0 6 1 7 1 8 1 8 1 8 1',
  '1 0 0 1 0 0 2 0 1 1 1 4 0 1 1 6 1 7 1 8 1 0 1',
]
