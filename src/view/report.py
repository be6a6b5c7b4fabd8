"""One page about a run: curves, drawings, settings, how to go on.

`report.html` is one file that needs no network. A run writes it anew at the end
of each epoch.
"""

import html
import json
import os

from src.arc import ArcError, arc_svg, read_arc
from src.arc import text as text_lib
from src.view import curves, derived, frames, log, next_steps
from src.view import page as page_lib

FILE = 'report.html'
_BEST = 5
_CLASSES = 20  # that are named
_TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), FILE)

# Shows one drawing of many. The drawings share most of their elements, so each
# is a list of positions in a pool of elements.
_SCROLLER = """
<div id="@ID@" class="scroller">
<p><button type="button">play</button>
<input type="range" min="0" value="0" style="width:60%" aria-label="drawing">
<span class="place"></span></p>
<p><b class="caption"></b><br><code class="arc"></code></p>
<div class="drawing"></div>
<script type="application/json">@DATA@</script>
<script>
(function () {
  const root = document.getElementById("@ID@");
  const find = (what) => root.querySelector(what);
  const data = JSON.parse(
    find('script[type="application/json"]').textContent);
  const slider = find("input"), button = find("button");
  let timer = null;
  function show() {
    const frame = data.frames[slider.value];
    find(".drawing").innerHTML = frame.parts.map((k) => data.pool[k]).join("");
    find(".caption").textContent = frame.title;
    find(".arc").textContent = frame.arc;
    find(".place").textContent =
      (Number(slider.value) + 1) + " of " + data.frames.length;
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = "play";
  }
  slider.max = data.frames.length - 1;
  slider.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    if (slider.value === slider.max) { slider.value = 0; }
    button.textContent = "pause";
    timer = setInterval(() => {
      if (slider.value === slider.max) { stop(); return; }
      slider.value = Number(slider.value) + 1;
      show();
    }, 400);
  });
  slider.value = data.frames.length - 1;
  show();
})();
</script>
</div>
"""


def write(directory):
  """Writes `report.html` into a run directory.

  Args:
    directory: str.

  Returns:
    str, the path written.

  Raises:
    ArcError: the run's log shows nothing yet.
    OSError: it cannot be written.
  """
  text = page(log.load(directory), directory)
  path = os.path.join(directory, FILE)
  page_lib.write(path, text)
  return path


def page(run, directory):
  """The report as a str; arguments as `write`, run is a log.Run."""
  history, flags = run.history, run.flags
  scored = _derived(run, directory)
  kind = 'Training' if flags.get('child_fixed_arc') else 'Search'
  parts = {
    'TITLE': html.escape('%s in %s' % (kind, text_lib.printable(directory))),
    'NOTICE': _notice(run),
    'FACTS': _facts(run),
    'CLASSES': _classes(run.record.network.classes),
    'CURVES': '\n'.join(map(curves.as_svg, curves.each(history))),
    'DRAWINGS': derived.as_html(scored) + _drawings(run),
    'NEXT': _next_steps(next_steps.commands_of(run, directory, scored)),
    'SETTINGS': ''.join(
      '<tr><th>%s</th><td>%s</td></tr>'
      % (html.escape(flag), html.escape(text_lib.printable(str(value))))
      for flag, value in sorted(flags.items())
    ),
  }
  return page_lib.filled(_TEMPLATE, parts)


def scroller(run, shown=None, name='scroller'):
  """HTML of a slider over drawings, for a page or a notebook.

  Args:
    run: log.Run.
    shown: list of log.Shown, or None for the best of each epoch.
    name: str, an id that is used once on the page.
  """
  pool, entries = {}, []
  look = frames.look(run.record)._asdict()
  for entry in frames.select(run.history.shown) if shown is None else shown:
    elements = arc_svg(entry.arc, **look).replace('><', '>\n<').split('\n')
    entries.append(
      {
        'title': frames.title(entry, run.record),
        'arc': str(entry.arc),
        'parts': [pool.setdefault(e, len(pool)) for e in elements],
      }
    )
  data = json.dumps({'pool': list(pool), 'frames': entries})
  return _SCROLLER.replace('@ID@', name).replace(
    '@DATA@', data.replace('<', '\\u003c')
  )


