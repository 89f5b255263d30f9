"""The first signal asks for an end, and what was there before is put back."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from contextlib import suppress

import pytest

from groundup.training.signals import StoppedError, polite_stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_interrupts_nothing(number):
    with polite_stop() as stop:
        assert stop.number == 0
        os.kill(os.getpid(), number)
        assert stop.number == number


def test_who_is_patient_hears_a_wish_twice():
    with polite_stop(is_patient=True) as stop:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            assert stop.number == signal.SIGTERM


def test_the_handlers_from_before_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with suppress(KeyError), polite_stop():
        assert signal.getsignal(signal.SIGINT) != before[0]
        raise KeyError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_nothing_is_caught():
    before, inside = signal.getsignal(signal.SIGINT), []

    def look():
        with polite_stop() as stop:
            inside.extend([signal.getsignal(signal.SIGINT), stop.number])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert inside == [before, 0]


def test_the_error_carries_the_exit_code_of_the_shell_and_the_way_on():
    error = StoppedError(signal.SIGTERM, 1200)
    assert error.exit_code == 143
    assert "SIGTERM after step 1,200" in str(error)
    assert "same command" in str(error)
    assert StoppedError(signal.SIGINT, 1).exit_code == 130
    told = pickle.loads(pickle.dumps(error))
    assert (str(told), told.exit_code, told.step) == (str(error), 143, 1200)
    assert "checkpoint" not in str(StoppedError(signal.SIGINT, 0))
