"""What a token must be, one flaw at a time."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.errors import Forbidden, Unauthenticated
from cds_service.security.clients import Caller
from cds_service.security.key_store import KeyStore
from cds_service.security.replay import MemoryReplay
from cds_service.security.tokens import MAX_TOKEN, verify
from tests.security.signing import AUDIENCE, ISSUER, PUBLIC_URL, Signer, bearer, client, encoded, registry

NOW = 1_790_000_000.0
SIGNER = Signer()


def admit(token, *, known=None, replay=None, now=NOW, audiences=(AUDIENCE,), **options):
    header = token if token is None or token.lower().startswith(("bearer", "basic")) else bearer(token)["Authorization"]
    return verify(
        header,
        audiences,
        known if known is not None else registry(),
        options.pop("keys", None) or KeyStore(),
        replay if replay is not None else remembering(),
        now,
        **options,
    )


def remembering():
    return MemoryReplay(lambda: datetime.fromtimestamp(NOW, UTC))


def refused(token, **options):
    """Why the token is refused."""
    with pytest.raises(Unauthenticated) as refusal:
        admit(token, **options)
    return refusal.value.reason


def right(header=None, **claims):
    return SIGNER.token(header, **({"now": NOW} | claims))


def public_pem():
    return SIGNER.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_right_token_names_its_client():
    assert Caller(client()) == admit(right())


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_in_any_case(scheme):
    assert ISSUER == admit(f"{scheme} {right()}").client.issuer


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_the_recommended_algorithms_are_accepted(algorithm):
    signer = Signer(algorithm)
    assert ISSUER == admit(signer.token(now=NOW), known=registry(client(signer))).client.issuer


@pytest.mark.parametrize("algorithm", ["ES256", "ES512", "PS256", "PS384", "PS512", "RS256", "RS512"])
def test_another_asymmetric_algorithm_is_accepted_only_where_the_site_says_so(algorithm):
    signer = Signer(algorithm)
    token, known = signer.token(now=NOW), registry(client(signer))
    assert "algorithm" == refused(token, known=known)
    assert ISSUER == admit(token, known=known, algorithms=(algorithm,)).client.issuer


def test_a_call_without_token_is_refused():
    assert "no-token" == refused(None)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic dTpw", "Bearer a.b", "Bearer a.b.c.d", "Bearer a.b.", "Bearer ..", "Bearer a b c"],
)
def test_what_is_no_token_is_refused(header):
    assert "malformed" == refused(header)


def test_a_token_without_end_is_refused():
    assert "malformed" == refused(right(padding="x" * MAX_TOKEN))


@pytest.mark.parametrize("part", [b"", b"[]", b"null", b"{", b'{"alg": 1}', b"\xff", b"[" * 9_000])
def test_a_header_that_cannot_be_read_is_refused(part):
    assert "malformed" == refused(SIGNER.signed(part, {"iss": ISSUER}))


@pytest.mark.parametrize("claims", [b"[]", b'{"iss": 1}', b'{"exp": "soon"}', b'{"aud": [1]}', b'{"exp": 1e999}'])
def test_claims_that_cannot_be_read_are_refused(claims):
    assert "malformed" == refused(SIGNER.signed({"alg": "ES384", "typ": "JWT", "kid": "key-1"}, claims))


def test_an_unsigned_token_is_refused():
    head, claims, _ = right().split(".")
    assert "malformed" == refused(f"{head}.{claims}.")


@pytest.mark.parametrize("name", ["none", "None", "NONE"])
def test_the_algorithm_none_is_refused(name):
    _, claims, signature = right().split(".")
    assert "algorithm" == refused(f"{encoded({'alg': name, 'typ': 'JWT', 'kid': 'key-1'})}.{claims}.{signature}")


@pytest.mark.parametrize("secret", [public_pem(), json.dumps(SIGNER.jwk()).encode()], ids=["pem", "jwk"])
@pytest.mark.parametrize("algorithms", [("ES384", "RS384"), ("ES384", "HS256")], ids=["default", "misconfigured"])
def test_the_public_key_is_no_secret_for_hs256(secret, algorithms):
    head = encoded({"alg": "HS256", "typ": "JWT", "kid": "key-1"})
    signing_input = f"{head}.{right().split('.')[1]}"
    signature = encoded(hmac.digest(secret, signing_input.encode(), hashlib.sha256))
    assert refused(f"{signing_input}.{signature}", algorithms=algorithms) in {"algorithm", "key"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"kid": None}, "kid"),
        ({"kid": ""}, "kid"),
        ({"typ": None}, "typ"),
        ({"typ": "at+jwt"}, "typ"),
        ({"alg": None}, "algorithm"),
        ({"crit": ["exp"]}, "extension"),
        ({"b64": False}, "extension"),
        ({"b64": False, "crit": ["b64"]}, "extension"),
    ],
)
def test_a_header_member_that_is_missing_or_odd_is_refused(header, reason):
    assert reason == refused(right(header))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "Jwt"])
def test_the_type_is_read_in_any_case(typ):
    assert ISSUER == admit(right({"typ": typ})).client.issuer


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
def test_a_claim_that_is_missing_is_refused(claim):
    assert {"iss": "unknown-issuer"}.get(claim, claim) == refused(right(**{claim: None}))


@pytest.mark.parametrize("jti", ["", "x" * 257, "a\x00b", "a\nb"])
def test_an_identifier_that_cannot_be_kept_is_refused(jti):
    assert "jti" == refused(right(jti=jti))


@pytest.mark.parametrize(
    "aud",
    [
        f"{PUBLIC_URL}/cds-services/work-rehab-visit",
        f"{PUBLIC_URL}/cds-services",
        PUBLIC_URL,
        "https://other.example.org/cds-services/work-rehab-order",
        f"{AUDIENCE}.evil.example",
        f"{AUDIENCE}/feedback",
        "",
        [],
        ["https://other.example.org"],
    ],
)
def test_a_token_for_another_audience_is_refused(aud):
    assert "aud" == refused(right(aud=aud))


@pytest.mark.parametrize(
    "aud",
    [
        [AUDIENCE],
        ["https://other.example.org", AUDIENCE],
        f"{AUDIENCE}/",
        AUDIENCE.replace("/cds-services", "//cds-services"),
        f"{AUDIENCE}//",
    ],
)
def test_a_token_for_several_audiences_is_accepted_at_each(aud):
    assert ISSUER == admit(right(aud=aud)).client.issuer


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"iat": NOW - 400, "exp": NOW - 60}, "exp"),
        ({"iat": NOW + 61, "exp": NOW + 300}, "iat"),
        ({"iat": NOW - 10, "exp": NOW - 10 + 3601}, "lifetime"),
        ({"iat": NOW, "exp": 1e300}, "lifetime"),
        ({"iat": -1e300, "exp": NOW + 1}, "lifetime"),
        ({"iat": NOW + 10, "exp": NOW + 10}, "lifetime"),
        ({"nbf": NOW + 61}, "nbf"),
    ],
)
def test_a_token_of_another_time_is_refused(times, reason):
    assert reason == refused(right(**times))


NUMBERS = [10**320, -(10**320), 10**20, 1e300, -1e300, 5e-324, 0, -1, NOW, NOW + 0.5, "soon", True, None, [], {}]


@settings(deadline=None, max_examples=300)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("exp", "iat", "nbf"), st.sampled_from(NUMBERS) | st.floats())))
def test_times_of_any_kind_are_judged_and_never_a_fault(times):
    try:
        assert ISSUER == admit(right(**times)).client.issuer
    except Unauthenticated as refusal:
        assert refusal.reason in {"malformed", "exp", "iat", "lifetime", "nbf"}  # noqa: PT017 - both may be


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_a_time_beyond_all_numbers_is_no_time(name):
    assert "malformed" == refused(right(**{name: 10**320}))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60) | st.text("ab.= \u00e9\ud800\0", max_size=30).map("Bearer {}".format))
def test_any_text_is_a_header_that_is_refused(header):
    with pytest.raises(Unauthenticated):
        admit(f"Bearer {header}")


@pytest.mark.parametrize(
    "times",
    [
        {"iat": NOW - 400, "exp": NOW - 59},
        {"iat": NOW + 60, "exp": NOW + 300},
        {"iat": NOW, "exp": NOW + 3600},
        {"nbf": NOW + 60},
        {"nbf": NOW - 300},
        {"iat": NOW - 0.5, "exp": NOW + 299.5},
    ],
)
def test_clocks_may_differ_by_a_minute(times):
    assert ISSUER == admit(right(**times)).client.issuer


def test_a_token_is_accepted_once():
    replay, token = remembering(), right()
    assert ISSUER == admit(token, replay=replay).client.issuer
    assert "replayed" == refused(token, replay=replay)


def test_another_client_may_use_the_same_identifier():
    replay = remembering()
    second_client = client().model_copy(update={"issuer": "https://other.example.org"})
    known = registry(client(), second_client)
    for issuer in (ISSUER, second_client.issuer):
        assert issuer == admit(right(iss=issuer, jti="1"), known=known, replay=replay).client.issuer


@pytest.mark.parametrize("flaw", [{"aud": "https://other.example.org"}, {"tenant": "south"}])
def test_a_token_that_is_refused_for_another_reason_is_not_used_up(flaw):
    replay = remembering()
    known = registry(client(tenants=["north"]))
    with pytest.raises((Unauthenticated, Forbidden)):
        admit(right(**({"jti": "1", "tenant": "north"} | flaw)), known=known, replay=replay)
    assert 0 == len(replay)
    assert ISSUER == admit(right(jti="1", tenant="north"), known=known, replay=replay).client.issuer


def test_a_token_signed_with_another_key_is_refused():
    assert "signature" == refused(Signer(name="second").token(now=NOW))


def test_a_token_whose_claims_were_changed_is_refused():
    head, _, signature = right().split(".")
    assert "signature" == refused(f"{head}.{right(tenant='north').split('.')[1]}.{signature}")


@pytest.mark.parametrize("signature", ["AA", "A", "_" * 128])
def test_a_signature_that_is_none_is_refused(signature):
    assert refused(".".join([*right().split(".")[:2], signature])) in {"signature", "malformed"}


def test_an_unknown_issuer_is_refused():
    assert "unknown-issuer" == refused(right(iss="https://stranger.example.org"))


def test_a_key_of_another_client_is_refused():
    second_client = client(Signer(name="second")).model_copy(update={"issuer": "https://other.example.org"})
    assert "signature" == refused(right(iss=second_client.issuer), known=registry(client(), second_client))


@pytest.mark.parametrize(("algorithm", "key"), [("RS384", "ES384"), ("ES384", "RS384")])
def test_a_key_of_the_wrong_kind_for_the_algorithm_is_refused(algorithm, key):
    known = registry(client(Signer(key)))
    assert "key" == refused(Signer(algorithm).token(now=NOW), known=known)


def test_a_key_published_for_another_algorithm_is_refused():
    published = {"keys": [Signer("RS384").jwk(alg="RS256")]}
    assert "key" == refused(Signer("RS384").token(now=NOW), known=registry(client(jwks=published)))


def test_a_tenant_that_is_registered_is_told_with_the_client():
    known = registry(client(tenants=["north", "south"]))
    assert "south" == admit(right(tenant="south"), known=known).tenant


@pytest.mark.parametrize("tenant", ["west", None, ""])
def test_a_tenant_that_is_not_registered_is_forbidden(tenant):
    with pytest.raises(Forbidden) as refusal:
        admit(right(tenant=tenant), known=registry(client(tenants=["north"])))
    assert ("tenant", ISSUER) == (refusal.value.reason, refusal.value.issuer)


def test_without_a_list_of_tenants_any_is_welcome():
    assert "west" == admit(right(tenant="west")).tenant


def test_no_key_is_fetched_for_an_unknown_issuer_or_a_foreign_jku(host):
    known = registry(client(jwks_url="https://keys.ehr.example.org/jwks.json"))
    assert "unknown-issuer" == refused(right({"jku": host.jwks_url}, iss=host.url), known=known)
    assert "foreign-jku" == refused(right({"jku": host.jwks_url}), known=known)
    assert 0 == host.asked


def test_a_token_that_is_wrong_anyway_costs_no_fetch(host):
    known = registry(client(jwks_url=host.jwks_url))
    for claims in ({"aud": "https://other.example.org"}, {"exp": NOW - 100}, {"jti": None}):
        refused(right(**claims), known=known)
    assert 0 == host.asked


def test_the_registered_jku_is_accepted(host):
    known = registry(client(jwks_url=host.jwks_url))
    assert ISSUER == admit(right({"jku": host.jwks_url}), known=known).client.issuer


def test_with_keys_exchanged_out_of_band_a_jku_is_not_looked_at(host):
    assert ISSUER == admit(right({"jku": host.jwks_url})).client.issuer
    assert 0 == host.asked


def test_the_answer_to_a_refusal_tells_no_reason():
    answers = {(error.text, error.hint) for error in map(Unauthenticated, ["exp", "signature", "unknown-issuer"])}
    assert 1 == len(answers)
