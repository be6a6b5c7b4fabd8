"""The program from its command line: searches, modes, resuming, errors."""

import json
import os
import re
import shutil

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.dag_json import from_dag_json
from src.arc.dag_space import DagSpace
from src.arc.draw import arc_png
from src.recurrent import cnn, train_regular, types
from src.run import checkpoints
from src.run import flags as flags_lib
from src.tf1 import tf
from src.view import log, report
from tests.recurrent import tiny

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_TAGS = {
  'shared/loss', 'shared/perplexity', 'controller/loss', 'controller/reward',
  'controller/reward-B_per_epoch', 'controller/entropy', 'controller/adv',
  'eval/val_best_loss', 'eval/val_best_ppl', 'derive/best/0',
  'controller/sample/0',
}  # fmt: skip


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny.write_texts(tmp_path_factory.mktemp('recurrent'))


@pytest.fixture(scope='module')
def searched(data, tmp_path_factory):
  """(run directory, what was printed)."""
  out = tmp_path_factory.mktemp('runs') / 'tiny_orig'
  code, printed, _ = tiny.run(
    tiny.arguments(data, out, '--controller_max_step', '30')
  )
  assert code == 0
  return out, printed


def test_lines_of_the_references(searched):
  _, printed = searched
  for pattern, count in (
    (r'train \| epoch   [01] \| lr 1\.00 \| raw loss \d\.\d\d \| '
     r'loss \d\.\d\d \| ppl  *\d+\.\d\d', 6),
    (r'controller \| epoch   [01] \| lr 0\.00035 \| R \d\.\d{5} \| '
     r'entropy \d\.\d{4} \| loss -?\d+\.\d{5}', 30),
    (r'derive \| best PPL: \d+\.\d{6}', 2),
    (r'val eval \| loss:  *\d\.\d\d \| ppl:  *\d+\.\d\d', 3),
    (r'test eval \| loss:  *\d\.\d\d \| ppl:  *\d+\.\d\d', 1),
    (r'Index of best dag in DAGs seen during controller optimization is: .*',
     1),
  ):  # fmt: skip
    found = re.findall('^%s$' % pattern, printed, re.MULTILINE)
    assert len(found) == count, pattern


def test_what_a_search_leaves_behind(searched):
  out, _ = searched
  assert (out / 'train_done.txt').read_text() == 'Done\n'
  arc = from_dag_json((out / 'derived_architecture.json').read_text())
  shown = tiny.rows(out, 'architectures.csv')
  last = [row for row in shown if row['epoch'] == '1']
  assert last[0]['arc'] == str(arc)
  assert [float(row['perplexity']) for row in last] == sorted(
    float(row['perplexity']) for row in last
  )
  assert len(tiny.rows(out, 'sampled.csv')) == 60
  names = sorted(os.listdir(str(out / 'networks')))
  assert [name[:10] for name in names] == ['000-000030', '001-000060']
  assert all(name.endswith('-best.png') for name in names)


def test_curves_have_the_names_of_the_references(searched):
  out, _ = searched
  found = tiny.curves(out)
  assert set(found) == _TAGS
  assert [step for step, _ in found['shared/loss']] == [2, 4, 6, 8, 10, 12]
  assert [step for step, _ in found['eval/val_best_ppl']] == [0, 1]
  picture = found['derive/best/0'][-1][1].encoded_image_string
  names = sorted(os.listdir(str(out / 'networks')))
  assert picture == (out / 'networks' / names[-1]).read_bytes()
  sampled = tiny.rows(out, 'sampled.csv')
  step, of_sample = found['controller/sample/0'][-1]
  assert of_sample.encoded_image_string == arc_png(
    RecurrentArc.parse(sampled[step - 1]['arc']), layout='palette'
  )
  # The first line of a phase is what the others are compared with.
  above = [value for _, value in found['controller/reward-B_per_epoch']]
  rewards = [value for _, value in found['controller/reward']]
  np.testing.assert_allclose(
    above[:15], np.array(rewards[:15]) - rewards[0], atol=1e-6
  )
  np.testing.assert_allclose(
    above[15:], np.array(rewards[15:]) - rewards[15], atol=1e-6
  )


