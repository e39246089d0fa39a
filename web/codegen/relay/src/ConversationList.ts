// A list of Relay with its pages in both directions, on the viewer.
import { type GraphQLTaggedNode, graphql } from "relay-runtime";
import type { ConversationList_viewer$data } from "../generated/artifacts/ConversationList_viewer.graphql";

export const query: GraphQLTaggedNode = graphql`
  query ConversationListQuery {
    viewer {
      ...ConversationList_viewer
    }
  }
`;

export const viewer: GraphQLTaggedNode = graphql`
  fragment ConversationList_viewer on User
  @refetchable(queryName: "ConversationListPaginationQuery")
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    conversations(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "ConversationList_conversations") {
      edges {
        node {
          id
          title
          lastActivityAt
        }
      }
    }
  }
`;

export function titles(data: ConversationList_viewer$data): (string | null | undefined)[] {
  return (data.conversations?.edges ?? []).map((edge) => edge.node.title);
}
