"""The flags of `src.cifar10.main` against those of melodyguan/enas."""

from src.cifar10 import flags as flag_table
from tests import flag_tables

# Of `src/cifar10/main.py` there; what only its scripts pass is refused too.
# Its layout never worked; with it a GPU would not be used well.
UPSTREAM = """
bool: reset_output_dir=False child_use_aux_heads=False
bool: child_sync_replicas=False child_lr_cosine=False
bool: controller_search_whole_channels=False controller_sync_replicas=False
bool: controller_training=True
str: data_path= output_dir= child_fixed_arc=None
word: search_for=None data_format=NHWC/auto
int: batch_size=32 num_epochs=300 log_every=50 eval_every_epochs=1
int: child_num_layers=5 child_num_cells=5 child_out_filters=48
int: child_out_filters_scale=1 child_num_branches=4 child_num_aggregate=None
int: child_num_replicas=1 child_lr_dec_every=100 child_lr_T_0=None
int: child_lr_T_mul=None child_cutout_size=None
int: controller_num_aggregate=1 controller_num_replicas=1
int: controller_train_steps=50 controller_train_every=2
float: child_grad_bound=5.0 child_lr=0.1 child_lr_dec_rate=0.1
float: child_lr_max=None child_lr_min=None child_l2_reg=0.0001
float: child_keep_prob=0.5 child_drop_path_keep_prob=1.0
float: controller_lr=0.001 controller_lr_dec_rate=1.0 controller_l2_reg=0.0
float: controller_bl_dec=0.99 controller_tanh_constant=None
float: controller_op_tanh_reduce=1.0 controller_temperature=None
float: controller_entropy_weight=None controller_skip_target=0.8
float: controller_skip_weight=0.0
refused: child_filter_size child_block_size child_skip_pattern
refused: controller_keep_prob controller_forwards_limit controller_use_critic
refused: child_num_cell_layers
"""


def test_upstreams_flags():
  assert flag_tables.unlike(flag_table, UPSTREAM) == []
