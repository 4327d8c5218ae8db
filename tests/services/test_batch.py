"""A CSV file of asks: read as people's programs write it, priced, and made once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.catalogue import options_of
from generations.models import Job, Prompt, Provider, User, VideoModel, Visibility
from generations.models.prompt import text_hash
from generations.models.provider import ModelCombination as Row
from generations.services.batch import plan as planning
from generations.services.batch.plan import Batch, make, plan
from generations.services.batch.rows import Defaults, known_columns
from generations.services.batch.table import BYTES_MOST, NotReadable, decoded, records
from generations.services.batch.template import template
from generations.services.compose import NotPossible
from generations.services.offer import current_offer
from generations.services.providers import add_provider
from tests.services.helpers import queued, race

KNOWN = ("prompt", "model", "aspect_ratio", "takes")
NOTHING = Defaults()


class TestReading:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
    def test_what_spreadsheets_write_is_read(self, delimiter: str, codec: str) -> None:
        text = f'Prompt{delimiter}Aspect Ratio \r\n"Füchse{delimiter} 狐\r\nund mehr"{delimiter}16:9\r\n\r\n\r\nTwo\r\n'
        first, second = records(decoded(text.encode(codec)), KNOWN, "prompt")
        assert first.cells == {"prompt": f"Füchse{delimiter} 狐\nund mehr", "aspect_ratio": "16:9"}
        assert (first.number, first.line, second.number, second.line) == (1, 2, 2, 6)
        assert second.cells == {"prompt": "Two"}

    def test_a_formula_is_only_text(self) -> None:
        (row,) = records('prompt\n"=HYPERLINK(""http://x"")"', KNOWN, "prompt")
        assert row.cells["prompt"] == '=HYPERLINK("http://x")'

    def test_commas_outside_of_quotation_marks_are_counted(self) -> None:
        (row,) = records("prompt\nA fox, a hen, a dog", KNOWN, "prompt")
        assert (row.cells["prompt"], row.surplus) == ("A fox", 2)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "There is nothing in it."),
            ("\n,,\n \n", "There is nothing in it."),
            ("prompt\n", "no row below it"),
            ("model\nsora", "The column prompt is missing."),
            ("A fox wakes", "Unknown: “A fox wakes”. The columns there are: prompt, model,"),
            ("prompt,PROMPT\nA,B", "Named twice: “prompt”."),
            ("prompt,,model\nA,B,C", "Unknown: “”."),
            ('prompt\nA\n"B never ends\nC', "Line 3: a quotation mark is missing"),
            ('prompt\n"A" b', "Line 2: a quotation mark is missing"),
            ("prompt\n" + "x" * 140_000, "Line 2: a cell is far too long."),
            ("prompt\nA\x00B", "no text in UTF-8"),
            ("prompt\n" + "A\n" * 201, "more than 200 rows"),
            ("prompt\n" + "é" * (BYTES_MOST // 2), "more than 1 MB"),
        ],
        ids=lambda value: value[:24].encode("unicode_escape").decode(),
    )
    def test_what_cannot_be_read_says_its_cure(self, text: str, sentence: str) -> None:
        with pytest.raises(NotReadable) as refusal:
            records(text, KNOWN, "prompt")
        assert sentence in str(refusal.value)

    @pytest.mark.parametrize(
        "data", [b"prompt\n\xff\xe9", b"PK\x03\x04\x9c\xff", b"\xff\xfep", "prompt\nÄ".encode("latin-1")]
    )
    def test_bytes_that_are_no_text_are_refused(self, data: bytes) -> None:
        with pytest.raises(NotReadable, match="CSV UTF-8"):
            decoded(data)

    def test_a_large_file_is_not_even_decoded(self) -> None:
        with pytest.raises(NotReadable, match="more than 1 MB"):
            decoded(b"\xff" * (BYTES_MOST + 1))

    def test_ten_thousand_columns_are_named_in_short(self) -> None:
        with pytest.raises(NotReadable) as refusal:
            records(",".join(["prompt", *("x" * 90 + str(n) for n in range(10_000))]) + "\nA", KNOWN, "prompt")
        assert "and 9995 more" in str(refusal.value)
        assert len(str(refusal.value)) < 400

    def test_line_ends_of_a_form_change_nothing(self) -> None:
        text = 'prompt,model\n"one\n\ntwo",a\n'
        assert records(text, KNOWN, "prompt") == records(text.replace("\n", "\r\n"), KNOWN, "prompt")


@pytest.fixture
def priced(provider: Provider) -> Provider:
    """The provider with a list price of 10 cents a second for the pro model."""
    for row in Row.objects.filter(model__slug="sora2-pro-720p"):
        row.price = Decimal("0.1") * row.seconds
        row.save()
    VideoModel.objects.filter(slug="sora2-pro-720p").update(currency="USD")
    return provider


@pytest.fixture
def unified(db: None) -> Provider:
    return add_provider("Unified", "unified", "https://unified.example.com", "sk-other")


def read(member: User, text: str, key: str = "k", defaults: Defaults = NOTHING) -> Batch:
    return plan(member, text, key, defaults)


PRO = "prompt,model,seconds,takes\n"


@pytest.mark.databases
@pytest.mark.django_db
class TestResolving:
    def test_a_row_says_where_it_goes_and_what_it_costs(self, member: User, priced: Provider) -> None:
        found = read(member, PRO + "A fox,sora2-pro-720p,8,2\nA hen,Sora 2 PRO, 720p,,\n")
        assert found.bad  # a name with a comma needs quotation marks
        found = read(member, PRO + 'A fox,sora2-pro-720p,8,2\nA hen,"Sora 2 PRO, 720p",,\n')
        first, second = found.good
        assert first.model
        assert first.combination
        assert (first.model.slug, first.combination.seconds, first.takes, str(first.price)) == (
            "sora2-pro-720p", 8, 2, "$1.60",
        )  # fmt: skip
        assert second.combination
        assert (second.combination.seconds, second.combination.aspect_ratio, str(second.price)) == (4, "16:9", "$0.40")
        assert (found.clips, found.cost, found.unknown) == (3, "$2.00", 0)

    def test_what_is_not_published_is_counted_and_never_zero(self, member: User, priced: Provider) -> None:
        found = read(member, PRO + "A,sora2-pro-720p,4,1\nB,sora2-landscape-8s,,3")
        assert (found.clips, found.cost, found.unknown) == (4, "from $0.40", 3)
        assert read(member, "prompt\nA").cost == "price not known"

    def test_a_row_without_a_model_gets_the_first_that_can_do_what_it_asks(
        self, member: User, provider: Provider
    ) -> None:
        rows = read(member, "prompt,seconds,aspect_ratio\nA,,\nB,12,\nC,8,9:16\nD,7,").rows
        slugs = [row.model.slug if row.model else "" for row in rows]
        assert slugs == ["sora2-landscape-4s", "sora2-landscape-12s", "sora2-portrait-8s", ""]
        assert [problem.column for problem in rows[3].problems] == ["seconds"]

    def test_empty_cells_take_what_was_chosen_for_all(self, member: User, provider: Provider) -> None:
        chosen = Defaults(provider.pk, "sora2-pro-720p", "9:16", 12, visibility=Visibility.ME)
        (row, other) = read(member, "prompt,seconds,visibility\nA,,\nB,8,Team", defaults=chosen).good
        assert row.combination
        assert row.ask
        assert other.combination
        assert other.ask
        assert (row.combination.aspect_ratio, row.combination.seconds, row.ask.visibility) == ("9:16", 12, "me")
        assert (other.combination.seconds, other.ask.visibility) == (8, "team")

    def test_a_row_may_name_its_provider_alone(self, member: User, provider: Provider, unified: Provider) -> None:
        chosen = Defaults(provider.pk, "sora2-pro-720p")
        rows = read(member, "prompt,provider\nA,unified\nB,", defaults=chosen).good
        assert [row.provider.name for row in rows if row.provider] == ["Unified", "UniAll studio"]

    def test_a_model_alone_finds_the_first_provider_that_offers_it(
        self, member: User, provider: Provider, unified: Provider
    ) -> None:
        slug = current_offer().providers[1].models[0].slug
        (row,) = read(member, f"prompt,model\nA,{slug}").good
        assert row.provider
        assert row.provider.name == "Unified"

    def test_options_of_the_dialect_are_columns(self, member: User, unified: Provider) -> None:
        option = next(iter(options_of("unified").values()))
        value = option.values[-1].value
        assert option.name in known_columns(current_offer())
        (row,) = read(member, f"prompt,{option.name}\nA,{value}").good
        assert row.ask
        assert row.ask.options[option.name] == value
        assert [label for label, _ in row.changed] == [option.label]
        (wrong,) = read(member, f"prompt,{option.name}\nA,nonsense").bad
        assert "nonsense is not a choice" in wrong.problems[0].sentence

    @pytest.mark.parametrize(
        ("row", "problems"),
        [
            (",,,", [("prompt", "Write a prompt first.")]),
            ("A,sora9,,", [("model", "does not offer sora9 now")]),
            ("A,sora2-pro-720p,5,", [("seconds", "5 s is not offered by Sora 2 Pro, 720p here.")]),
            ("A,,eight,9", [("takes", "“9” is no number from 1 to 4"), ("seconds", "“eight” is no number")]),
            ("A,,,-1", [("takes", "“-1” is no number")]),
            ("A,,,²", [("takes", "“²” is no number")]),
            ("A,,,,b", [("prompt", "more cells than there are columns")]),
            ("x" * 4001 + ",,,", [("prompt", "4001 characters are too many")]),
        ],
        ids=lambda value: value[:12] if isinstance(value, str) else "",
    )
    def test_a_wrong_row_says_every_cure(
        self, row: str, problems: list[tuple[str, str]], member: User, provider: Provider
    ) -> None:
        bad = read(member, PRO + "Good,,,\n" + (row if row != ",,," else ",sora2-pro-720p,,")).bad
        assert len(bad) == 1
        assert bad[0].record.line == 3
        assert bad[0].asks == 0
        said = {problem.column: problem.sentence for problem in bad[0].problems}
        assert said.keys() == {column for column, _ in problems}
        assert all(words in said[column] for column, words in problems)

    def test_unknown_places_are_named_with_those_there_are(self, member: User, provider: Provider) -> None:
        (wrong, hidden) = read(member, "prompt,provider,visibility\nA,Nobody,\nB,,world").bad
        assert wrong.problems[0].sentence == "Nobody is not offered. There are: UniAll studio."
        assert hidden.problems[0].sentence == "“world” is not known. Write team or me."

    def test_an_option_of_another_model_is_an_error(self, member: User, provider: Provider, unified: Provider) -> None:
        name = next(iter(options_of("unified")))
        (wrong,) = read(member, f"prompt,provider,{name}\nA,UniAll studio,on").bad
        assert "has no option" in wrong.problems[0].sentence

    def test_a_viewer_is_told_no(self, viewer: User, provider: Provider) -> None:
        assert "Your role is viewer" in read(viewer, "prompt\nA").bad[0].problems[0].sentence

    def test_without_a_provider_every_row_is_wrong(self, member: User) -> None:
        assert "There are: none." in read(member, "prompt\nA").bad[0].problems[0].sentence

    def test_the_template_can_be_made_as_it_is(self, member: User, provider: Provider) -> None:
        found = read(member, template(current_offer()))
        assert (found.clips, found.bad) == (2, [])
        Provider.objects.update(enabled=False)
        assert template(current_offer()).strip().count("\n") == 0

    def test_looking_makes_nothing(self, member: User, provider: Provider) -> None:
        read(member, "prompt,takes\nA,4")
        assert (Job.objects.count(), Prompt.objects.count(), queued()) == (0, 0, [])


@pytest.mark.databases
@pytest.mark.django_db
class TestMaking:
    def test_every_take_is_a_job_and_the_same_batch_again_makes_none(self, member: User, provider: Provider) -> None:
        text = "prompt,takes\nA,2\nB,\nA,\n"
        first = make(member, read(member, text))
        again = read(member, text)
        assert [job.prompt.text for job in first] == ["A", "A", "B", "A"]
        assert (again.clips, again.made) == (0, 4)
        assert make(member, again) == first
        assert Job.objects.count() == 4
        assert [(job.take, job.takes) for job in first] == [(1, 2), (2, 2), (1, 1), (1, 1)]

    def test_another_key_and_another_person_make_their_own(
        self, member: User, stranger: User, provider: Provider
    ) -> None:
        for who, key in ((member, "k"), (member, "l"), (stranger, "k")):
            make(who, read(who, "prompt\nA", key))
        assert Job.objects.count() == 3

    def test_one_row_that_is_no_longer_possible_undoes_all(self, member: User, provider: Provider) -> None:
        found = read(member, PRO + "A,sora2-landscape-4s,,\nB,sora2-pro-720p,,")
        VideoModel.objects.filter(slug="sora2-pro-720p").update(enabled=False)
        with pytest.raises(NotPossible, match="does not offer"):
            make(member, found)
        assert (Job.objects.count(), Prompt.objects.count()) == (0, 0)

    def test_the_good_ones_first_and_the_mended_ones_after(self, member: User, provider: Provider) -> None:
        assert len(make(member, read(member, PRO + "A,,,\nB,sora9,,\nC,,,"))) == 2
        mended = read(member, PRO + "A,,,\nB,sora2-pro-720p,,\nC,,,")
        assert (mended.clips, mended.made, mended.bad) == (1, 2, [])
        assert [job.prompt.text for job in make(member, mended)] == ["A", "B", "C"]
        assert Job.objects.count() == 3

    def test_what_was_made_stays_made_when_the_offer_goes(self, member: User, provider: Provider) -> None:
        first = make(member, read(member, "prompt\nA\nB"))
        Provider.objects.update(enabled=False)
        found = read(member, "prompt\nA\nB")
        assert (found.clips, found.made, found.bad) == (0, 2, [])
        assert make(member, found) == first

    def test_a_key_is_not_taken_for_other_words(self, member: User, provider: Provider) -> None:
        make(member, read(member, "prompt\nA\nB"))
        found = read(member, "prompt\nNew\nA\nB")
        assert [row.text for row in found.bad] == ["New", "A"]
        assert found.bad[0].problems[0].sentence == planning.OTHER_WORDS
        (longer,) = read(member, PRO + "A,sora2-pro-720p,8,").bad
        assert longer.problems[0].sentence == planning.OTHER_WORDS

    def test_the_digest_follows_rows_offer_and_price_and_nothing_else(self, member: User, priced: Provider) -> None:
        text = PRO + "A,sora2-pro-720p,8,2"
        shown = read(member, text).digest
        assert shown == read(member, "\ufeff\r\n" + text.replace("\n", "\r\n"), "other").digest
        assert shown != read(member, text.replace("8,2", "8,3")).digest
        Row.objects.filter(model__slug="sora2-pro-720p", seconds=8).update(price=Decimal("0.9"))
        dearer = read(member, text).digest
        assert shown != dearer
        VideoModel.objects.filter(slug="sora2-pro-720p").update(currency="EUR")
        assert dearer != read(member, text).digest


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_each_clip_once_and_wakes_one_engine(member: User, provider: Provider) -> None:
    found = plan(member, "prompt,takes\nA,3\nB,2", "k", NOTHING)
    results = race(*[lambda: make(member, found)] * 4)
    assert len({tuple(job.pk for job in result) for result in results}) == 1, results
    assert Job.objects.count() == 5
    assert queued() == [("engine", "generations.tasks.run_engine", ())]


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_batches_of_the_same_texts_do_not_lock_each_other(make_user: Callable[..., User], provider: Provider) -> None:
    texts = [f"Text {n}" for n in range(12)]
    for text in texts:
        Prompt.objects.create(text=text, text_hash=text_hash(text), author=make_user(), last_run_at=timezone.now())
    people = [make_user() for _ in range(4)]
    orders = [texts, texts[::-1], texts[6:] + texts[:6], texts[::-1]]

    def send(number: int) -> Any:
        return make(people[number], plan(people[number], "prompt\n" + "\n".join(orders[number]), "k", NOTHING))

    results = race(*[lambda n=n: send(n) for n in range(4)])
    assert [len(result) for result in results] == [12] * 4, results


@pytest.mark.django_db
def test_a_preview_asks_the_database_the_same_for_any_number_of_rows(member: User, provider: Provider) -> None:
    def asked(rows: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            plan(member, "prompt\n" + "A\n" * rows, "k", NOTHING)
        return len(queries)

    assert asked(200) == asked(1)