def test_last_curves_are_of_the_best_cell(searched):
  out, _ = searched
  epoch = np.argmin([n for _, n in tiny.curves(out)['eval/val_best_ppl']])
  best = next(
    row['arc']
    for row in tiny.rows(out, 'architectures.csv')
    if row['epoch'] == str(epoch)
  )
  steps = [
    int(row['step'])
    for row in tiny.rows(out, 'sampled.csv')
    if row['arc'] == best
  ]
  of_index = {}
  if steps:
    of_index = {'dag_index/index': steps[0], 'dag_index/counts': len(steps)}
  found = {
    tag: value for tag, ((_, value),) in tiny.curves(out / 'final').items()
  }
  assert set(found) == {'eval/final_val_ppl', 'eval/final_test_ppl'} | set(
    of_index
  )
  assert {tag: found[tag] for tag in of_index} == of_index


def test_views_read_a_run(searched):
  out, _ = searched
  run = log.load(str(out))
  assert run.record.package == 'recurrent'
  assert isinstance(run.record.space, DagSpace)
  assert len(run.history.shown) == len(tiny.rows(out, 'architectures.csv'))
  assert [e.epoch for e in run.history.perplexity['valid']] == [0, 1]
  report.write(str(out))
  assert (out / 'report.html').is_file()


@pytest.mark.parametrize(
  ('kind', 'more'),
  [
    ('flexible', ('--shared_optim', 'momentum', '--noisy_reward')),
    ('supervised_regularized',
     ('--controller_supervised_store_epoch', '0',
      '--controller_supervised_train_epoch', '1')),
    ('performance_regularized',
     ('--shared_initial_step', '3', '--controller_num_aggregate', '5')),
    ('orig',
     ('--extra_gradient', 'full', '--lookahead_diagnostic_every', '1',
      '--perturb_eval', '0.1', '--capacity_target', 'n_leaves:1:0.5',
      '--entropy_coeff_final', '-1')),
  ],
)  # fmt: skip
def test_a_stopped_search_goes_on_exactly(data, tmp_path, kind, more):
  words = ('--train_type', kind) + more
  stops = [(0, 0, 2), (1, 1, 3), (1, 2, 1)]
  if '--extra_gradient' in more:  # there is one more phase
    stops[2:] = [(1, 2, 0), (1, 3, 1)]
  tiny.train(tiny.arguments(data, tmp_path / 'straight', *words))
  argv = tiny.arguments(data, tmp_path / 'stopped', *words)

  def _stop(position):
    here = position in stops
    if here:
      stops.remove(position)
    return here

  for _ in range(len(stops) + 1):
    tiny.train(argv, _stop)
  assert not stops
  straight, stopped = (
    tiny.variables(tmp_path / name) for name in ('straight', 'stopped')
  )
  assert straight.keys() == stopped.keys()
  for name, value in straight.items():
    np.testing.assert_array_equal(value, stopped[name], name)
  tables = ['stdout', 'metrics.csv', 'sampled.csv', 'architectures.csv']
  if '--extra_gradient' in more:
    tables.append('extra_gradient.csv')
  for name in tables:
    assert tiny.text(tmp_path / 'straight', name) == tiny.text(
      tmp_path / 'stopped', name
    )


@pytest.mark.parametrize(
  'kind',
  ['random', 'hardcoded', 'biased_regularized', 'tied_weights_regularized'],
)
def test_what_phases_change(data, tmp_path, kind):
  """Neither rewards nor derivations move the child; chance learns nothing."""
  argv = tiny.arguments(
    data, tmp_path, '--train_type', kind, '--max_epoch', '1'
  )
  tiny.train(argv, lambda position: position == (0, 1, 0))
  before = tiny.variables(tmp_path)
  flags = tiny.train(argv)
  after = tiny.variables(tmp_path)
  learns = types.TYPES[kind].learns
  moved = {
    name for name in before if (before[name] != after[name]).any()
  }  # fmt: skip
  of_child = {name for name in moved if name.startswith('child')}
  assert of_child == ({'child/reward_state'} if learns else set())
  assert bool(moved - of_child) is learns
  space = types.space(flags)
  assert all(
    space.parse(row['arc']) for row in tiny.rows(tmp_path, 'architectures.csv')
  )
  if kind == 'hardcoded':
    assert [d.kind for d in space.decisions] == ['activation'] * 4


