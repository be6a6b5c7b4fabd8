"""Makes `tests` the real package before pytest can make a stand-in.

The pytest of Python 3.6 invents parent modules of the tests it imports, which
would hide the helpers here.
"""

import tests.made_log  # noqa: F401
