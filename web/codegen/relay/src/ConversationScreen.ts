// A screen of Relay: a refetchable fragment through Node, a connection, a mutation that appends to it.
import { type GraphQLTaggedNode, graphql } from "relay-runtime";
import type { ConversationScreenAppendMutation } from "../generated/artifacts/ConversationScreenAppendMutation.graphql";
import type { ConversationScreenQuery } from "../generated/artifacts/ConversationScreenQuery.graphql";
import type { ConversationScreen_conversation$data } from "../generated/artifacts/ConversationScreen_conversation.graphql";

export const query: GraphQLTaggedNode = graphql`
  query ConversationScreenQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...ConversationScreen_conversation @alias(as: "conversation")
    }
  }
`;

export const conversation: GraphQLTaggedNode = graphql`
  fragment ConversationScreen_conversation on Conversation
  @refetchable(queryName: "ConversationScreenPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    id
    title
    updatedAt
    viewerAccess
    messages(first: $count, after: $cursor) @connection(key: "ConversationScreen_messages") {
      totalCount
      edges {
        node {
          id
          content
          ...ConversationScreen_message
        }
      }
    }
  }
`;

export const message: GraphQLTaggedNode = graphql`
  fragment ConversationScreen_message on Message @refetchable(queryName: "ConversationScreenMessageRefetchQuery") {
    id
    createdAt
    author {
      id
      displayName
    }
    toolCalls(first: 5) {
      nodes {
        toolName
        arguments
      }
    }
  }
`;

export const append: GraphQLTaggedNode = graphql`
  mutation ConversationScreenAppendMutation($input: AppendMessageInput!, $connections: [ID!]!) {
    appendMessage(input: $input) {
      message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") {
        id
        ...ConversationScreen_message
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

export const purge: GraphQLTaggedNode = graphql`
  mutation ConversationScreenPurgeMutation($input: PurgeConversationInput!, $connections: [ID!]!) {
    purgeConversation(input: $input) {
      purgedId @deleteEdge(connections: $connections)
      userErrors {
        code
      }
    }
  }
`;

export function lines(data: ConversationScreen_conversation$data): string[] {
  return (data.messages?.edges ?? []).map((edge) => `${edge.node.id}: ${edge.node.content}`);
}

export function found(response: ConversationScreenQuery["response"]): string | undefined {
  return response.node?.__typename;
}

export function refusals(response: ConversationScreenAppendMutation["response"]): string[] {
  return (response.appendMessage?.userErrors ?? []).map((error) => `${error.code} ${error.path.join(".")}`);
}
