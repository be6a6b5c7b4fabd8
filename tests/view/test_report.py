"""The report: what it says; in a browser it opens and its slider works."""

import csv
import html
import json
import os
import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest

from src.arc import (
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MicroArc,
  RecurrentSpace,
)
from src.cifar10.task import Cifar10
from src.view import curves, log, report
from tests import made_log, tiny_runs
from tests.ptb import tiny_ptb

FLAGS = {
  'child_out_filters': 4,
  'child_num_layers': 12,
  'child_num_branches': 6,
  'num_epochs': 9,
  'search_for': 'macro',
  'data_path': 'data/x',
  'note': '<script>alert(1)</script>&',
}


@pytest.fixture
def run(tmp_path):
  """The folder of a search of three epochs."""
  folder = tmp_path / "a $run's"
  folder.mkdir()
  made_log.write(folder / 'stdout', 3)
  (folder / 'flags.json').write_text(json.dumps(FLAGS))
  return folder


def _data(text):
  """What the slider shows, out of the page."""
  found = re.search(r'<script type="application/json">(.*?)</script>', text)
  return json.loads(found.group(1))


def test_the_test_split_chooses_nothing(tmp_path):
  rule = '-' * 80
  lines = ['SYNTHETIC images: <no result>']
  for step, valid, test in ((5, 0.5, 0.9), (10, 0.75, 0.25), (15, 0.25, 1.0)):
    lines += [
      'epoch=1     ch_step=%-6d loss=0.1 lr=0.1 |g|=0.1 tr_acc=1 / 16 mins=0.1'
      % step,
      'Epoch %d: Eval' % (step // 5),
      'Eval at %d' % step,
      'valid_accuracy: %.4f' % valid,
      'Eval at %d' % step,
      'test_accuracy: %.4f' % test,
      rule,
    ]
  (tmp_path / 'stdout').write_text('\n'.join(lines) + '\n')
  with open(report.write(str(tmp_path)), encoding='utf-8') as file:
    text = file.read()
  assert '<p><strong>SYNTHETIC images: &lt;no result&gt;</strong></p>' in text
  facts = re.findall('<b>([^<]*)</b><span>([^<]*)</span>', text)
  assert [fact for fact in facts if 'accuracy' in fact[1]] == [
    ('0.2500', 'valid accuracy, last'),
    ('1.0000', 'test accuracy, last'),
    ('0.7500', 'valid accuracy, best'),
    ('0.2500', 'test accuracy there'),
  ]


def test_the_page_says_what_the_log_says(run):
  path = report.write(str(run))
  with open(path, encoding='utf-8') as file:
    text = file.read()
  history = log.load(str(run)).history
  for words in (
    '<b>3 of 9</b><span>epochs</span>',
    '<b>%.4f</b><span>valid accuracy, last</span>' % history.valid[-1].accuracy,
    '<b>%.4f</b><span>test accuracy, last</span>' % history.test[-1].accuracy,
    '<b>30</b><span>architectures shown</span>',
    '<b>0:03</b><span>hours and minutes</span>',
    '<tr><th>child_out_filters</th><td>4</td></tr>',
    html.escape('--mode=derive --checkpoint_path=%s' % shlex.quote(str(run))),
  ):
    assert words in text, words
  assert '<script>alert' not in text
  # The best one, of equal ones the last, is what it says to train.
  best = max(s.accuracy for s in history.shown)
  winner = [s for s in history.shown if s.accuracy == best][-1]
  command = html.unescape(
    re.search(r'scripts/cifar10_macro_final.sh .*?</pre>', text).group()
  )
  assert "--child_fixed_arc='%s' " % str(winner.arc) in command
  assert (
    ' --data_path=data/x --child_num_layers=12 --child_num_branches=6<'
    in (command)
  )
  # No file of another place: one that opens anywhere.
  for link in re.findall(r'(?:src|href)=["\']([^"\']*)', text):
    assert link.startswith('#'), link
  assert os.listdir(str(run)).count('report.html.part') == 0


def test_the_slider_has_the_drawings_of_the_best_of_each_epoch(run):
  text = report.page(log.load(str(run)), str(run))
  data = _data(text)
  history = log.load(str(run)).history
  assert len(data['frames']) == 3
  for epoch, frame in enumerate(data['frames'], 1):
    accuracy = max(s.accuracy for s in history.shown if s.epoch == epoch)
    assert frame['title'].startswith(
      'epoch %d · accuracy %.4f · ' % (epoch, accuracy)
    )
    assert frame['arc'] in [str(s.arc) for s in history.shown]
    drawing = ''.join(data['pool'][k] for k in frame['parts'])
    assert drawing.startswith('<svg') and drawing.endswith('</svg>')
    assert drawing.count('<text') == 12 * 2 + 4 + 2 + 3 * 2


@pytest.mark.parametrize(
  ('flag', 'task', 'script'),
  [
    ('input_scaling', 'AEROBI', 'AEROBI_macro_final.sh'),
    ('child_rhn_depth', 'ptb', 'ptb_final.sh'),
    ('child_num_layers', 'cifar10', 'cifar10_macro_final.sh'),
  ],
)
def test_commands_are_of_the_task(run, flag, task, script):
  (run / 'flags.json').write_text(json.dumps(dict(FLAGS, **{flag: 12})))
  if task == 'ptb':
    made_log.write(run / 'stdout', 3, make=RecurrentSpace(12).random)
  text = report.page(log.load(str(run)), str(run))
  assert '-m src.%s.main --mode=derive ' % task in text
  command = re.search('scripts/%s .*?</pre>' % script, text).group()
  assert '--%s=12' % flag in command


def test_what_was_derived_is_shown_and_trained_rather(run):
  draw = np.random.RandomState(5)
  arcs = [str(MacroArc.random(12, 6, draw)) for _ in range(3)]
  lines = ['rank,arc,times_sampled,valid_accuracy,num_correct,num_examples']
  for number, (arc, correct) in enumerate(zip(arcs, (240, 235, 100)), 1):
    lines.append('%d,%s,2,%s,%d,400' % (number, arc, correct / 400.0, correct))
  (run / 'derived.csv').write_text('\n'.join(lines))
  text = html.unescape(report.page(log.load(str(run)), str(run)))
  assert "--child_fixed_arc='%s' " % arcs[0] in text
  assert 'first of derived.csv (0.6 ' in text
  rows = re.findall('<tr><td>([0-9])</td><td>(.*?)</td>.*<code>(.*?)<', text)
  # sqrt(0.6 * 0.4 / 400) is 0.0245: the second is within it, the third not.
  assert rows == [
    ('1', '0.6000 \xb1 0.0245', arcs[0]),
    ('2', '0.5875 \xb1 0.0246', arcs[1]),
    ('3', '0.2500 \xb1 0.0217', arcs[2]),
  ]
  assert 'Of 400 images: 2 of the 3 lie within' in text


def test_a_table_that_is_damaged_or_of_another_search_is_passed_over(run):
  before = report.page(log.load(str(run)), str(run))
  for row in ('1,0 0 1,2,0.5', '1,%s,2,7' % ' '.join(['0'] * 78)):
    (run / 'derived.csv').write_text(
      'rank,arc,times_sampled,valid_accuracy\n' + row
    )
    assert report.page(log.load(str(run)), str(run)) == before


def test_classes_of_own_data_are_named(run):
  found = log.load(str(run))
  network = found.record.network._replace(classes=['<cat>', 'dog'] + ['x'] * 30)
  found = found._replace(record=found.record._replace(network=network))
  text = report.page(found, str(run))
  assert '<p>32 classes: &lt;cat&gt;, dog, x' in text
  assert ' and 12 more</p>' in text


def test_a_pool_of_elements_keeps_a_long_search_small(run):
  made_log.write(run / 'stdout', 40)
  text = report.scroller(log.load(str(run)))
  data = _data(text)
  whole = sum(
    len(data['pool'][k]) for frame in data['frames'] for k in frame['parts']
  )
  assert len(text) < whole / 2.5


def test_a_fixed_network_is_drawn(run):
  arc = '0 5 1 3 0 1'
  flags = dict(FLAGS, child_fixed_arc=arc, child_num_layers=3)
  (run / 'flags.json').write_text(json.dumps(flags))
  (run / 'stdout').write_text('Epoch 1: Eval\nEval at 4\ntest_accuracy: 0.5\n')
  text = report.page(log.load(str(run)), str(run))
  assert '<h1>Training in ' in text
  assert '16 filters' in text  # the width doubles: it is the final network
  assert 'scroller' not in text.split('<body>')[1]
  assert '--mode=export --checkpoint_path=' in text and ':best' not in text
  with open(str(run / 'stdout'), 'a') as file:
    file.write('valid_accuracy: 0.5\n')
  text = html.unescape(report.page(log.load(str(run)), str(run)))
  best = shlex.quote(str(run) + ':best')
  assert '--mode=export --checkpoint_path=%s<' % best in text
  assert '-m src.use.predict --checkpoint_path=%s FOLDER' % best in text
  flags['child_fixed_arc'] = '9 9'
  (run / 'flags.json').write_text(json.dumps(flags))
  text = report.page(log.load(str(run)), str(run))
  assert 'a macro architecture has' in text


def test_cells_are_drawn_too(run):
  made_log.write(
    run / 'stdout', 2, make=lambda draw: MicroArc.random(3, 5, draw)
  )
  flags = {'search_for': 'micro', 'child_num_cells': 3}
  (run / 'flags.json').write_text(json.dumps(flags))
  text = report.page(log.load(str(run)), str(run))
  assert len(_data(text)['frames']) == 2
  assert re.search(
    r'scripts/cifar10_micro_final.sh .* --child_num_cells=3<', text
  )


def test_partial_channels_are_listed(run):
  draw = np.random.RandomState(0)
  arc = ChannelMacroArc.random(3, 2, 4, draw)
  (run / 'stdout').write_text('\n'.join(made_log.lines_of_arc(arc, 0.5)))
  text = report.page(log.load(str(run)), str(run))
  assert '<li>0.5000 <code>%s</code></li>' % str(arc) in text
  assert 'No fixed network takes' in text and '_final.sh' not in text


def test_a_run_without_anything_yet(tmp_path):
  with pytest.raises(ArcError, match='cannot read .*stdout'):
    report.write(str(tmp_path))


def test_a_run_writes_it_at_the_end_of_each_epoch(tmp_path, capsys):
  """And one that cannot be written ends no run."""
  data, out = tiny_runs.write_data(tmp_path / 'data'), tmp_path / 'out'
  argv = tiny_runs.arguments(tiny_runs.SEARCH, data, out, '--num_epochs=3')
  in_the_way = out / 'report.html.part'

  def _train(until, *more):
    flags, _ = tiny_runs.parse(argv + list(more))
    tiny_runs.train(flags, lambda position: position == (until, 0, 0))

  with tiny_runs.shared_graphs:
    _train(1)
    assert not (out / 'report.html').exists()
    in_the_way.mkdir()
    _train(2, '--report')
    shown = capsys.readouterr().out
    assert shown.count('warning: IsADirectoryError: ') == 1
    assert len(tiny_runs.table(out, 'architectures.csv')) == 20
    in_the_way.rmdir()
    _train(3, '--report')
  text = (out / 'report.html').read_text(encoding='utf-8')
  assert '<b>3 of 3</b>' in text
  assert len(_data(text)['frames']) == 3
  # What the run wrote of its space is believed, whatever the flags are named.
  (tmp_path / 'out' / 'flags.json').write_text('{"child_rhn_depth": 9}')
  run = log.load(str(tmp_path / 'out'))
  flags, _ = tiny_runs.parse(argv)
  network = run.record.network._replace(classes=None, mean=None, std=None)
  assert run.record._replace(network=network) == Cifar10().record(flags)
  with open(run.log_path) as file:
    assert re.findall(r'mins=([\d.]+)', file.read())[-1] == (
      '%.2f' % run.minutes
    )
  found = tiny_runs.table(tmp_path / 'out', 'architectures.csv')
  assert [s.accuracy for s in run.history.shown] == [
    float(row['valid_accuracy']) for row in found
  ]
  assert '-m src.cifar10.main' in report.page(run, 'x')
  (tmp_path / 'out' / 'space.json').write_text('{}')
  with pytest.raises(ArcError, match='space.json: not the record of a run'):
    log.load(str(tmp_path / 'out'))


def test_a_run_on_text_has_a_report_and_curves_too(tmp_path, capsys):
  data = tiny_ptb.write_data(tmp_path / 'data')
  out = tmp_path / 'out'
  tiny_ptb.run(tiny_ptb.arguments(tiny_ptb.SEARCH, data, out, '--report'))
  assert 'warning' not in capsys.readouterr().out
  with open(str(out / 'metrics.csv')) as file:
    rows = list(csv.DictReader(file))
  history = log.load(str(out)).history
  assert len(history.child) == sum(r['phase'] == 'child' for r in rows)
  assert len(history.controller) == sum(
    r['phase'] == 'controller' for r in rows
  )
  assert not history.skipped
  with open(str(out / 'architectures.csv')) as file:
    shown = list(csv.DictReader(file))
  # What the log shows is in the table, and the table can be read as well.
  for found in (
    history.shown,
    log.load(str(out / 'architectures.csv')).history.shown,
  ):
    assert [str(s.arc) for s in found] == [row['arc'] for row in shown]
    np.testing.assert_allclose(
      [s.accuracy for s in found],
      [float(row['reward']) for row in shown],
    )
  valid = [float(r['perplexity']) for r in rows if r['phase'] == 'valid']
  assert [e.accuracy for e in history.perplexity['valid']] == valid
  assert [e.epoch for e in history.perplexity['valid']] == [1, 2]
  text = (out / 'report.html').read_text(encoding='utf-8')
  assert '<b>2 of 2</b>' in text
  assert '<b>%.2f</b><span>valid perplexity, best</span>' % min(valid) in text
  assert 'SYNTHETIC' not in text
  assert ' · reward %.4f' % max(s.accuracy for s in history.shown) in text
  assert curves.panels(history) == [
    curves.accuracy, curves.perplexity, curves.reward, curves.entropy,
    curves.operations,
  ]  # fmt: skip
  # Rates go with the length of windows: none of them begins anew.
  assert len({step.learning_rate for step in history.child}) > 1
  assert curves.restarts(history) == []
  axes = curves.overview(history).axes
  assert [ax.get_title('left') for ax in axes][:2] == ['reward', 'perplexity']
  train, valid = (list(line.get_ydata()) for line in axes[1].lines)
  assert train == [step.perplexity for step in history.child]
  assert valid == [e.accuracy for e in history.perplexity['valid']]


BROWSER = shutil.which('chromium') or shutil.which('chromium-browser')

# Notes errors, moves the slider to the first drawing, and writes what it saw
# into the page.
_BEFORE = """<script>
window.problems = [];
window.addEventListener("error", (e) => window.problems.push(e.message));
</script>"""
_AFTER = """<script>
const seen = [];
function look() {
  const find = (what) => document.querySelector("#scroller " + what);
  seen.push({
    drawing: find(".drawing").innerHTML, caption: find(".caption").textContent,
    arc: find(".arc").textContent, place: find(".place").textContent,
    labels: find(".drawing").querySelectorAll("text").length,
    width: find("svg").getBoundingClientRect().width});
}
look();
const slider = document.querySelector("#scroller input");
slider.value = 0;
slider.dispatchEvent(new Event("input"));
look();
document.querySelector("#scroller button").click();
setTimeout(() => {
  look();
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify({problems: window.problems, seen: seen});
  document.body.appendChild(out);
}, 3000);
</script>"""


@pytest.mark.skipif(
  BROWSER is None,
  reason='no chromium on PATH: apt-get install chromium',
)
def test_in_a_browser_the_slider_changes_the_drawing(run, tmp_path):
  with open(report.write(str(run)), encoding='utf-8') as file:
    text = file.read()
  text = text.replace('<head>', '<head>' + _BEFORE, 1)
  text = text.replace('</body>', _AFTER + '</body>', 1)
  page = tmp_path / 'page.html'
  page.write_text(text, encoding='utf-8')
  done = subprocess.run(
    [
      BROWSER, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
      '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--enable-logging=stderr',
      '--user-data-dir=%s' % (tmp_path / 'profile'),
      '--virtual-time-budget=6000', '--dump-dom', page.as_uri(),
    ],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    timeout=120,
  )  # fmt: skip
  dom = done.stdout.decode('utf-8')
  said = [
    line
    for line in done.stderr.decode('utf-8', 'replace').splitlines()
    if 'CONSOLE' in line
  ]
  assert said == []
  result = json.loads(
    html.unescape(re.search(r'<pre id="seen">(.*?)</pre>', dom).group(1))
  )
  assert result['problems'] == []
  last, first, played = result['seen']
  assert (last['place'], first['place']) == ('3 of 3', '1 of 3')
  assert last['caption'].startswith('epoch 3 · ')
  assert first['caption'].startswith('epoch 1 · ')
  assert first['drawing'] != last['drawing'] and first['arc'] != last['arc']
  assert last['labels'] > 30 and last['width'] > 300
  # Played to the end, it shows the last drawing again.
  assert played == last


@pytest.mark.parametrize(
  ('loose_ends', 'text'), [(False, 'mean of 1 to 3'), (True, 'mean of 2, 3')]
)
def test_a_cell_is_drawn_as_it_is_trained(tmp_path, loose_ends, text):
  # The same numbers are a macro network of three layers.
  flags = {
    'child_rhn_depth': 4,
    'child_fixed_arc': '0 2 1 0 0 1',
    'child_average_loose_ends': loose_ends,
  }
  (tmp_path / 'flags.json').write_text(json.dumps(flags))
  (tmp_path / 'stdout').write_text(
    'epoch=0     ch_step=5      loss=210.1    lr=19.4     |g|=0.09       '
    'tr_ppl=401.25   avg=0  mins=0.50       \n'
  )
  with open(report.write(str(tmp_path)), encoding='utf-8') as file:
    page = file.read()
  assert text in page and 'conv' not in page
