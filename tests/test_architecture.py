"""The rules of the layout: who may import whom, and where sessions live."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

from src import tf1

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / 'src').rglob('*.py'))
IDS = [str(path.relative_to(ROOT)) for path in MODULES]

# The package under src -> the packages under src it may import from.
MAY_IMPORT = {
  'arc': set(),
  'doctor': set(),
  'files': set(),
  'view': {'arc'},
  'nn': {'arc', 'tf1'},
  'run': {'arc', 'files', 'nn', 'tf1', 'view'},
  'images': {'arc', 'files', 'nn', 'run'},
  'cifar10': {'arc', 'files', 'images', 'nn', 'run', 'tf1', 'view'},
  'AEROBI': {
    'arc',
    'cifar10',
    'files',
    'images',
    'nn',
    'run',
    'tf1',
    'use',
    'view',
  },
  'robustness': {
    'arc',
    'cifar10',
    'files',
    'images',
    'nn',
    'run',
    'tf1',
    'view',
  },
  # Tasks are found by their names: it imports none.
  'use': {'arc', 'files', 'images', 'nn', 'run', 'tf1', 'view'},
  'ptb': {'arc', 'files', 'nn', 'run', 'tf1', 'view'},
  'pnas': {'arc', 'cifar10', 'files', 'images', 'nn', 'run', 'tf1', 'view'},
  'recurrent': {
    'arc',
    'cifar10',
    'files',
    'nn',
    'ptb',
    'run',
    'tf1',
    'view',
  },
  'tf1': set(),
}
TENSORFLOW = re.compile(r'(tensorflow|tensorflow_.*|tf_slim|keras)(\..*)?\Z')
OLD_LAYERS = {'contrib', 'layers', 'keras', 'estimator', 'slim'}

# Tests of a module that lie in another file than tests/<package>/test_<name>.
TESTED_IN = {
  'AEROBI/crops': 'AEROBI/test_task',
  'AEROBI/synthetic/bars': 'AEROBI/synthetic/test_defects',
  'AEROBI/synthetic/concrete': 'AEROBI/synthetic/test_defects',
  'AEROBI/synthetic/contact_sheet': 'AEROBI/synthetic/test_command_line',
  'AEROBI/synthetic/crack': 'AEROBI/synthetic/test_defects',
  'AEROBI/synthetic/distractors': 'AEROBI/synthetic/test_crop',
  'AEROBI/synthetic/efflorescence': 'AEROBI/synthetic/test_defects',
  'AEROBI/synthetic/spallation': 'AEROBI/synthetic/test_defects',
  'AEROBI/synthetic/stain': 'AEROBI/synthetic/test_defects',
  'AEROBI/predict': 'use/test_predict',
  'AEROBI/score': 'use/test_score',
  'tf1': 'test_architecture',
  'AEROBI/flags': 'run/test_common_flags',
  'arc/__main__': 'arc/test_command_line',
  'view/__main__': 'view/test_command_line',
  'view/derived': 'view/test_report',
  'view/growth_panels': 'view/test_growth',
  'view/guess': 'view/test_frames',
  'view/history': 'view/test_log',
  'view/next_steps': 'view/test_report',
  'view/page': 'view/test_report',
  'view/study/charts': 'view/study/test_page',
  'view/study/numbers': 'view/study/test_page',
  'view/tables': 'view/test_report',
  'arc/channel_macro': 'arc/test_macro',
  'arc/cell_spelling': 'arc/test_pnas',
  'pnas/charts': 'pnas/test_rank_architectures',
  'pnas/children': 'pnas/test_search',
  'pnas/flags': 'pnas/test_task',
  'pnas/history': 'pnas/test_search',
  'pnas/main': 'pnas/test_task',
  'pnas/operations': 'pnas/test_child',
  'pnas/report': 'pnas/test_search',
  'pnas/search_flags': 'pnas/test_train',
  'arc/circular': 'arc/test_draw',
  'arc/errors': 'arc/test_macro',
  'arc/hadamard_picture': 'arc/test_hadamard',
  'arc/layered': 'arc/test_draw',
  'arc/operations': 'arc/test_macro',
  'arc/paint': 'arc/test_draw',
  'arc/picture': 'arc/test_draw',
  'arc/record': 'arc/test_spaces',
  'arc/rows': 'arc/test_macro',
  'arc/space': 'arc/test_spaces',
  'arc/tokens': 'arc/test_macro',
  'arc/command_line': 'arc/test_command_line',
  'cifar10/foreign': 'cifar10/test_layout',
  'cifar10/lines': 'cifar10/test_experiment',
  'cifar10/networks': 'cifar10/test_graphs',
  'cifar10/image_task': 'cifar10/test_main',
  'cifar10/task': 'cifar10/test_own_images',
  'cifar10/macro_space': 'cifar10/test_config',
  'cifar10/micro_space': 'cifar10/test_config',
  'cifar10/layers': 'cifar10/test_general_child',
  'cifar10/macro_fixed_layer': 'cifar10/test_general_child',
  'cifar10/macro_search_layer': 'cifar10/test_general_child',
  'cifar10/micro_layers': 'cifar10/test_micro_child',
  'cifar10/micro_search_cell': 'cifar10/test_micro_child',
  'cifar10/micro_fixed_cell': 'cifar10/test_micro_child',
  'doctor/__main__': 'doctor/test_traps',
  'files/errors': 'run/test_errors',
  'files/npz': 'ptb/test_npz',
  'images/arrays': 'images/test_own',
  'images/data': 'images/test_own',
  'images/decode': 'images/test_own',
  'images/from_disk': 'images/test_own',
  'images/fingerprint': 'run/test_fingerprint',
  'images/reader': 'AEROBI/test_pipeline',
  'images/unreadable': 'images/test_own',
  'images/split': 'images/test_own',
  'nn/baselines': 'nn/test_reinforce',
  'nn/batch_norm': 'nn/test_blocks',
  'nn/clipping': 'nn/test_updates',
  'nn/context': 'nn/test_blocks',
  'nn/optimizers': 'nn/test_updates',
  'nn/sampler': 'cifar10/test_general_controller',
  'recurrent/ablation_studies/activation_replacement': (
    'recurrent/ablation_studies/test_core'
  ),
  'recurrent/ablation_studies/chart': 'recurrent/ablation_studies/test_core',
  'recurrent/ablation_studies/crossed': 'recurrent/ablation_studies/test_core',
  'recurrent/ablation_studies/edge_addition': (
    'recurrent/ablation_studies/test_core'
  ),
  'recurrent/ablation_studies/node_removal': (
    'recurrent/ablation_studies/test_core'
  ),
  'recurrent/ablation_studies/single_activation_replacement': (
    'recurrent/ablation_studies/test_core'
  ),
  'recurrent/analysis/capacity': 'recurrent/analysis/test_analyses',
  'recurrent/analysis/hidden_state_naive_similarity': (
    'recurrent/analysis/test_similarity'
  ),
  'recurrent/analysis/hidden_state_performance_similarity': (
    'recurrent/analysis/test_analyses'
  ),
  'recurrent/analysis/hidden_state_similarity_distribution': (
    'recurrent/analysis/test_similarity'
  ),
  'recurrent/analysis/hidden_state_tsne': 'recurrent/analysis/test_analyses',
  'recurrent/analysis/model_evaluation_speed': (
    'recurrent/analysis/test_analyses'
  ),
  'recurrent/analysis/menas_summary': (
    'recurrent/analysis/test_extra_gradient'
  ),
  'recurrent/analysis/neighbours': 'recurrent/analysis/test_analyses',
  'recurrent/analysis/plots': 'recurrent/analysis/test_analyses',
  'recurrent/analysis/probability_evolution': (
    'recurrent/analysis/test_analyses'
  ),
  'recurrent/analysis/sampled_dag_performance_distribution': (
    'recurrent/analysis/test_analyses'
  ),
  'recurrent/analysis/validation_set_performance_correlation': (
    'recurrent/analysis/test_analyses'
  ),
  'recurrent/study/command': 'recurrent/ablation_studies/test_core',
  'recurrent/study/opened': 'recurrent/ablation_studies/test_core',
  'recurrent/study/scratch': 'recurrent/analysis/test_random_vs_trained',
  'recurrent/cnn': 'recurrent/test_train_regular',
  'recurrent/derivation': 'recurrent/test_train_regular',
  'recurrent/experiment': 'recurrent/test_train_regular',
  'recurrent/flags': 'recurrent/test_config',
  'recurrent/in_use': 'recurrent/test_passes',
  'recurrent/rewards': 'recurrent/test_graphs',
  'recurrent/shaping': 'recurrent/test_config',
  'recurrent/modes': 'recurrent/test_train_regular',
  'recurrent/norm': 'recurrent/test_child',
  'recurrent/pictures': 'recurrent/test_train_regular',
  'recurrent/task': 'recurrent/test_train_regular',
  'recurrent/types': 'recurrent/test_config',
  'recurrent/wired': 'recurrent/test_child',
  'recurrent/words': 'recurrent/test_child',
  'robustness/analysis/__main__': 'robustness/analysis/test_page',
  'robustness/analysis/claims': 'robustness/analysis/test_explained',
  'robustness/analysis/charts': 'robustness/analysis/test_page',
  'robustness/analysis/words': 'robustness/analysis/test_page',
  'robustness/experiments': 'robustness/test_sets',
  'robustness/flags': 'robustness/test_task',
  'robustness/lines': 'robustness/test_experiment',
  'robustness/names': 'robustness/test_driver',
  'run/cluster/chief': 'run/cluster/test_worker',
  'run/cluster/engine': 'run/cluster/test_worker',
  'run/cluster/parameter_server': 'run/cluster/test_worker',
  'run/cluster/status': 'run/cluster/test_worker',
  'run/experiment': 'cifar10/test_experiment',
  'run/lines': 'cifar10/test_experiment',
  'run/ranges': 'run/test_common_flags',
  'pnas/mlp': 'pnas/test_predictor',
  'pnas/ranks': 'pnas/test_encoder',
  'pnas/recipes': 'pnas/test_predictor',
  'pnas/recurrent': 'pnas/test_predictor',
  'pnas/tokens': 'pnas/test_predictor',
  'pnas/weights': 'pnas/test_encoder',
  'ptb/cells/activations': 'ptb/cells/test_highway',
  'ptb/cells/highway_fast': 'ptb/cells/test_highway',
  'ptb/cells/wiring': 'ptb/cells/test_highway',
  'ptb/evaluate': 'ptb/test_main',
  'ptb/lines': 'ptb/test_experiment',
  'ptb/task': 'ptb/test_main',
  'ptb/text_files': 'ptb/test_corpus',
  'run/program': 'cifar10/test_main',
  'run/export': 'cifar10/test_export',
  'run/saved_model': 'cifar10/test_export',
  'run/tf_names': 'cifar10/test_export',
  'use/trained': 'use/test_predict',
}


def _package(path):
  """'arc' for src/arc/macro.py, 'tf1' for src/tf1.py."""
  return path.relative_to(ROOT / 'src').parts[0].replace('.py', '')


def _tree(path):
  return ast.parse(path.read_bytes())


def _imports(path):
  """Dotted names of all that a module imports, wherever in it."""
  names = []
  for node in ast.walk(_tree(path)):
    if isinstance(node, ast.Import):
      names += [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      assert node.level == 0, 'a relative import'
      names += ['%s.%s' % (node.module, alias.name) for alias in node.names]
  return names


def test_the_rules_know_every_package():
  found = {_package(path) for path in MODULES} - {'__init__'}
  assert (
    {'arc', 'nn', 'run', 'view', 'cifar10', 'tf1'} <= found <= set(MAY_IMPORT)
  )


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_floors(path):
  package = _package(path)
  for name in _imports(path):
    parts = name.split('.')
    assert parts[0] not in ('tests', 'benchmarks'), name
    if parts[0] == 'src':
      allowed = MAY_IMPORT[package] | {package}
      assert parts[1] in allowed, '%s imports %s' % (package, name)
      assert parts[2:3] != ['main'], 'a main.py is imported: ' + name


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_one_door_to_tensorflow(path):
  through_the_door = _package(path) == 'tf1'
  for name in _imports(path):
    assert through_the_door or not TENSORFLOW.match(name), name


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_no_layers_of_others(path):
  for node in ast.walk(_tree(path)):
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
      if node.value.id == 'tf':
        assert node.attr not in OLD_LAYERS, 'line %d' % node.lineno


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_sessions_are_opened_under_run_only(path):
  for node in ast.walk(_tree(path)):
    name = getattr(node, 'attr', getattr(node, 'id', ''))
    if _package(path) != 'run':
      assert not re.search(r'Session\Z|\AMonitored', name), node.lineno


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_graphs_and_specs_see_no_global_flags(path):
  for node in ast.walk(_tree(path)):
    assert getattr(node, 'id', getattr(node, 'attr', '')) != 'FLAGS'
  if _package(path) != 'run':
    assert not any(name.startswith('absl') for name in _imports(path))


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_text_files_do_not_depend_on_the_locale(path):
  for node in ast.walk(_tree(path)):
    if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'open':
      mode = getattr(node.args[1], 's', '') if len(node.args) > 1 else 'r'
      policy = {keyword.arg for keyword in node.keywords}
      assert 'b' in mode or {'encoding', 'errors'} <= policy, node.lineno


@pytest.mark.parametrize('path', MODULES, ids=IDS)
def test_every_module_has_tests(path):
  module = path.relative_to(ROOT / 'src').with_suffix('')
  if module.name == '__init__':
    return
  name = TESTED_IN.get(
    module.as_posix(), (module.parent / ('test_' + module.name)).as_posix()
  )
  tests = ROOT / 'tests' / (name + '.py')
  assert tests.is_file(), 'no %s' % tests.relative_to(ROOT)
  assert '\ndef test_' in tests.read_text(encoding='utf-8')


def test_no_entry_of_the_table_is_outdated():
  for name in TESTED_IN:
    assert (ROOT / 'src' / (name + '.py')).is_file(), name


def test_specs_need_no_tensorflow():
  code = (
    "import sys; sys.modules['tensorflow'] = None; "
    'import pkgutil, src.arc, src.view, src.robustness.analysis; '
    'import src.pnas.budget, src.pnas.state_space; '
    "[__import__(p.__name__ + '.' + m.name) for p in (src.arc, src.view) for m "
    'in pkgutil.iter_modules(p.__path__)]; '
    "print('src.arc.macro' in sys.modules, 'src.tf1' in sys.modules)"
  )
  result = subprocess.run(
    [sys.executable, '-c', code],
    cwd=str(ROOT),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
    env=dict(os.environ, MPLBACKEND='Agg'),
  )
  assert (result.stdout, result.returncode) == ('True False\n', 0), (
    result.stderr
  )


def test_the_door_leads_to_graph_mode():
  assert re.match(r'1\.15\.|2\.', tf1.VERSION)
  assert tf1.VERSION == tf1.tf.__version__
  assert not tf1.tf.executing_eagerly()
  assert not tf1.tf.control_flow_v2_enabled()
  # A new variable is one that a checkpoint of upstream's kind can hold.
  with tf1.tf.Graph().as_default():
    variable = tf1.tf.get_variable('v', [])
  assert variable.op.type == 'VariableV2'
