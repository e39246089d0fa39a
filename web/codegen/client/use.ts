// A client as somebody would write it on top of graphql-codegen's output.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { AppendMessageDocument, ConversationsDocument, ErrorCodesDocument } from "./generated/graphql";

declare function send(body: string): Promise<unknown>;

export async function run<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const { data } = (await send(JSON.stringify({ query: print(document), variables }))) as { data: Result };
  return data;
}

export async function titles(): Promise<(string | null)[]> {
  const { conversations } = await run(ConversationsDocument, {});
  return (conversations?.edges ?? []).map((edge) => edge.node.title);
}

export async function say(conversationId: string, content: string): Promise<string[]> {
  const { appendMessage } = await run(AppendMessageDocument, { input: { conversationId, content } });
  return (appendMessage?.userErrors ?? []).map((error) => `${error.code} ${error.path.join(".")}: ${error.message}`);
}

export async function retryable(): Promise<string[]> {
  const { errorCodes } = await run(ErrorCodesDocument, {});
  return (errorCodes ?? []).filter((info) => info.isRetryable).map((info) => info.code);
}