def _facts(run):
  history, flags, facts = run.history, run.flags, []
  evaluations = history.evaluations()
  if evaluations and evaluations[-1].epoch is not None:
    epochs = '%d' % evaluations[-1].epoch
    if 'num_epochs' in flags:
      epochs += ' of %d' % flags['num_epochs']
    facts.append(('epochs', epochs))
  for name in ('valid', 'test'):
    found = getattr(history, name)
    if found:
      facts.append((name + ' accuracy, last', '%.4f' % found[-1].accuracy))
    found = history.perplexity[name]
    if found:
      facts.append((name + ' perplexity, last', '%.2f' % found[-1].accuracy))
  facts += _best_validation(history)
  if history.shown:
    facts.append(('architectures shown', '%d' % len(history.shown)))
  if history.child or history.controller:
    facts.append(('hours and minutes', '%d:%02d' % divmod(run.minutes, 60)))
  return ''.join(
    '<div><b>%s</b><span>%s</span></div>'
    % (html.escape(value), html.escape(name))
    for name, value in facts
  )


def _best_validation(history):
  """What is best on validation, and what it has on the test split.

  The best on the test split itself would be no fair measure.
  """
  of_text = history.perplexity
  for kind, valid, test, form, better in (
    ('accuracy', history.valid, history.test, '%.4f', max),
    ('perplexity', of_text['valid'], of_text['test'], '%.2f', min),
  ):
    if valid:
      best = better(valid, key=lambda evaluation: evaluation.accuracy)
      yield 'valid %s, best' % kind, form % best.accuracy
      for evaluation in test:
        if evaluation.step == best.step:
          yield 'test %s there' % kind, form % evaluation.accuracy


def _notice(run):
  """What the log says of data that are made up, as HTML; mostly nothing."""
  if not os.path.isfile(run.log_path):
    return ''
  with open(run.log_path, encoding='utf-8', errors='replace') as file:
    for line in file:
      if line.startswith('SYNTHETIC'):
        return '<p><strong>%s</strong></p>' % html.escape(line.strip())
      if 'ch_step=' in line:
        break
  return ''


def _classes(names):
  """What the labels of the run's images are called, as HTML."""
  if not names:
    return ''
  shown = ', '.join(names[:_CLASSES])
  if len(names) > _CLASSES:
    shown += ' and %d more' % (len(names) - _CLASSES)
  text = '%d classes: %s' % (len(names), shown)
  return '<p>%s</p>' % html.escape(text_lib.printable(text))


def _derived(run, directory):
  """What --mode=derive found, if it is of this search: list of Derived."""
  if run.flags.get('child_fixed_arc') or run.record.space is None:
    return []
  try:
    scored = derived.read(directory)
    for row in scored:
      run.record.space.parse(row.arc)
    return scored
  except ArcError:  # damaged: those shown remain
    return []


def _drawings(run):
  """The architectures of a search, or the one of a fixed network."""
  history, flags = run.history, run.flags
  if flags.get('child_fixed_arc'):
    try:
      text = flags['child_fixed_arc']
      space = run.record.space
      arc = read_arc(text) if space is None else space.parse(text)
      look = frames.final_look(arc, run.record)
      return '<h2>The network</h2>\n' + arc_svg(arc, **look._asdict())
    except ArcError as error:
      return '<h2>The network</h2>\n<p>%s</p>' % html.escape(str(error))
  if not history.shown:
    return ''
  best = frames.ranked(history.shown)
  look = frames.look(run.record)._asdict()
  try:
    parts = ['<h2>Architectures, epoch by epoch</h2>', scroller(run)]
    parts.append('<h2>The best ones, each on one batch</h2>')
    for shown in best[:_BEST]:
      parts.append(
        '<details><summary>%s<br><code>%s</code></summary>%s</details>'
        % (
          html.escape(frames.title(shown, run.record)),
          shown.arc,
          arc_svg(shown.arc, **look),
        )
      )
    return '\n'.join(parts)
  except ArcError as error:  # such as partial channels: nothing to draw
    return '<h2>Architectures</h2>\n<p>%s</p>\n<ul>%s</ul>' % (
      html.escape(str(error)),
      ''.join(
        '<li>%.4f <code>%s</code></li>' % (shown.accuracy or 0, shown.arc)
        for shown in best[:_BEST]
      ),
    )


def _next_steps(steps):
  """Commands, each with what it is for, as HTML."""
  return '\n'.join(
    '<p>%s</p>' % html.escape(what)
    + ('\n<pre>%s</pre>' % html.escape(command) if command else '')
    for what, command in steps
  )
