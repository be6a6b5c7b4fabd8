"""The download: checked, whole or not there at all, and never twice."""

import errno
import hashlib
import http.server
import io
import os
import tarfile
import threading

import pytest

from src.cifar10 import data_utils, download, official
from src.files import archives
from src.run.errors import RunError

FOLDER = 'cifar-10-batches-bin'
FILES = {
  FOLDER + '/data_batch_1.bin': b'\x01' + b'a' * 3072,
  FOLDER + '/test_batch.bin': b'\x02' + b'b' * 3072,
  FOLDER + '/readme.html': b'<html>',
}


def _sum(content):
  return hashlib.sha256(content).hexdigest()


MEMBERS = {name: _sum(content) for name, content in FILES.items()}
MEMBERS[FOLDER + '/readme.html'] = None


def _tar(files, extra=()):
  """A .tar.gz of a folder entry, plain files and further `TarInfo`s."""
  stream = io.BytesIO()
  with tarfile.open(fileobj=stream, mode='w:gz') as archive:
    folder = tarfile.TarInfo(FOLDER)
    folder.type = tarfile.DIRTYPE
    archive.addfile(folder)
    for name, content in files.items():
      member = tarfile.TarInfo(name)
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
    for member in extra:
      archive.addfile(member)
  return stream.getvalue()


def _special(name, kind, target=''):
  member = tarfile.TarInfo(name)
  member.type = kind
  member.linkname = target
  return member


class _Fetch:
  """Downloads what an archive file beside the data folder holds."""

  def __init__(self, folder):
    self.source = folder / 'archive.tar.gz'
    self.data_path = folder / 'data'
    self.lines = []

  def __call__(self, content, sha256=None, **kwargs):
    self.source.write_bytes(content)
    kwargs.setdefault('url', self.source.as_uri())
    archive = official.Archive(
      'set.tar.gz', len(content), sha256 or _sum(content), FOLDER, MEMBERS
    )
    kwargs['archive'] = archive
    download.download(str(self.data_path), log=self.lines.append, **kwargs)

  def error(self, content, **kwargs):
    with pytest.raises(RunError) as caught:
      self(content, **kwargs)
    assert '\n' not in str(caught.value)
    return str(caught.value)

  def found(self):
    """The relative paths of all files and folders below the data folder."""
    paths = self.data_path.rglob('*')
    return sorted(str(p.relative_to(self.data_path)) for p in paths)


@pytest.fixture
def fetch(tmp_path):
  return _Fetch(tmp_path)


@pytest.fixture
def server(monkeypatch):
  """A loopback server; tests put (status, headers, body) into `answer`."""

  class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
      status, headers, body = self.server.answer
      self.send_response(status)
      for header in headers.items():
        self.send_header(*header)
      self.end_headers()
      self.wfile.write(body)

    def log_message(self, *args):
      del args

  monkeypatch.setenv('no_proxy', '127.0.0.1')
  with http.server.HTTPServer(('127.0.0.1', 0), Handler) as served:
    served.url = f'http://127.0.0.1:{served.server_port}/archive.tar.gz'
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield served
    served.shutdown()
    thread.join()


def test_files_arrive_whole_and_nothing_else_stays(fetch):
  fetch(_tar(FILES))
  assert fetch.found() == [FOLDER] + sorted(FILES)
  for name, content in FILES.items():
    assert (fetch.data_path / name).read_bytes() == content
  assert fetch.lines == [
    f'Downloading {fetch.source.as_uri()}',
    f'CIFAR-10 is now in {fetch.data_path}',
  ]


def test_a_link_to_a_folder_that_is_not_there_yet(fetch, tmp_path):
  fetch.data_path.symlink_to(tmp_path / 'mounted' / 'cifar10')
  fetch(_tar(FILES))
  assert fetch.found() == [FOLDER] + sorted(FILES)
  assert (tmp_path / 'mounted' / 'cifar10' / FOLDER).is_dir()


def test_what_arrived_can_be_read(fetch):
  fetch(_tar(FILES))
  data = data_utils.read_data(
    str(fetch.data_path), num_valids=0, log=lambda line: None
  )
  assert data.labels['train'].tolist() == [1]
  assert data.images['test'].max() == data.images['test'].min() == ord('b')


def test_over_http(fetch, server, capsys):
  content = _tar(FILES)
  for headers in ({'Content-Length': str(len(content))}, {}):
    server.answer = (200, headers, content)
    fetch(content, url=server.url)
    assert fetch.found() == [FOLDER] + sorted(FILES)
    os.remove(str(fetch.data_path / FOLDER / 'test_batch.bin'))
  assert capsys.readouterr().err == ''  # no bar where nobody watches


@pytest.mark.parametrize('at_top', [False, True])
def test_a_right_set_is_left_alone(fetch, at_top):
  fetch(_tar(FILES))
  os.remove(str(fetch.data_path / FOLDER / 'readme.html'))
  if at_top:
    for name in ('data_batch_1.bin', 'test_batch.bin'):
      os.rename(
        str(fetch.data_path / FOLDER / name), str(fetch.data_path / name)
      )
  before = fetch.found()
  del fetch.lines[:]
  fetch(b'', url='http://127.0.0.1:9/never-asked')
  assert fetch.lines == [
    f'CIFAR-10 is already in {fetch.data_path}, and every file is right'
  ]
  assert fetch.found() == before


