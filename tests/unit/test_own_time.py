import gc
from time import thread_time

from workers.flow.jsonata.own_time import own_time


def test_what_the_garbage_collector_takes_is_not_the_threads_own_time() -> None:
    heap = [[number] for number in range(300_000)]
    own, all_of_it = own_time(), thread_time()
    for _ in range(5):
        gc.collect()
    collected = (thread_time() - all_of_it) - (own_time() - own)
    assert collected > 0.8 * (thread_time() - all_of_it)
    assert len(heap) == 300_000


def test_all_else_is() -> None:
    own, all_of_it = own_time(), thread_time()
    gc.disable()
    try:
        assert sum(range(1_000_000)) > 0
        assert abs((own_time() - own) - (thread_time() - all_of_it)) < 0.001
    finally:
        gc.enable()