def test_looking_ahead_leaves_the_child_alone(data, tmp_path, plain):
  """Whatever is looked at; the next epoch's rewards differ, each its way."""
  of_child, rewards = [], set()
  for extra in ('none', 'extrapolate', 'response', 'full'):
    words = ['--extra_gradient', extra, '--lookahead_diagnostic_every', '1',
             '--lookahead_horizon', 'phase', '--max_epoch', '1']  # fmt: skip
    out = tmp_path / extra
    _, printed, _ = tiny.run(tiny.arguments(data, out, *words))
    of_child.append(tiny.variables(out))
    metrics = tiny.rows(out, 'metrics.csv')
    rewards.add(tuple(r['reward'] for r in metrics if r['reward']))
    (row,) = tiny.rows(out, 'extra_gradient.csv')
    assert row['mode'] == extra and all(
      -1.001 < float(row[name]) < 1.001 for name in row if 'cos' in name
    )
    assert bool(row['response']) == (extra in ('response', 'full'))
    assert 'Look-ahead: too few' in printed
  for name, value in plain.items():
    if name.startswith('child'):
      for found in of_child:
        if name != 'child/reward_state':
          np.testing.assert_array_equal(value, found[name], name)
  for name in ('child/reward_state', 'controller/lstm/w'):
    np.testing.assert_array_equal(plain[name], of_child[0][name])
  assert len(rewards) == 4


def test_a_look_of_no_controller_is_told_and_ignored(data, tmp_path):
  argv = tiny.arguments(
    data, tmp_path, '--train_type', 'random', '--max_epoch', '1',
    '--lookahead_diagnostic_every', '1',
  )  # fmt: skip
  code, printed, said = tiny.run(argv)
  assert code == 0, said
  assert '--lookahead_diagnostic_every has no effect' in printed


@pytest.fixture(scope='module')
def plain(data, tmp_path_factory):
  """Variables after an epoch."""
  out = tmp_path_factory.mktemp('plain')
  tiny.train(tiny.arguments(data, out, '--max_epoch', '1'))
  return tiny.variables(out)


@pytest.mark.parametrize(
  'kind',
  ['action_regularized', 'performance_regularized', 'magnitude_regularized'],
)
def test_an_extra_loss_counts_by_its_weight(data, tmp_path, plain, kind):
  found = []
  for weight in ('0', '5'):
    words = ['--train_type', kind, '--controller_reg_weight', weight]
    tiny.train(
      tiny.arguments(data, tmp_path / weight, '--max_epoch', '1', *words)
    )
    found.append(tiny.variables(tmp_path / weight))
  for name, value in plain.items():
    np.testing.assert_allclose(value, found[0][name], 1e-6, 1e-9, name)
  lstm = 'controller/lstm/w'
  assert np.abs(found[1][lstm] - plain[lstm]).max() > 1e-5
  column = [row['extra'] for row in tiny.rows(tmp_path / '5', 'metrics.csv')]
  assert any(column)


def test_defaults_are_those_of_the_type():
  for words, expected in (
    ('', ('adam', 3e-5, 1e-6, 12345)),
    ('--train_type=orig', ('sgd', 20.0, 1e-4, 12345)),
    ('--train_type hardcoded --shared_lr 2', ('adam', 2.0, 1e-4, 555)),
    ('--train_type tf', ('sgd', 0.25, 1e-4, 12345)),
  ):
    flags, _ = train_regular.parse(['x'] + words.split())
    found = (
      flags.shared_optim, flags.shared_lr, flags.entropy_coeff,
      flags.random_seed,
    )  # fmt: skip
    assert found == expected
  flags, _ = train_regular.parse(
    'x --tie_weights False --num-workers=3 --ppl_square=true'.split()
  )
  assert (flags.tie_weights, flags.num_workers, flags.ppl_square) == (
    False, 3, True
  )  # fmt: skip