def test_a_damaged_set_is_repaired(fetch):
  fetch(_tar(FILES))
  damaged = fetch.data_path / FOLDER / 'test_batch.bin'
  damaged.write_bytes(b'half')
  fetch(_tar(FILES))
  assert damaged.read_bytes() == FILES[FOLDER + '/test_batch.bin']


def test_another_set_is_not_buried(fetch):
  fetch.data_path.mkdir()
  (fetch.data_path / 'data_batch_1.bin').write_bytes(b'mine')
  message = fetch.error(_tar(FILES))
  assert str(fetch.data_path / 'data_batch_1.bin') in message
  assert 'give another --data_path' in message
  assert fetch.found() == ['data_batch_1.bin']
  assert fetch.lines == []


def test_an_archive_that_lies_there_is_not_fetched_again(fetch):
  fetch.data_path.mkdir()
  (fetch.data_path / official.PYTHON.name).write_bytes(b'')
  fetch(b'', url='http://127.0.0.1:9/never-asked')
  assert fetch.found() == [official.PYTHON.name] and fetch.lines == []


def test_wrong_checksum_of_the_archive(fetch):
  content = _tar(FILES)
  message = fetch.error(content, sha256='0' * 64)
  assert f'SHA-256 {_sum(content)} instead of {"0" * 64}' in message
  assert fetch.source.as_uri() in message
  assert fetch.found() == []


def test_wrong_checksum_of_a_file(fetch):
  name = FOLDER + '/test_batch.bin'
  message = fetch.error(_tar(dict(FILES, **{name: b'other'})))
  assert 'test_batch.bin has the SHA-256 ' + _sum(b'other') in message
  assert fetch.found() == []


def test_refused_connection(fetch, server):
  server.answer = (404, {}, b'')
  message = fetch.error(b'', url=server.url)
  assert f'could not download {server.url} to {fetch.data_path}' in message
  assert '404' in message and 'network connection' in message
  assert 'set.tar.gz carried there by hand is unpacked' in message
  assert fetch.found() == []


def test_broken_connection(fetch, server):
  content = _tar(FILES)
  server.answer = (200, {'Content-Length': str(len(content) + 5)}, content)
  message = fetch.error(content, url=server.url)
  assert f'{len(content)}' in message
  assert 'could not download' in message
  assert fetch.found() == []


def test_disk_full(fetch, monkeypatch):
  def full(source, sink):
    sink.write(source.read(10))
    raise OSError(errno.ENOSPC, 'No space left on device')

  monkeypatch.setattr(archives.shutil, 'copyfileobj', full)
  message = fetch.error(_tar(FILES))
  assert 'No space left on device' in message and '400 MB' in message
  assert fetch.found() == []


@pytest.mark.parametrize(
  'extra',
  [
    _special('/tmp/absolute.bin', tarfile.REGTYPE),
    _special('../escaped.bin', tarfile.REGTYPE),
    _special(FOLDER + '/../../escaped.bin', tarfile.REGTYPE),
    _special(FOLDER + '/unexpected.bin', tarfile.REGTYPE),
    _special(FOLDER + '/data_batch_1.bin', tarfile.REGTYPE),
    _special(FOLDER + '/link', tarfile.SYMTYPE, '/etc'),
    _special(FOLDER + '/hard', tarfile.LNKTYPE, 'data_batch_1.bin'),
    _special(FOLDER + '/pipe', tarfile.FIFOTYPE),
    _special(FOLDER + '/device', tarfile.CHRTYPE),
    _special('other_folder', tarfile.DIRTYPE),
    _special('..', tarfile.DIRTYPE),
  ],
  ids=lambda member: f'{member.name}-{member.type.decode()}',
)
def test_unexpected_members_are_refused(fetch, extra):
  message = fetch.error(_tar(FILES, [extra]))
  assert f'holds {extra.name!r}, which is not one of' in message
  assert fetch.found() == []
  assert sorted(os.listdir(str(fetch.data_path.parent))) == [
    'archive.tar.gz',
    'data',
  ]


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_place_of_an_expected_file_is_refused(fetch, kind):
  files = dict(FILES)
  name = FOLDER + '/test_batch.bin'
  del files[name]
  link = _special(name, kind, FOLDER + '/data_batch_1.bin')
  assert f'holds {name!r}, which is not one' in fetch.error(_tar(files, [link]))
  assert fetch.found() == []


def test_missing_members_are_named(fetch):
  files = dict(FILES)
  del files[FOLDER + '/test_batch.bin']
  assert 'lacks ' + FOLDER + '/test_batch.bin' in fetch.error(_tar(files))
  assert fetch.found() == []


def test_damaged_archives(fetch):
  whole = _tar(FILES)
  for content in (b'no archive', whole[: len(whole) // 2], b''):
    message = fetch.error(content)
    assert 'is damaged' in message
    assert fetch.source.as_uri() in message
    assert fetch.found() == []
