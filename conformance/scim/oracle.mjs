// Answers what other implementations of SCIM make of filters and PATCH requests.
//
// Reads one JSON document a line and writes one answer a line, in order. A question has a filter and resources to ask it
// of, or a kind, a resource and the body of a PATCH. An answer has what each implementation gave: a value, or an error.
import { createInterface } from "node:readline";
import scimPatchPackage from "scim-patch";
import parseFilterPackage from "scim2-parse-filter";
import SCIMMY from "scimmy";

const { scimPatch, patchBodyValidation } = scimPatchPackage;
const { parse, filter } = parseFilterPackage;

SCIMMY.Schemas.User.extend(SCIMMY.Schemas.EnterpriseUser, false);

async function attempt(ask) {
  try {
    return { value: await ask() };
  } catch (error) {
    return { error: `${error?.scimType ?? ""} ${error?.message ?? error}`.trim() };
  }
}

async function filters({ text, resources }) {
  const ast = await attempt(() => parse(text));
  return {
    ast,
    parseFilter: ast.error ? ast : await attempt(() => resources.map((resource) => filter(parse(text))(resource))),
    scimmy: await attempt(() => {
      const f = new SCIMMY.Types.Filter(text);
      return Promise.all(resources.map(async (resource) => (await attempt(() => f.match([resource]).length === 1)).value ?? null));
    }),
  };
}

async function patches({ kind, resource, body }) {
  return {
    scimPatch: await attempt(() => {
      patchBodyValidation(body);
      return scimPatch(structuredClone(resource), body.Operations);
    }),
    scimmy: await attempt(async () => {
      const Schema = SCIMMY.Schemas[kind];
      const instance = new Schema(structuredClone(resource), "both");
      const result = await new SCIMMY.Messages.PatchOp(body).apply(instance, async (target) => target);
      return JSON.parse(JSON.stringify(result ?? instance));
    }),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = question.body ? await patches(question) : await filters(question);
  process.stdout.write(JSON.stringify(answer) + "\n");
}