def test_a_run_is_derived_tested_and_trained_again(data, searched, tmp_path):
  out, _ = searched
  load = ['train_regular.py', '--data_dir', data, '--load_path', str(out)]
  before = tiny.variables(out)
  code, printed, _ = tiny.run(load + ['--mode=derive'])
  assert code == 0 and 'derive | best PPL:' in printed
  table = tiny.rows(out, 'derive.csv')
  assert sum(int(row['times_sampled']) for row in table) == 3
  code, printed, _ = tiny.run(load + ['--mode', 'test'])
  assert code == 0
  found = dict(re.findall(r'^(val|test) eval .*ppl: *([\d.]+)$', printed, 8))
  assert set(found) == {'val', 'test'}
  scratch = load + [
    '--mode', 'train_scratch', '--max_epoch', '3', '--shared_max_step', '0',
    '--use_preset_arc', 'True', '--shared_dropout', '0',
  ]  # fmt: skip
  code, printed, _ = tiny.run(scratch)
  assert code == 0
  assert (out / 'train_scratch_done.txt').read_text() == 'Done\n'
  arc = from_dag_json((out / 'derived_architecture.json').read_text())
  stored = json.loads((out / 'scratch' / 'flags.json').read_text())
  assert stored['child_fixed_arc'] == str(arc)
  tags = set(tiny.curves(out / 'scratch'))
  assert tags == {
    'shared_scratch/loss', 'shared_scratch/perplexity',
    'eval_scratch/val_best_loss', 'eval_scratch/val_best_ppl',
  }  # fmt: skip
  losses = [
    float(row['raw_loss'])
    for row in tiny.rows(out / 'scratch', 'metrics.csv')
    if row['phase'] == 'child'
  ]
  assert abs(losses[0] - np.log(13)) < 0.3  # weights begin anew
  after = tiny.variables(out)
  for name, value in before.items():
    np.testing.assert_array_equal(value, after[name], name)


def test_scratch_may_begin_with_the_shared_weights(data, searched):
  out, _ = searched
  code, _, said = tiny.run(
    ['x', '--data_dir', data, '--load_path', str(out), '--mode',
     'train_scratch', '--scratch_init', 'shared', '--max_epoch', '1',
     '--shared_lr', '1e-9', '--reset_output_dir']
  )  # fmt: skip
  assert code == 0, said
  alone = tiny.variables(out / 'scratch')
  best = tf.train.load_checkpoint(checkpoints.best(str(out)).prefix)
  for name in ('child/embedding/w', 'child/rnn_cell/layer_2/w'):
    np.testing.assert_allclose(alone[name], best.get_tensor(name), atol=1e-5)


def test_one_cell_is_trained(data, tmp_path):
  (tmp_path / 'cell.txt').write_text(tiny.ARC)
  argv = tiny.arguments(
    data, tmp_path / 'run', '--mode', 'single', '--dag_path',
    str(tmp_path / 'cell.txt'),
  )  # fmt: skip
  code, printed, said = tiny.run(argv)
  assert code == 0, said
  assert 'controller |' not in printed and 'test eval' in printed
  assert str(from_dag_json((tmp_path / 'run' / 'dag.json').read_text())) == (
    tiny.ARC
  )
  assert (tmp_path / 'run' / 'dag.png').stat().st_size > 0
  code, _, said = tiny.run(
    ['x', '--data_dir', data, '--load_path', str(tmp_path / 'run'), '--mode',
     'derive']
  )  # fmt: skip
  assert code == 2 and 'trained one cell' in said


def test_a_run_may_go_on_for_longer(data, tmp_path):
  """By its folder alone, with what it was given before; not a cosine."""
  run = tmp_path / 'run'
  words = [
    '--max_epoch',
    '1',
    '--max_save_num',
    '2',
    '--train_type',
    'flexible',
  ]
  assert tiny.run(tiny.arguments(data, run, *words))[0] == 0
  load = ['x', '--load_path', str(run)]
  code, printed, said = tiny.run(load)
  assert code == 0 and 'train |' not in printed, said
  code, printed, said = tiny.run(load + ['--max_epoch', '2'])
  assert code == 0 and 'train | epoch   1' in printed, said
  assert [row['epoch'] for row in tiny.rows(run, 'metrics.csv')][-1] == '1'
  code, _, said = tiny.run(load + ['--log_step', '5', '--mode', 'derive'])
  assert code == 0 and not said, said  # what is no part of the cell
  for more, told in (
    (['--mode', 'derive', '--next_state', 'output'], 'was made with'),
    (['--output_dir', 'other'], 'give one'),
  ):
    code, _, said = tiny.run(load + more)
    assert code == 2 and told in said and said.count('\n') == 1


