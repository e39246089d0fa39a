//! The same with cynic, whose operations are Rust types that it holds against the committed schema when it compiles.

use cynic::{GraphQlResponse, MutationBuilder, Operation, QueryBuilder};
use harness::{Person, World};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use stoa::bundle::SCALARS;

mod schema {
    cynic::use_schema!("../schema.graphql");
}

// The scalars as `scalars.json` of the bundle maps them.
cynic::impl_scalar!(chrono::DateTime<chrono::Utc>, schema::DateTime);
cynic::impl_scalar!(serde_json::Value, schema::JSON);
cynic::impl_scalar!(uuid::Uuid, schema::UUID);

// The macro does not do it for a type that GraphQL's own scalars have already.
impl cynic::schema::IsScalar<schema::EmailAddress> for String {
    type SchemaType = schema::EmailAddress;
}
impl cynic::coercions::CoercesTo<schema::EmailAddress> for String {}

#[cynic::schema_for_derives(file = "../schema.graphql", module = "schema")]
mod queries {
    use super::schema;

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct Me {
        pub viewer: Option<User>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct User {
        pub id: cynic::Id,
        pub email: Option<String>,
        pub created_at: chrono::DateTime<chrono::Utc>,
        pub permissions: Option<Vec<PermissionName>>,
    }

    #[derive(Clone, Copy, Debug, cynic::Enum, PartialEq)]
    #[cynic(non_exhaustive)]
    pub enum PermissionName {
        ConversationsRead,
        ConversationsWrite,
        #[cynic(fallback)]
        Other,
    }

    #[derive(cynic::QueryVariables)]
    pub struct CreateVariables {
        pub input: CreateConversationInput,
    }

    #[derive(cynic::InputObject)]
    pub struct CreateConversationInput {
        pub client_id: Option<uuid::Uuid>,
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub idempotency_key: Option<String>,
        pub title: Option<String>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
    pub struct Create {
        #[arguments(input: $input)]
        pub create_conversation: Option<CreateConversationPayload>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CreateConversationPayload {
        pub conversation: Option<Conversation>,
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct UserError {
        pub path: Vec<String>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Conversation {
        pub id: cynic::Id,
        pub title: Option<String>,
        pub created_at: chrono::DateTime<chrono::Utc>,
        pub event_cursor: Option<String>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct AppendVariables<'a> {
        pub conversation: &'a cynic::Id,
        pub content: &'a str,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "AppendVariables")]
    pub struct Append {
        #[arguments(input: { conversationId: $conversation, content: $content })]
        pub append_message: Option<AppendMessagePayload>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct AppendMessagePayload {
        pub message: Option<Message>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Message {
        pub id: cynic::Id,
        pub content: String,
    }

    #[derive(cynic::QueryVariables)]
    pub struct CallVariables {
        pub message: cynic::Id,
        pub arguments: ToolArguments,
    }

    /// Of this input exactly one field is given, so it becomes an enum.
    #[derive(cynic::InputObject)]
    #[cynic(schema_path = "../schema.graphql", schema_module = "schema")]
    pub enum ToolArguments {
        Json(serde_json::Value),
        Raw(String),
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "CallVariables")]
    pub struct Call {
        #[arguments(input: { messageId: $message, toolName: "almanac", arguments: $arguments })]
        pub record_tool_call: Option<RecordToolCallPayload>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RecordToolCallPayload {
        pub tool_call: Option<ToolCall>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct ToolCall {
        pub tool_name: String,
        pub arguments: Option<serde_json::Value>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct NodeVariables<'a> {
        pub id: &'a cynic::Id,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "NodeVariables")]
    pub struct ById {
        #[arguments(id: $id)]
        pub node: Option<Node>,
    }

    #[derive(cynic::InlineFragments)]
    pub enum Node {
        Conversation(Conversation),
        Message(Message),
        #[cynic(fallback)]
        Other,
    }
}

use queries::*;

/// Sends the operation as this person and reads the answer into its types.
async fn ask<F: DeserializeOwned, V: Serialize>(person: &Person<'_>, operation: Operation<F, V>) -> F {
    let answer = person.run(&operation.query, serde_json::to_value(&operation.variables).unwrap()).await;
    let response: GraphQlResponse<F> = serde_json::from_slice(&answer.bytes).unwrap();
    assert!(response.errors.is_none(), "{:#}", answer.body);
    response.data.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cynic_client_speaks_with_the_service() {
    let world = World::empty().await;
    let ada = world.member("ada").await;

    let me = ask(&ada, Me::build(())).await.viewer.unwrap();
    assert_eq!((me.id.inner(), me.email.as_deref()), (ada.id.as_str(), Some("ada@people.test")));
    assert_eq!(me.created_at, world.clock.now());
    let permissions = me.permissions.unwrap();
    assert!(permissions.contains(&PermissionName::ConversationsWrite) && permissions.contains(&PermissionName::Other));

    let create = || {
        let client_id = Some(uuid::Uuid::from_u128(7));
        let input = CreateConversationInput { client_id, idempotency_key: None, title: Some("Seeds".to_owned()) };
        Create::build(CreateVariables { input })
    };
    let payload = ask(&ada, create()).await.create_conversation.unwrap();
    assert!(payload.user_errors.is_empty());
    let conversation = payload.conversation.unwrap();
    assert_eq!((conversation.title.as_deref(), conversation.created_at), (Some("Seeds"), world.clock.now()));
    assert!(conversation.event_cursor.is_some());
    // The UUID arrived as one: the same makes nothing new.
    let again = ask(&ada, create()).await.create_conversation.unwrap().conversation.unwrap();
    assert_eq!(again.id, conversation.id);

    let append = AppendVariables { conversation: &conversation.id, content: "Which soil?" };
    let message = ask(&ada, Append::build(append)).await.append_message.unwrap().message.unwrap();
    assert_eq!(message.content, "Which soil?");
    let arguments = json!({ "month": 4, "beds": [null, "north"] });
    let call = CallVariables { message: message.id.clone(), arguments: ToolArguments::Json(arguments.clone()) };
    let call = ask(&ada, Call::build(call)).await.record_tool_call.unwrap().tool_call.unwrap();
    assert_eq!((call.tool_name.as_str(), call.arguments), ("almanac", Some(arguments)));
    let call = CallVariables { message: message.id.clone(), arguments: ToolArguments::Raw("month=4".to_owned()) };
    assert_eq!(ask(&ada, Call::build(call)).await.record_tool_call.unwrap().tool_call.unwrap().arguments, None);

    let refused = CreateConversationInput { client_id: None, idempotency_key: None, title: Some(String::new()) };
    let refused = ask(&ada, Create::build(CreateVariables { input: refused })).await.create_conversation.unwrap();
    assert_eq!(refused.user_errors[0].path, ["title"]);

    let found = async |id| ask(&ada, ById::build(NodeVariables { id })).await.node.unwrap();
    assert!(matches!(found(&conversation.id).await, Node::Conversation(found) if found.id == conversation.id));
    assert!(matches!(found(&message.id).await, Node::Message(found) if found.content == "Which soil?"));
    assert!(matches!(found(&me.id).await, Node::Other));
}

#[test]
fn the_scalars_are_those_of_the_bundle() {
    let ours = [
        ("DateTime", "chrono::DateTime<chrono::Utc>"),
        ("EmailAddress", "String"),
        ("JSON", "serde_json::Value"),
        ("UUID", "uuid::Uuid"),
    ];
    for (name, rust) in ours {
        let scalar = SCALARS.iter().find(|scalar| scalar.name == name).unwrap();
        assert_eq!(scalar.rust, rust, "{name}");
    }
}
