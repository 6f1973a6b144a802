"""A search takes little processor time with 500 leaflets.

`python -m pytest tests/search/test_cost.py -s` prints the milliseconds. The reference is an ordinary leaflet of 40,000
characters, which takes about 100 ms to render where the limit of 10 ms was set.
"""

import statistics
import time

import pytest
from hypothesis import given, strategies as st

from leaflets.content import markdown
from leaflets.models import SearchWords
from leaflets.models.site_version import bump_site_version, read_site_version
from leaflets.public.search.engine import answer
from leaflets.public.search.index import edit_distance
from leaflets.public.search.questions import clean, words_of
from tests.factories import load
from tests.search import corpus
from tests.texts import law

LEAFLETS = 500
QUESTIONS = [
    *(question for question, _, _ in corpus.QUESTIONS), "school", "your child", "the school must", "bacediba fogulame",
    " ".join(["help", "school", "child", "plan"] * 3), "section 36", "6.17", "a" * 10_000,
]  # fmt: skip
ORDINARY = "The **school** must help your child. Ask us [here](/contact/) about it. *Now*.\n\n- One **thing**.\n- Two.\n\n"
ATTEMPTS = 3


def milliseconds(work):
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def quickest(work, allowed):
    """The processor time of the first attempt that takes less than allowed; otherwise of the quickest attempt."""
    times = []
    for _ in range(ATTEMPTS):
        times.append(milliseconds(work))
        if times[-1] < allowed:
            break
    return min(times)


@pytest.fixture(scope="module")
def reference():
    """The milliseconds in which an ordinary leaflet is rendered."""
    text = (ORDINARY * 400)[:40_000]
    return min(milliseconds(lambda: markdown.render(text, law())) for _ in range(ATTEMPTS))


@pytest.fixture(scope="module")
def many(tmp_path_factory, module_database):
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"))
        corpus.store_many(LEAFLETS)
        SearchWords.objects.create(synonyms=list(corpus.SYNONYMS.synonyms))
        bump_site_version()


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_search_takes_little_processor_time_with_500_leaflets(many, reference):
    version = read_site_version()
    first = milliseconds(lambda: answer("help", version))
    for question in QUESTIONS:
        answer(question, version)
    allowed = reference / 10
    # Each question has several attempts: other work on the machine makes no difference.
    times = {
        question[:30]: quickest(lambda one=question: answer(one, version), allowed) for question in QUESTIONS
    }
    slowest = max(times, key=times.__getitem__)
    print(
        f"median {statistics.median(times.values()):.1f} ms, most {times[slowest]:.1f} ms ({slowest}), index {first:.0f} ms, "
        f"allowed {allowed:.1f} ms"
    )

    assert times[slowest] < allowed


@pytest.mark.parametrize("shape", ["a", "a ", "\ufdfa", "e\u0301", "\0", "'s ", "1.", "🙂"])
def test_a_question_of_any_length_takes_little_processor_time(shape, reference):
    def work():
        words_of(clean((shape * 200_000)[:200_000]))

    assert quickest(work, reference) < reference


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("help", "hlep", 1),
        ("dyslexia", "dislexia", 1),
        ("abc", "xyz", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_the_distance_of_words_counts_the_letters_that_change(one, other, distance):
    assert edit_distance(one, other, most=9) == distance
    assert edit_distance(other, one, most=9) == distance


@pytest.mark.parametrize("most", [1, 2, 3])
@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_distance_that_is_not_above_the_limit_is_exact(most, one, other):
    exact = edit_distance(one, other, most=99)

    assert min(edit_distance(one, other, most), most + 1) == min(exact, most + 1)
