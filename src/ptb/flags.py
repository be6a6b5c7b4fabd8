"""All flags of `src.ptb.main`: upstream's names, and ours.

Defaults are the settings of a search by enas_lm (google-research), whose
language model this is; those of `src/ptb/main.py` of melodyguan/enas belong to
a model that its authors have withdrawn (docs/FIDELITY.md).
"""

from src.arc.recurrent import ENAS_LM
from src.run import common_flags, ranges
from src.run.flags import Flag, Unread

LEAST_NODES = 2  # node 0, and one that is searched

_ONE_LAYER = ranges.Range(
  lambda value: value == 1, 'the language model has one layer, expected 1'
)
_WITHDRAWN = ranges.Range(
  lambda value: not value,
  'is of the language model that its authors have withdrawn: leave it out',
)
_WITHOUT_ASGD = Unread(
  lambda flags: flags.child_optim_algo != 'asgd',
  'without --child_optim_algo=asgd',
)
# Scripts of melodyguan/enas pass it, though nothing there defines it.
_NOWHERE_READ = Unread(
  lambda flags: True, 'here, as in melodyguan/enas, whose scripts pass it'
)

GROUPS = [
  (
    'What to do',
    [
      Flag(
        'mode',
        ('train', 'eval', 'derive', 'export', 'retrain'),
        'train',
        'train; score given cells with a checkpoint; sample cells from it and '
        'rank them; write a fixed network as a SavedModel; or train given '
        'cells from scratch and rank them',
        may_change=True,
      ),
      Flag('search_for', ('enas',), None, 'search space', needed='enas'),
      *common_flags.named('output_dir', 'reset_output_dir', 'seed', 'debug'),
    ],
  ),
  (
    'Data',
    [
      Flag(
        'data_path',
        'str',
        '',
        'folder with train, valid and test texts, an .npz of '
        'data/ptb/process.py, or a ptb.pkl',
        needed='a folder of texts, an .npz or a ptb.pkl',
        may_change=True,
        inherited=True,
      ),
      Flag(
        'unknown_words',
        ('refuse', 'unk'),
        'refuse',
        'words of valid and test texts that the training text has not: refuse '
        'them, or read them as <unk>, which is added where that has none',
        unread=Unread(
          lambda flags: flags.data_path.endswith(('.npz', '.pkl')),
          'with an .npz or a .pkl, which have ids for words',
        ),
      ),
      Flag(
        'batch_size',
        'int',
        128,
        'rows of text side by side (upstream: 25)',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_bptt_steps',
        'int',
        35,
        'words of a row a step sees, on average or always (upstream: 20)',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_random_bptt',
        'bool',
        True,
        'vary the length of training windows around child_bptt_steps '
        '(upstream: always the same)',
      ),
    ],
  ),
  (
    'Training',
    [
      *common_flags.named('nan_policy', 'report', num_epochs=600),
      *common_flags.named('eval_every_epochs', log_every=200),
      Flag(
        'keep_checkpoints',
        'int',
        3,
        'checkpoints to keep, beside the one with the best validation '
        'perplexity (upstream: 10)',
        ranges.AT_LEAST_ONE,
        may_change=True,
      ),
      Flag(
        'eval_full',
        'bool',
        False,
        'score each word of the validation text, in one row; otherwise as '
        'upstream in batch_size rows, without the words left over',
      ),
      Flag(
        'eval_probe_arc',
        'str',
        None,
        'in a search, also score this cell after each epoch, on the same '
        'validation words as the rest: a curve of one model',
        is_arc=True,
      ),
    ],
  ),
  (
    'Child',
    [
      *common_flags.named('child_fixed_arc'),
      Flag(
        'child_arc_format',
        ('auto', 'legacy', 'enas_lm'),
        'auto',
        'how child_fixed_arc is written: as melodyguan/enas, an odd number of '
        'tokens, or as enas_lm, an even one',
      ),
      Flag(
        'child_rhn_depth',
        'int',
        10,
        'nodes of a cell, node 0 with them',
        ranges.at_least(LEAST_NODES),
      ),
      Flag(
        'child_num_layers', 'int', 1, 'recurrent layers; only 1', _ONE_LAYER
      ),
      Flag(
        'child_lstm_hidden_size',
        'int',
        200,
        'features of embeddings, states and nodes',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_lstm_e_keep',
        'float',
        0.9,
        'share of words whose embedding is kept',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_i_keep',
        'float',
        0.8,
        'share of embedding features kept, the same ones in all of a window',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_x_keep',
        'float',
        0.25,
        'share kept of the features that enter the cell',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_h_keep',
        'float',
        0.75,
        'share of state and node features kept',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_o_keep',
        'float',
        0.25,
        'share kept of the features that enter the softmax',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_w_keep',
        'float',
        1.0,
        'share of recurrent weights kept',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_lstm_l_skip',
        'bool',
        None,
        "add a layer's input to its output; only off, as the corrected cell "
        'has no such sum',
        _WITHDRAWN,
      ),
      Flag(
        'child_lstm_e_skip',
        'bool',
        None,
        'accepted, as scripts of melodyguan/enas pass it; without effect',
        unread=_NOWHERE_READ,
        may_change=True,
      ),
      Flag(
        'child_init_range',
        'float',
        0.04,
        'first weights lie within plus and minus this',
        ranges.POSITIVE,
      ),
      Flag(
        'child_average_loose_ends',
        'bool',
        False,
        'the state is the mean of the nodes that no other reads, as in the '
        'paper; otherwise of all nodes but node 0, as enas_lm',
      ),
      Flag(
        'child_grad_bound',
        'float',
        0.1,
        'largest norm of all gradients together',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr',
        'float',
        20.0,
        'learning rate for a window of child_bptt_steps; it grows and shrinks '
        'with the window',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr_dec_start',
        'int',
        4,
        'epochs before it decays, each counted as the windows of exactly '
        'child_bptt_steps in a pass; with child_random_bptt a pass has a few '
        'more',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_lr_dec_every',
        'int',
        1,
        'epochs between two decays of it, counted as in child_lr_dec_start',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_lr_dec_rate',
        'float',
        1.0,
        'factor of each decay (upstream: 0.5)',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr_dec_min',
        'float',
        0.0,
        'its lowest value',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_lr_warmup_val',
        'float',
        None,
        'learning rate of the first child_lr_warmup_steps steps',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr_warmup_steps',
        'int',
        None,
        'see child_lr_warmup_val',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_l2_reg',
        'float',
        8e-7,
        'weight of the decay of weights',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_l2_form',
        ('auto', 'quartic', 'square'),
        'auto',
        'what decays: half the fourth powers of the recurrent weights, as a '
        'search of enas_lm, or squares; auto: quartic in a search, square, of '
        'all weights, in a fixed network',
      ),
      Flag(
        'child_rnn_l2_reg',
        'float',
        0.0,
        'weight of the mean square of the states',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_rnn_slowness_reg',
        'float',
        1.0,
        'weight of the mean squared change of the states',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_optim_algo',
        ('sgd', 'asgd'),
        'sgd',
        'asgd: evaluate with the mean of the weights once validation stops '
        'improving; fixed networks only',
      ),
      Flag(
        'child_asgd_threshold',
        'int',
        10,
        'evaluations without a better one before asgd begins',
        ranges.AT_LEAST_ONE,
        unread=_WITHOUT_ASGD,
      ),
      Flag(
        'child_asgd_start_step',
        'int',
        None,
        'step after which asgd begins, whatever validation says',
        ranges.NOT_NEGATIVE,
        unread=_WITHOUT_ASGD,
      ),
      Flag(
        'child_reset_train_states',
        'float',
        None,
        'probability to set the states to zero after a training step',
        ranges.PROBABILITY,
      ),
    ],
  ),
  (
    'Controller',
    [
      *common_flags.named(
        'controller_training',
        'child_arcs',
        'controller_num_replicas',
        'controller_l2_reg',
        controller_train_every=1,
        controller_train_steps=25,
        controller_sync_replicas=True,
        controller_num_aggregate=10,
        controller_lr=5e-5,
      ),
      *common_flags.named(
        controller_bl_dec=0.999,
        controller_entropy_weight=1e-5,
        controller_tanh_constant=2.25,
        controller_temperature=5.0,
      ),
      Flag(
        'controller_lstm_size',
        'int',
        64,
        'features of its LSTM',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'controller_num_funcs',
        'int',
        4,
        'how many of tanh, relu, sigmoid and identity cells may have '
        '(upstream: 2, by a mistake)',
        ranges.between(1, len(ENAS_LM.activations)),
      ),
      Flag(
        'controller_distance_penalty',
        'float',
        6.0,
        'reading a node k places back costs its logit k^2 / this; 0: nothing',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'controller_true_entropy',
        'bool',
        False,
        "take the entropy of every choice, not upstream's -p log p of the "
        'sampled one',
      ),
      *common_flags.named('controller_baseline', 'controller_shared_batch'),
      Flag(
        'controller_selection_threshold',
        'float',
        None,
        'accepted, as a script of melodyguan/enas passes it; without effect',
        unread=_NOWHERE_READ,
        may_change=True,
      ),
    ],
  ),
  (
    'Evaluation (--mode=eval, --mode=derive, --mode=export)',
    [
      *common_flags.named('checkpoint_path'),
      Flag(
        'eval_split',
        ('valid', 'test', 'derive'),
        'valid',
        'text to score on; derive: what derive_split has kept of valid',
        may_change=True,
      ),
      *common_flags.named(
        'eval_arcs_file',
        'eval_output',
        'derive_samples',
        'derive_from',
        'derive_split',
        'derive_output',
        'export_dir',
        'export_version',
      ),
    ],
  ),
  (
    'Training several architectures of eval_arcs_file (--mode=retrain)',
    common_flags.named('retrain_top', 'retrain_seeds', 'retrain_jobs'),
  ),
]

# Flags that upstream defines and nothing there reads, or that only make it
# fail.
WITHOUT_EFFECT = (
  'child_base_number',
  'child_avg_pool_size',
  'child_block_size',
  'child_temperature',
  'child_optim_moving_average',
  'child_sync_replicas',
  'child_num_aggregate',
  'child_num_replicas',
  'controller_keep_prob',
  'controller_lr_dec_rate',
  'controller_skip_target',
  'controller_skip_rate',
)
