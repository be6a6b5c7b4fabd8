"""All flags of `src.recurrent.train_regular`: those of ENAS-pytorch and MENAS.

Names and defaults are theirs; those of a --train_type differ in `types.py`.
"""

from src.arc.dag_space import LINKS, SCOPES
from src.recurrent import child, extra_gradient, lookahead, types
from src.run import common_flags, ranges
from src.run.flags import Flag, Unread

MODES = ('train', 'derive', 'test', 'single', 'train_scratch')
OPTIMIZERS = ('sgd', 'momentum', 'adam')

_DROPPED = ranges.Range(
  lambda value: 0 <= value < 1, 'expected a number in [0, 1)'
)
_FINITE = ranges.Range(
  lambda value: abs(value) < float('inf'), 'expected a number'
)
_ONE_DAG = ranges.Range(
  lambda value: value == 1, 'a step trains one cell, expected 1'
)
_ONE_PROCESS = ranges.Range(
  lambda value: value in (0, 1),
  'expected 0 or 1 card',
)
_NOT_HERE = Unread(lambda flags: True, 'here')
_CNN = Unread(
  lambda flags: flags.network_type != 'cnn', 'without --network_type=cnn'
)


_ENAS = Unread(
  lambda flags: flags.cell_space != 'lstm_style',
  'without --cell_space=lstm_style',
)
_LSTM_STYLE = Unread(
  lambda flags: flags.cell_space == 'lstm_style', 'with --cell_space=lstm_style'
)


def _without(switch):
  return Unread(lambda flags: not getattr(flags, switch), 'without --' + switch)


def _with(switch, name):
  """Unread of a flag, if its value is not just the default of the type."""

  def _holds(flags):
    usual = types.TYPES[flags.train_type].defaults.get(name)
    return getattr(flags, switch) and getattr(flags, name) != usual

  return Unread(_holds, 'with --' + switch)


def _of_types(holds, words):
  return Unread(
    lambda flags: not holds(types.TYPES[flags.train_type]), 'without ' + words
  )


def _takes_a_cell(flags):
  fixed = types.TYPES[flags.train_type].fixed
  return fixed or flags.mode == 'single' or flags.use_preset_arc


_NOT_SCRATCH = Unread(
  lambda flags: flags.mode != 'train_scratch', 'outside --mode=train_scratch'
)
_NO_CELL = Unread(
  lambda flags: not _takes_a_cell(flags),
  'without --mode=single, --train_type=preset or --use_preset_arc',
)
_NO_ANNEAL = Unread(
  lambda flags: flags.entropy_coeff_final is None,
  'without --entropy_coeff_final',
)
_NO_AHEAD = Unread(
  lambda flags: not looks_ahead(flags),
  'without --extra_gradient or --lookahead_diagnostic_every',
)
_NOT_LEARNT = Unread(
  lambda flags: not types.TYPES[flags.train_type].learns,
  'with --train_type=random',
)
_NO_STORE = _of_types(
  lambda kind: kind.extra == 'supervised',
  '--train_type=supervised_regularized',
)


def looks_ahead(flags):
  """Whether there is to be anything of `lookahead`."""
  return flags.extra_gradient != 'none' or flags.lookahead_diagnostic_every > 0


def _int(name, default, help, allowed=ranges.NOT_NEGATIVE, **more):
  return Flag(name, 'int', default, help, allowed, **more)


def _float(name, default, help, allowed=ranges.NOT_NEGATIVE, **more):
  return Flag(name, 'float', default, help, allowed, **more)


def _bool(name, default, help, **more):
  return Flag(name, 'bool', default, help, **more)


def _str(name, default, help, **more):
  return Flag(name, 'str', default, help, **more)