@pytest.mark.parametrize(
  ('flag', 'epochs'),
  [('--shared_lr_cosine', 1), ('--entropy_coeff_final=0', 2)],
)
def test_what_has_a_period_keeps_it(data, tmp_path, flag, epochs):
  argv = tiny.arguments(data, tmp_path, flag, '--max_epoch', str(epochs))
  assert tiny.run(argv)[0] == 0
  code, _, said = tiny.run(argv + ['--max_epoch', str(epochs + 1)])
  assert code == 2 and 'the period of ' + flag.split('=')[0] in said


def test_what_is_no_run_of_this_program(data, searched, tmp_path):
  """Of another program, damaged, of other words: nothing of it is lost."""
  out, _ = searched
  run = tmp_path / 'run'
  shutil.copytree(str(out), str(run))
  shutil.rmtree(str(run / 'scratch'), ignore_errors=True)
  load = ['x', '--load_path', str(run), '--mode', 'derive']
  flags = json.loads((run / 'flags.json').read_text())
  (run / 'flags.json').write_text(json.dumps(dict(flags, num_blocks='four')))
  code, _, said = tiny.run(load)
  assert code == 1 and 'num_blocks is' in said and said.count('\n') == 1
  (run / 'flags.json').write_text(json.dumps(flags))
  text = (run / 'space.json').read_text()
  (run / 'space.json').write_text(text.replace('"recurrent"', '"ptb"', 1))
  code, _, said = tiny.run(load)
  assert code == 2 and 'is a run of src.ptb' in said
  (run / 'space.json').write_text(text)
  shutil.rmtree(str(run / 'networks'))
  (run / 'networks').write_text('')
  code, _, said = tiny.run(load)
  assert code == 1 and 'cannot write' in said and said.count('\n') == 1
  # The best checkpoint is damaged: the last one serves.
  (run / 'networks').unlink()
  best = checkpoints.best(str(run)).prefix
  if best != checkpoints.locate(str(run)).prefix:
    with open(best + '.index', 'r+b') as file:
      file.truncate(10)
    code, printed, said = tiny.run(load)
    assert code == 0 and 'taking the last one' in said
  other = tiny.write_texts(tmp_path, words=11)
  code, _, said = tiny.run(
    ['x', '--load_path', str(run), '--mode', 'train_scratch',
     '--scratch_init', 'shared', '--data_dir', other, '--use_preset_arc']
  )  # fmt: skip
  assert code in (1, 2) and 'vocabulary' in said and said.count('\n') == 1


def test_patience_ends_a_training_for_good(data, tmp_path):
  run = tmp_path / 'run'
  argv = tiny.arguments(data, run, '--max_epoch', '1')
  assert tiny.run(argv)[0] == 0
  scratch = [
    'x', '--load_path', str(run), '--mode', 'train_scratch', '--max_epoch',
    '9', '--patience', '1', '--shared_lr', '1e-12', '--use_preset_arc',
  ]  # fmt: skip
  epochs = []
  for _ in range(2):
    code, _, said = tiny.run(scratch)
    assert code == 0, said
    rows = tiny.rows(run / 'scratch', 'metrics.csv')
    epochs.append([r['epoch'] for r in rows if r['phase'] == 'valid'])
  assert epochs[0] == epochs[1] and 2 <= len(epochs[0]) < 9


def _of_images(words):
  """(flags of the image search that a command line means, names given)."""
  flags, given = train_regular.parse(['x', '--network_type=cnn'] + words)
  values, _ = flags_lib.parse(
    cnn.Cnn.flag_table.GROUPS, cnn.command(flags, given)
  )
  return values, given


