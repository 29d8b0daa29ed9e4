"""The floor of the comparison: Flask, one ``orjson.loads`` of the whole request, one fixed card, the same server."""

import gc

import orjson
from flask import Flask, Response, request

CARD = {
    "summary": "A card that is always the same",
    "indicator": "info",
    "source": {"label": "Floor"},
    "uuid": "3f0c1d52-6c39-4f4e-9a5b-0d6f0c1f2a33",
}


def application() -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        body = orjson.loads(request.get_data(cache=False))
        assert body["context"]["patientId"], service_id
        return Response(orjson.dumps({"cards": [CARD]}), mimetype="application/json")

    @app.get("/health/ready")
    def ready() -> Response:
        return Response(b"{}", mimetype="application/json")

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    return app
