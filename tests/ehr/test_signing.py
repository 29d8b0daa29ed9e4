"""Tokens of the EHR for trials, checked with a library and the registry that the command prints."""

import json
import stat

import jwt
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.cli.main import main
from cds_service.ehr.signing import JWKS_FILE, KEY_FILE, KeyFileError, make_client, public_jwk, read_signer, thumbprint
from cds_service.hooks.services import SERVICES
from cds_service.security.registry import Registry

URL = "https://cds.example.org/cds-services/work-rehab-visit"
ISSUER = "https://ehr.example.org"


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def token(signer, url=URL):
    return signer.headers(url)["Authorization"].removeprefix("Bearer ")


def test_a_token_is_right_for_one_url_five_minutes_and_one_call(tmp_path):
    kid = make_client(tmp_path, ISSUER, None).kid
    signer = read_signer(tmp_path / KEY_FILE, ISSUER)
    (published,) = json.loads((tmp_path / JWKS_FILE).read_text())["keys"]
    first, second = (
        jwt.decode(token(signer), jwt.PyJWK(published), ["ES384"], audience=URL, issuer=ISSUER) for _ in range(2)
    )
    assert {"alg": "ES384", "typ": "JWT", "kid": kid} == jwt.get_unverified_header(token(signer))
    assert {"iss", "aud", "iat", "exp", "jti"} == set(first)
    assert 300 == first["exp"] - first["iat"]
    assert first["jti"] != second["jti"]


def test_keys_are_private_to_the_owner_and_only_public_ones_are_published(tmp_path):
    make_client(tmp_path / "keys", ISSUER, None)
    (published,) = json.loads((tmp_path / "keys" / JWKS_FILE).read_text())["keys"]
    assert 0o600 == stat.S_IMODE((tmp_path / "keys" / KEY_FILE).stat().st_mode)
    assert "d" not in published


@pytest.mark.parametrize(
    ("existing", "message"), [(KEY_FILE, "is no private key"), (JWKS_FILE, "belongs to a key that is not here")]
)
def test_keys_are_not_overwritten_and_no_half_a_pair_is_made(tmp_path, existing, message):
    (tmp_path / existing).write_text("precious")
    with pytest.raises(KeyFileError, match=f"{existing}: {message}"):
        make_client(tmp_path, ISSUER, None)
    assert ["precious"] == [file.read_text() for file in tmp_path.iterdir()]


def test_a_public_key_that_belongs_to_another_private_one_is_refused(tmp_path):
    for name in ("mine", "other"):
        make_client(tmp_path / name, ISSUER, None)
    (tmp_path / "mine" / JWKS_FILE).write_text((tmp_path / "other" / JWKS_FILE).read_text())
    with pytest.raises(KeyFileError, match="does not hold the public half"):
        make_client(tmp_path / "mine", ISSUER, None)


def keys_command(folder, *more):
    return CliRunner().invoke(main, ["sandbox", "keys", "--out", str(folder), *more])


def test_the_same_command_again_changes_no_file_and_prints_the_same_registry(tmp_path):
    first = keys_command(tmp_path)
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    again = keys_command(tmp_path)
    assert {"private-key.pem", "jwks.json", "clients.yaml"} == files.keys()
    assert first.stdout == again.stdout == files["clients.yaml"].decode()
    assert files == {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert "Was there already, and stays" in again.stderr


def test_a_registry_that_is_there_is_not_overwritten_and_the_difference_is_told(tmp_path):
    keys_command(tmp_path)
    before = (tmp_path / "clients.yaml").read_text()
    second = keys_command(tmp_path, "--issuer", "https://other.example.org")
    assert before == (tmp_path / "clients.yaml").read_text()
    assert "issuer: https://other.example.org" in second.stdout
    assert "says something else than what is printed here" in second.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match=r"Not a directory|File exists"):
        make_client(tmp_path / "file" / "keys", ISSUER, None)


def test_the_printed_registry_is_one_that_the_service_takes(tmp_path):
    fhir = "http://127.0.0.1:8080/fhir"
    arguments = ["sandbox", "keys", "--out", str(tmp_path / "keys"), "--issuer", ISSUER, "--fhir", fhir]
    done = CliRunner().invoke(main, arguments)
    registry = tmp_path / "clients.yaml"
    registry.write_text(done.stdout)
    loaded = Registry.load(registry, allow_http=True, services={service.id for service in SERVICES})
    client = loaded.client(ISSUER)
    assert client is not None
    assert (fhir,) == client.fhir_servers


def test_the_thumbprint_is_that_of_rfc_7638():
    key = {
        "kty": "RSA",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE"
        "CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q"
        "vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6"
        "WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }
    assert "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" == thumbprint(key)


def test_an_rsa_key_and_a_jwk_sign_too(tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "key"
    file.write_bytes(pem(key))
    signer = read_signer(file, ISSUER, kid="mine", algorithm="RS384")
    assert ("RS384", "mine") == (signer.algorithm, signer.kid)
    assert jwt.decode(token(signer), key.public_key(), ["RS384"], audience=URL)
    assert {"kty", "n", "e"} == set(public_jwk(key))
    curve_key = ec.generate_private_key(ec.SECP384R1())
    for private, library, algorithm in ((key, RSAAlgorithm, "RS384"), (curve_key, ECAlgorithm, "ES384")):
        file.write_text(json.dumps({**library.to_jwk(private, as_dict=True), "kid": "of-the-jwk"}))
        signer = read_signer(file, ISSUER)
        assert "of-the-jwk" == signer.kid
        assert jwt.decode(token(signer), private.public_key(), [algorithm], audience=URL)


def public_only():
    return json.dumps(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)).encode()


@pytest.mark.parametrize(
    ("content", "algorithm", "message"),
    [
        (b"not a key", None, "is no private key"),
        (b"{", None, "is no private key"),
        (b"{}", None, "is no private key"),
        (public_only(), None, "needs a private key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), None, "needs a private key, elliptic curve or RSA"),
        (pem(ec.generate_private_key(ec.SECP256R1())), None, "needs a key on P-384"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "RS384", "the key is for ES384, not for RS384"),
    ],
)
def test_a_file_that_cannot_sign_is_told(tmp_path, content, algorithm, message):
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(KeyFileError, match=message):
        read_signer(file, ISSUER, algorithm=algorithm)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(KeyFileError, match="No such file"):
        read_signer(tmp_path / "nothing", ISSUER)
