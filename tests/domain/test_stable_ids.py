"""Ids are those of the standard library, written faster."""

from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis.strategies import text

from cds_service.domain.stable_ids import stable_id


@given(text())
def test_an_id_is_the_uuid_of_version_5_of_its_name(name):
    try:
        expected = str(uuid5(NAMESPACE_URL, name))
    except UnicodeEncodeError:
        return
    assert expected == stable_id(NAMESPACE_URL, name)
