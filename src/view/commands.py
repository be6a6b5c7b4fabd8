"""The command that trains a found architecture from scratch.

It is complete: what a run's flags say of its data goes with it, for the scripts
in `scripts` have settings for the published data.
"""

from src.arc import text as text_lib
from src.arc.channel_macro import ChannelMacroArc

# What belongs to data and shape, not to the settings of a training, and what
# need not be said as it is the default of every script.
_FLAGS = (
  ('data_path', None),
  ('num_classes', None),
  ('multi_label', False),
  ('child_img_size', None),
  ('child_num_reductions', 2),
  ('split_fraction', 0.1),
  ('split_seed', 0),
  ('input_scaling', None),
  ('skip_unreadable_images', False),
  ('unknown_words', None),
)
_SCRIPTS = {
  'macro': 'scripts/%s_macro_final.sh',
  'cells': 'scripts/%s_micro_final.sh',
  'recurrent': 'scripts/%s_final.sh',
  'dag': 'scripts/%s_scratch.sh',
  'lstm_style': 'scripts/%s_scratch.sh',
}
# A script that searches and trains.
_OF_PACKAGE = {'robustness': 'scripts/robustness.sh'}
_TEXTS = (('dataset', 'ptb'), ('data_dir', 'data'))
_PNAS = 'scripts/pnas_search.sh'


def data_of(flags):
  """The flags that say which data a run has, as far as they are no defaults.

  Args:
    flags: dict, those of the run.
  """
  return _changed(flags, _FLAGS)


def _changed(flags, defaults):
  return {
    name: flags[name]
    for name, default in defaults
    if flags.get(name, default) != default
  }


def retraining(arc, flags, record):
  """How to train an architecture of a search from scratch.

  Args:
    arc: architecture.
    flags: dict, those of the search.
    record: `src.arc` Record of the search.

  Returns:
    (True, a command for bash, in the project's root), or (False, a sentence
    that says why there is none).
  """
  package, space = record.package, record.space
  if isinstance(arc, ChannelMacroArc):
    return False, (
      'No fixed network takes an architecture of partial channels: search with '
      '--controller_search_whole_channels for one to train from scratch.'
    )
  if (package, space.type) == ('AEROBI', 'cells'):
    return False, (
      'No script trains cells from scratch on CODEBRIM: give src.AEROBI.main '
      'the settings of the search, %s and --nocontroller_training.'
      % _option('child_fixed_arc', arc)
    )
  options = [('output_dir', 'outputs/final'), ('child_fixed_arc', arc)]
  options += data_of(flags).items()
  if package == 'recurrent':
    options += _changed(flags, _TEXTS).items()
  options += space.flags
  if package == 'pnas':
    options[1] = ('final_train', arc)
    return True, ' '.join([_PNAS] + [_option(*option) for option in options])
  script = _OF_PACKAGE.get(package) or _SCRIPTS[space.type] % package
  return True, ' '.join([script] + [_option(*option) for option in options])


def _option(name, value):
  if isinstance(value, bool):
    return '--%s%s' % ('' if value else 'no', name)
  return '--%s=%s' % (name, text_lib.quote(value))
