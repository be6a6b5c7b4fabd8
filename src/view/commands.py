"""The command that trains a found architecture from scratch.

It is complete: what a run's flags say of its data goes with it, for the scripts
in `scripts` have settings for the published data.
"""

from src.arc import text as text_lib
from src.arc.channel_macro import ChannelMacroArc

# What belongs to data and shape, not to the settings of a training.
_FLAGS = (
  'data_path', 'num_classes', 'child_img_size', 'input_scaling',
  'skip_unreadable_images', 'unknown_words',
)  # fmt: skip
_SHAPE = {
  'micro': ('child_num_cells',),
  'macro': ('child_num_layers', 'child_num_branches'),
  'recurrent': ('child_rhn_depth',),
}


def task_of(flags):
  """The package whose run has these flags."""
  if 'child_rhn_depth' in flags:
    return 'ptb'
  return 'AEROBI' if 'child_img_size' in flags else 'cifar10'


def kind_of(flags):
  """The kind of architecture that a run with these flags is about."""
  if task_of(flags) == 'ptb':
    return 'recurrent'
  return 'micro' if flags.get('search_for') == 'micro' else 'macro'


def retraining(arc, flags):
  """How to train an architecture of a search from scratch.

  Args:
    arc: architecture.
    flags: dict, those of the search.

  Returns:
    (True, a command for bash, in the project's root), or (False, a sentence
    that says why there is none).
  """
  task, kind = task_of(flags), kind_of(flags)
  if isinstance(arc, ChannelMacroArc):
    return False, (
      'No fixed network takes an architecture of partial channels: search with '
      '--controller_search_whole_channels for one to train from scratch.'
    )
  if (task, kind) == ('AEROBI', 'micro'):
    return False, (
      'No script trains cells from scratch on CODEBRIM: give src.AEROBI.main '
      'the settings of the search, %s and --nocontroller_training.'
      % _option('child_fixed_arc', arc)
    )
  script = 'ptb_final' if task == 'ptb' else '%s_%s_final' % (task, kind)
  names = [name for name in _FLAGS + _SHAPE[kind] if name in flags]
  options = [('output_dir', 'outputs/final'), ('child_fixed_arc', arc)]
  options += [(name, flags[name]) for name in names if flags[name] is not None]
  return True, ' '.join(
    ['scripts/%s.sh' % script] + [_option(*option) for option in options]
  )


def _option(name, value):
  if isinstance(value, bool):
    return '--%s%s' % ('' if value else 'no', name)
  return '--%s=%s' % (name, text_lib.quote(value))
