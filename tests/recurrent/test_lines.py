"""Cells of the tables of recurrent searches."""

from src.ptb import evaluate
from src.recurrent import lines


def test_a_derived_cell_is_worth_its_reward():
  found = evaluate.Perplexity(0.0, 5)  # a perplexity of 1
  squared = lines.Lines(1, lambda perplexity: 6 / (perplexity + 1) ** 2)
  assert squared.architecture_cells(found) == {'reward': 1.5, 'perplexity': 1}