def test_searches_of_images_take_the_flags():
  values, given = _of_images(
    '--output_dir=o --dataset cifar --controller_optim momentum '
    '--controller_lr_cosine=True --controller_lr_max 0.05 '
    '--controller_lr_min 0.0001 --entropy_coeff 0.1 '
    '--controller_max_step 2000 --max_save_num 4'.split()
  )
  cnn.Cnn().check(values)
  assert values.data_path == os.path.join('data', 'cifar10')
  assert values.controller_entropy_weight == 0.1
  assert values.num_valids == 5000 and values.keep_checkpoints == 4
  # Of 20 rewards each.
  assert (values.controller_train_steps, values.controller_num_aggregate) == (
    100, 20
  )  # fmt: skip
  training = cnn.Cnn().controller_training(values, 1)
  assert training.optimizer.momentum == 0.9
  assert training.schedule.lr_max == 0.05
  assert training.schedule.lr_min == 0.0001
  assert cnn.notices(given) == []


@pytest.mark.parametrize(
  ('words', 'updates'),
  [([], 1), (['--controller_num_aggregate=2'], 3)],
)
def test_rewards_of_images_are_as_many_as_asked_for(words, updates):
  values, _ = _of_images(['--output_dir=o', '--controller_max_step=7'] + words)
  assert values.controller_train_steps == updates


def test_the_small_set_of_images_is_searched_as_it_is():
  words = ['--output_dir=o', '--data_dir=' + os.path.join(_ROOT, 'data')]
  words += ['--dataset=cifar10_mini']
  words.append('--shared_cnn_types=' + ','.join(reversed(cnn.CNN_TYPES)))
  values, given = _of_images(words)
  read = cnn.Cnn().read_data(values, lambda line: None)
  assert len(read.labels['valid']) == 200
  assert cnn.notices(given) == []
  values, _ = _of_images(words + ['--num_valids=7'])
  assert values.num_valids == 7


def test_what_searches_of_images_do_not_have_is_told(tmp_path):
  words = ['--network_type', 'cnn', '--output_dir', str(tmp_path / 'run')]
  words += ['--num_blocks=4', '--shared_optim=sgd', '--dataset=none']
  code, printed, said = tiny.run(['x'] + words)
  assert code == 1 and '--download' in said and '--dataset=data/' in said
  assert '--data_path' not in said
  assert [line.split()[0] for line in printed.splitlines()] == [
    '--num_blocks', '--shared_optim'
  ]  # fmt: skip
  assert ' has no effect with --network_type=cnn' in printed
  code, _, said = tiny.run(['x'] + words + ['--max_epoch=0'])
  assert code == 2 and '--max_epoch=0' in said


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    ('--load_path nowhere', 'is no run'),
    ('--mode derive', 'is no run'),
    ('--mode single', 'Give --dag_path'),
    ('--mode single --dag_path none.json', 'cannot read none.json'),
    ('--mode single --dag_path lstm', '--cell_space=lstm_style'),
    ('--shared_hid 5', 'they are equal'),
    ('--num_blocks 2 --min_blocks 3 --train_type flexible', '--min_blocks=3'),
    ('--train_type other', '--train_type'),
    ('--dataset other', 'there is no data'),
    ('--shared_rnn_activations tanh,sin', "'sin'"),
    ('--shared_num_sample 2', 'one cell'),
    ('--test_batch_size 1', 'at least 2 rows'),
    ('--controller_num_aggregate 2', 'no multiple'),
    ('--shared_dropout 1', '[0, 1)'),
    ('--network_type cnn --mode derive', 'src.cifar10.main'),
    ('--network_type cnn --load_path there', 'as --output_dir'),
    ('--network_type cnn --shared_cnn_types 3x3,5x5', 'all six'),
    ('--shared_rnn_activations [tanh,relu,tanh]', "'tanh'"),
    ('--extra_gradient full --lookahead_step momentum', 'keeps no velocity'),
    ('--extra_gradient full --noisy_reward', '--noisy_reward'),
    ('--capacity_target depth:3', 'expected measure:value:weight'),
    ('--capacity_target length:3:1', 'nonlinear_depth'),
    ('--entropy_coeff_final 0 --entropy_anneal_from 5', 'in this order'),
  ],
)
def test_what_makes_no_sense_is_one_line(data, tmp_path, words, told):
  argv = tiny.arguments(data, tmp_path / 'run', *words.split())
  code, _, said = tiny.run(argv)
  assert code in (1, 2) and told in said and said.count('\n') == 1, said
  assert not (tmp_path / 'run').exists()
