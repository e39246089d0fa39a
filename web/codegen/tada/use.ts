// gql.tada: the types are read from the documents themselves.
import { initGraphQLTada, type ResultOf, type VariablesOf } from "gql.tada";
import type { introspection } from "./generated/introspection";
import type { scalars } from "./generated/scalars";

export const graphql = initGraphQLTada<{ introspection: introspection; scalars: scalars }>();

const message = graphql(`
  fragment Line on Message {
    id
    content
    createdAt
    toolCalls(first: 5) {
      nodes {
        arguments
        status
      }
    }
  }
`);

export const talk = graphql(
  `
    query Talk($id: ID!, $filter: MessageFilter) {
      conversation(id: $id) {
        title
        messages(first: 20, filter: $filter) {
          totalCount
          nodes {
            role
            ...Line
          }
        }
      }
    }
  `,
  [message],
);

export function describe(result: ResultOf<typeof talk>): string {
  const { conversation } = result;
  return `${conversation?.title ?? "untitled"}: ${conversation?.messages?.totalCount ?? 0}`;
}

export const variables: VariablesOf<typeof talk> = { id: "conv_01h455vb4pex5vsknk084sn02q", filter: { roles: ["USER"] } };
