// graphql-codegen's client preset over the schema bundle, whose folder is in BUNDLE, with all example operations.
import { readFileSync } from "node:fs";

const bundle = process.env.BUNDLE;
const mapping = JSON.parse(readFileSync(`${bundle}/scalars.json`, "utf8"));

export default {
  schema: `${bundle}/schema.graphql`,
  documents: [`${bundle}/operations/*.graphql`],
  generates: {
    "client/generated/": {
      preset: "client",
      // The helpers for masked fragments are the same text for every schema, and not free of `any`.
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: Object.fromEntries(Object.entries(mapping).map(([name, to]) => [name, to.typescript.type])),
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};
