def draw_dag(dag, path_or_ax, title=None, note=None):
  import os

  os.makedirs(os.path.dirname(path_or_ax) or '.', exist_ok=True)
  open(path_or_ax, 'wb').write(b'')
