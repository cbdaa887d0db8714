"""What is saved as a file of settings is what is read from it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from tribe_po.errors import SettingsError
from tribe_po.settings.saving import HEADER, save, with_values

lines = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)


@given(lines.map(str.strip).filter(bool))
def test_any_line_comes_back_as_it_was(value: str) -> None:
    text = with_values("", {"KEY": value, "OTHER": "x"})
    read = dotenv_values(stream=io.StringIO(text), interpolate=False)
    assert read == {"KEY": value, "OTHER": "x"}


def test_what_was_there_stays() -> None:
    before = "# of ours\nA=1\n\nexport B='two\nlines'\nKEY=old"
    assert (
        with_values(before, {"KEY": "new"}) == "# of ours\nA=1\n\nexport B='two\nlines'\nKEY=new\n"
    )
    assert with_values("", {"KEY": "new"}) == f"{HEADER}KEY=new\n"


def test_a_link_stays_a_link_and_nothing_is_left_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "real.env"
    there.write_text("A=1\n")
    there.chmod(0o644)
    link = tmp_path / ".env"
    link.symlink_to(there)
    save(link, "A=2\n")
    assert link.is_symlink()
    assert there.read_text() == "A=2\n"
    assert there.stat().st_mode & 0o777 == 0o600

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        save(link, "A=3\n")
    assert there.read_text() == "A=2\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == [".env", "real.env"]
