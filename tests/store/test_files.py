"""Single files: whole or absent, and a full disk is called one."""

from __future__ import annotations

import errno
import os

import pytest

from groundup.errors import NoRoomError
from groundup.store.files import room_checked, write_durably


def test_a_file_is_written_and_written_over(tmp_path):
    path = tmp_path / "recipe.yaml"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, number):
    path = tmp_path / "recipe.yaml"
    write_durably(path, b"old")
    monkeypatch.setattr(os, "fsync", _failing(number))
    with pytest.raises(NoRoomError, match=r"recipe\.yaml"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _failing(number):
    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [28, 122, 27])
def test_a_full_disk_is_known_in_the_words_of_rust(tmp_path, number):
    with pytest.raises(NoRoomError), room_checked(tmp_path):
        raise Exception(f"Error while serializing: I/O error: something (os error {number})")


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "denied"), ValueError("(os error 2)"), KeyError("28")])
def test_other_errors_stay_what_they_are(tmp_path, error):
    with pytest.raises(type(error)), room_checked(tmp_path):
        raise error
