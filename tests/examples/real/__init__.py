"""Real books that nobody wrote for Daybook; they lie beside the repository, never inside it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("DAYBOOK_REAL_DATA") or ROOT.parent / "shared" / "data")

needs_real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real data at {DATA} (DAYBOOK_REAL_DATA says where it is)"
)
