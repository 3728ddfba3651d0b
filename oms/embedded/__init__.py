"""PostgreSQL and Valkey for laptops and CI: from wheels, owned by `manage.py up`, data under `var/`.

Settings ask `read_state()` where the servers are; everything that starts or stops them is in
`oms.embedded.supervisor`. Importing this package costs nothing but the standard library and needs no Django.
"""

from oms.embedded.errors import EmbeddedError
from oms.embedded.state import Servers, read_state

__all__ = ["EmbeddedError", "Servers", "read_state"]
