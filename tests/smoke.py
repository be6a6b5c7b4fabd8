"""The small choice of tests that `-m smoke` runs, a few of every package.

For environments where the whole suite is not run each time: Python 3.6, images.
"""

# Test files, or single tests, below tests.
SMOKE = (
  'arc/test_macro.py',
  'arc/test_micro.py',
  'view/test_extract.py',
  'nn/test_keyed.py',
  'nn/test_lazy.py',
  'nn/test_lstm.py',
  'run/test_checkpoints.py',
  'doctor/test_traps.py',
  'files/test_archives.py',
  'run/test_session.py',
  'images/test_batches.py',
  'use/test_table.py',
  'cifar10/test_image_ops.py',
  'cifar10/test_main.py::test_lines_of_an_epoch',
  'cifar10/test_main.py::test_log_blocks_of_a_micro_search_have_a_line_per_cell',
  'AEROBI/test_codebrim.py',
  'AEROBI/test_pipeline.py',
  'AEROBI/test_main.py::test_log_of_a_fixed_network',
  'robustness/test_sets.py',
  'robustness/test_catalogue.py::test_noise_is_where_there_is_noise',
  'pnas/test_state_space.py',
  'recurrent/test_child.py',
  'ptb/test_corpus.py',
  'ptb/test_ptb_enas_child.py',
  'test_architecture.py::test_floors',
  'test_architecture.py::test_the_door_leads_to_graph_mode',
)


def chosen(node_id):
  """Whether a test, 'tests/arc/test_macro.py::test_x[1]', is one of them."""
  name = node_id.split('[')[0]
  return any(
    name == 'tests/' + entry or name.startswith('tests/' + entry + '::')
    for entry in SMOKE
  )