GROUPS = [
  (
    'What to do',
    [
      Flag(
        'mode', MODES, 'train',
        'search; derive a cell from a run; derive one and score it on valid '
        'and test text; train the cell of dag_path; or derive a cell from a '
        'run and train it alone',
        may_change=True,
      ),
      Flag(
        'train_type', tuple(types.TYPES), 'ours',
        'kind of search: its space, its controller, its defaults',
      ),
      Flag(
        'network_type', ('rnn', 'cnn'), 'rnn',
        'recurrent cells, or the macro search of src.cifar10',
      ),
      _str(
        'load_path', '', 'run to go on with: a folder, or its name in log_dir '
        'with or without the data set before it', may_change=True,
      ),
      _str('log_dir', 'logs', 'folder of runs', may_change=True),
      _str(
        'output_dir', '', 'run directory; log_dir, data set, train_type and '
        'time unless given', may_change=True,
      ),
      *common_flags.named('reset_output_dir', 'debug', 'report', 'nan_policy'),
      _int('random_seed', 12345, 'the same seed gives the same run'),
    ],
  ),
  (
    'Data',
    [
      _str('dataset', 'ptb', 'folder with texts in data_dir, or a path'),
      _str('data_dir', 'data', 'folder of data sets', may_change=True,
           inherited=True),
      _bool('download', False, 'fetch CIFAR-10 if it is not there; '
            '--network_type=cnn', unread=_CNN, may_change=True),
      _int('num_valids', 0, 'images of batches that rewards of '
           '--network_type=cnn see; 0: a tenth of them, 5000 at most',
           unread=_CNN),
      _int('batch_size', 64, 'rows of text side by side', ranges.AT_LEAST_ONE),
      _int(
        'test_batch_size', 64, 'rows of texts that are evaluated '
        '(ENAS-pytorch: 1)', ranges.AT_LEAST_ONE,
      ),
      _int(
        'shared_rnn_max_length', 35, 'words of a row that a step sees',
        ranges.AT_LEAST_ONE,
      ),
    ],
  ),
  (
    'Cell',
    [
      Flag(
        'cell_space', tuple(types.OUTPUTS), 'enas',
        'trees of gated nodes, or nodes that add and multiply, with a second '
        'state: LSTM and GRU are among them, as child_fixed_arc=lstm and gru',
      ),
      _bool('no_peephole', False, 'lin nodes do not read the second state, c',
            unread=_ENAS),
      _int('num_blocks', 12, 'nodes of a cell, or of the largest',
           ranges.at_least(2)),
      _int('max_blocks', 0, 'nodes of its largest cell; 0: num_blocks (the '
           'references: one less)'),
      _int(
        'min_blocks', types.LEAST_BLOCKS, 'nodes of the smallest cell of '
        '--train_type=flexible', ranges.at_least(2),
        unread=_of_types(lambda kind: kind.sizes, '--train_type=flexible'),
      ),
      Flag(
        'architecture', tuple(LINKS), 'tree',
        'what the nodes of --train_type=hardcoded read',
        unread=_of_types(lambda kind: kind.links, '--train_type=hardcoded'),
      ),
      _str(
        'shared_rnn_activations', 'tanh,relu,identity,sigmoid',
        'activations that nodes may apply, in the order of their numbers',
        unread=_LSTM_STYLE,
      ),
      Flag(
        'activation_scope', SCOPES, 'node',
        'whether each node has an activation of its own or all have one',
        unread=_LSTM_STYLE,
      ),
      *common_flags.named('child_fixed_arc'),
      _str(
        'dag_path', '', 'file of the one cell to train: dag.json, or its '
        'numbers; or lstm or gru, of lstm_style', unread=_NO_CELL,
      ),
      _str('preset_dir', 'preset_architectures',
           'folder whose only file is dag_path, if that is not given',
           unread=_NO_CELL),
      Flag(
        'cell_preset', tuple(types.CELL_PRESETS), 'cp',
        'defaults of the five flags below: ENAS-pytorch, or melodyguan/enas',
      ),
      Flag('edge_weights', child.EDGE_WEIGHTS, None,
           'whether a pair of nodes has one matrix or one an activation',
           unread=_LSTM_STYLE),
      Flag('next_state', ('last_node', 'output'), None,
           'what the next step begins with', unread=_LSTM_STYLE),
      Flag('output', ('loose_ends', 'all_nodes', 'state'), None,
           'nodes whose mean is the output: those that no other reads, or all '
           'but the first; or the state h of lstm_style'),
      Flag('output_norm', 'bool', None, 'batch norm of outputs'),
      Flag('eval_norm', ('batch', 'moving'), 'batch',
           'by which statistics it scores: those of the batch, or moving ones, '
           'which are of the last words alone (docs/FIDELITY.md)'),
      _float('state_norm_clip', None,
             'largest norm of the next state where it is a node; 0: none'),
    ],
  ),
  (
    'Chosen along with a cell',
    [
      _str('hidden_sizes', '', 'features that cells may have, at most '
           'shared_hid: a smaller cell has the first ones of all weights'),
      _bool('search_optimizer_hparams', False, 'learning rate and decay of a '
            'step of the shared weights, too: with --extra_gradient=response'),
      _str('shared_lr_options', '', 'rates to choose from; half of shared_lr, '
           'it and twice as much', unread=_without('search_optimizer_hparams')),
      _str('shared_l2_options', '', 'decays; 0 and shared_l2_reg',
           unread=_without('search_optimizer_hparams')),
    ],
  ),
  (
    'Shared weights',
    [
      _int('shared_embed', 1000, 'features of a word', ranges.AT_LEAST_ONE),
      _int('shared_hid', 1000, 'features of a node', ranges.AT_LEAST_ONE),
      _bool('tie_weights', True, 'the decoder is the embedding'),
      _float('shared_dropout', 0.4, 'share of output features dropped',
             _DROPPED),
      _float('shared_dropoute', 0.1, 'share of words dropped', _DROPPED),
      _float('shared_dropouti', 0.65, 'share of input features dropped',
             _DROPPED),
      _float('shared_wdrop', 0.5, 'share of W_h dropped', _DROPPED),
      _float('init_range', 0.025, 'first weights lie within plus and minus it',
             ranges.POSITIVE),
      _bool('bn_uniform_init', False, 'scale and offset of the norm begin like '
            'all weights, as in the references, and not with 1 and 0'),
      _int('max_epoch', 150, 'epochs to train', ranges.AT_LEAST_ONE,
           may_change=True, inherited=True),
      _int('shared_max_step', 400, 'steps an epoch; 0: once through the text'),
      _int('shared_initial_step', 0,
           'steps before the first epoch, with a phase of the controller'),
      _int('shared_num_sample', 1, 'cells a step', _ONE_DAG),
      Flag('shared_optim', OPTIMIZERS, 'sgd', 'how the shared weights move'),
      _float('shared_lr', 20.0, 'their learning rate', ranges.POSITIVE),
      _float('shared_decay', 0.96, 'factor of it each epoch', ranges.POSITIVE,
             unread=_with('shared_lr_cosine', 'shared_decay')),
      _int('shared_decay_after', 15, 'epoch from which on it decays',
           unread=_with('shared_lr_cosine', 'shared_decay_after')),
      _bool('shared_lr_cosine', False,
            'it follows a cosine over all epochs, down to shared_lr_min'),
      _float('shared_lr_min', 0.0001, 'see shared_lr_cosine',
             unread=_without('shared_lr_cosine')),
      _float('shared_l2_reg', 1e-7, 'decay of the weights in use'),
      _float('shared_grad_clip', 0.25, 'largest norm of all gradients; 0: any'),
      _bool('activation_regularization', False,
            'penalty on the mean square of dropped outputs'),
      _float('activation_regularization_amount', 2.0, 'its weight',
             unread=_without('activation_regularization')),
      _bool('temporal_activation_regularization', False,
            'penalty on the mean squared change of outputs'),
      _float('temporal_activation_regularization_amount', 1.0, 'its weight',
             unread=_without('temporal_activation_regularization')),
      _bool('norm_stabilizer_regularization', False,
            'penalty on the distance of state norms from a point'),
      _float('norm_stabilizer_regularization_amount', 1.0, 'its weight',
             unread=_without('norm_stabilizer_regularization')),
      _float('norm_stabilizer_fixed_point', 5.0, 'that point',
             unread=_without('norm_stabilizer_regularization')),
    ],
  ),
  (
    'Controller',
    [
      _int('controller_hid', 100, 'features of its LSTM', ranges.AT_LEAST_ONE),
      _int('controller_max_step', 2000, 'rewards an epoch',
           ranges.AT_LEAST_ONE),
      _int('controller_num_aggregate', 1, 'rewards an update',
           ranges.AT_LEAST_ONE),
      Flag('controller_optim', OPTIMIZERS, 'adam', 'how it moves'),
      _float('controller_lr', 3.5e-4, 'its learning rate', ranges.POSITIVE,
             unread=_with('controller_lr_cosine', 'controller_lr')),
      _bool('controller_lr_cosine', False,
            'it follows a cosine over all epochs'),
      _float('controller_lr_max', 0.05, 'from this', ranges.POSITIVE,
             unread=_without('controller_lr_cosine')),
      _float('controller_lr_min', 0.001, 'to this',
             unread=_without('controller_lr_cosine')),
      _float('controller_grad_clip', 0.0, 'largest norm of an update; 0: any'),
      _float('tanh_c', 2.5, 'bound on logits', ranges.POSITIVE),
      _float('softmax_temperature', 5.0, 'divides logits', ranges.POSITIVE),
      Flag('entropy_mode', ('reward', 'regularizer'), 'reward',
           'whether entropy adds to rewards or is a term of the loss'),
      _float('entropy_coeff', 1e-4, 'its weight'),
      _float('entropy_coeff_final', None,
             'it goes to this along a line; below zero it is a penalty',
             _FINITE, unread=_NOT_LEARNT),
      _int('entropy_anneal_from', 0, 'epoch from which on it does',
           unread=_NO_ANNEAL),
      _int('entropy_anneal_to', 0, 'epoch in which it is there; 0: the last',
           unread=_NO_ANNEAL),
      _str('capacity_target', '', 'measure:value:weight: rewards lose weight '
           'times the distance of a measure of the cell (src/arc/capacity.py) '
           'from a value', unread=_NOT_LEARNT),
      _float('perturb_eval', 0.0, 'standard deviation of noise on the vectors '
             'of words where rewards are measured', unread=_NOT_LEARNT),
      _float('reward_c', 80.0, 'a reward is this over the perplexity',
             ranges.POSITIVE),
      _bool('ppl_square', False, 'over its square'),
      _float('ema_baseline_decay', 0.95, 'of the mean of rewards',
             ranges.PROBABILITY),
      _bool('baseline_reset', True,
            'it begins with the first reward of each epoch, as in the '
            'references'),
      _float('discount', 1.0, 'of the rewards of later decisions; 1 or 0: '
             'none are added', ranges.PROBABILITY),
      _bool('noisy_reward', False, 'measure rewards in training mode, as the '
            'references did (docs/FIDELITY.md)'),
      _bool('position_embeddings', False,
            'choices have embeddings of their own at each decision'),
      _float('controller_reg_weight', 1.0, 'weight of the extra loss of a '
             '*_regularized train_type', unread=_of_types(
               lambda kind: kind.extra, 'a --train_type that has such a loss')),
      _int('controller_supervised_store_epoch', 5, 'epoch from which cells '
           'are stored (supervised_regularized)', unread=_NO_STORE),
      _int('controller_supervised_train_epoch', 10,
           'epoch from which they are written again', unread=_NO_STORE),
    ],
  ),
  (
    'Extra gradient of the controller',
    [
      Flag('extra_gradient', lookahead.EXTRA, 'none',
           'rewards at weights a step on (extrapolate), rewards for what a '
           'cell\'s own training step does (response), or both (full)',
           unread=_NOT_LEARNT),
      Flag('lookahead_step', lookahead.STEPS, lookahead.STEPS[0],
           'that step: a mean of fresh gradients, the velocity of the '
           'optimiser, or the last gradient', unread=_NO_AHEAD),
      _int('lookahead_samples', 10, 'cells that its means are over',
           ranges.AT_LEAST_ONE, unread=_NO_AHEAD),
      _int('lookahead_diagnostic_every', 0, 'epochs between two diagnoses, '
           'which compare it with the controller\'s next gradient; 0: none',
           unread=_NOT_LEARNT),
      Flag('lookahead_horizon', extra_gradient.HORIZONS,
           extra_gradient.HORIZONS[0],
           'what is next for a diagnosis: a step, or a phase, of the child',
           unread=Unread(lambda flags: not flags.lookahead_diagnostic_every,
                         'without --lookahead_diagnostic_every')),
    ],
  ),
  (
    'Derivation and saving',
    [
      _int('derive_num_sample', 100, 'cells to sample', ranges.AT_LEAST_ONE),
      _int('derive_batches', 0, 'windows of the validation text that they are '
           'scored on; 0: all of it'),
      *common_flags.named('derive_from', 'derive_split'),
      _bool('derive_no_tanh', False, 'derive without the bound on logits, as '
            'the references did (docs/FIDELITY.md)', may_change=True),
      _int('save_epoch', 1, 'epochs between two derivations and evaluations '
           '(ENAS-pytorch: 4)', ranges.AT_LEAST_ONE),
      _int('max_save_num', 1, 'checkpoints to keep beside the best one '
           '(ENAS-pytorch: 4)', ranges.AT_LEAST_ONE, may_change=True,
           inherited=True),
      _int('log_step', 50, 'steps between two lines', ranges.AT_LEAST_ONE,
           may_change=True, inherited=True),
      _bool('use_preset_arc', False, 'train_scratch: the cell of the run\'s '
            'derived_architecture.json, or of dag_path, and not a new one',
            may_change=True),
      Flag('scratch_init', ('reset', 'shared'), 'reset',
           'train_scratch: weights begin anew, or with the shared ones',
           unread=_NOT_SCRATCH),
      _int('patience', 0, 'epochs without a better validation after which '
           'train_scratch ends; 0: none', may_change=True, unread=Unread(
             lambda flags: flags.mode != 'train_scratch',
             'without --mode=train_scratch')),
    ],
  ),
  (
    'Accepted, as command lines of the references have them',
    [
      _int('num_gpu', 1, 'cards', _ONE_PROCESS, may_change=True, unread=Unread(
             lambda flags: True, 'here: what TensorFlow sees is used')),
      _str('log_level', 'INFO', 'what is told', unread=_NOT_HERE,
           may_change=True),
      _int('num_workers', 2, 'readers of images', unread=_NOT_HERE,
           may_change=True),
      _bool('use_tensorboard', True, 'write curves', may_change=True),
      _str('shared_cnn_types', '', 'operations of --network_type=cnn: all six '
           'of the references, or nothing', unread=_CNN),
      _int('cnn_hid', 64, 'channels of --network_type=cnn', unread=_CNN),
    ],
  ),
]  # fmt: skip
WITHOUT_EFFECT = ()
