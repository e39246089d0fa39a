//! The answer to the standard introspection query with all its options.

use anyhow::{anyhow, ensure};
use serde_json::{Map, Value, json};

use crate::graphql::engine::RequestError;
use crate::graphql::schema::StoaEngine;

/// The query of graphql-js with every option on: descriptions, `specifiedByURL`, repeatable directives, the schema's
/// description, deprecated input values, `isOneOf`.
const QUERY: &str = "query IntrospectionQuery {
  __schema {
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
}";

/// The whole result, `{ "data": { "__schema": … } }`. Nothing of a service is asked, so a bare schema can answer.
pub async fn of(engine: &StoaEngine) -> anyhow::Result<Value> {
    let prepared = engine.prepare(QUERY, None).map_err(|errors| report(&errors))?;
    let answer = engine.execute(&prepared, Map::new(), |request| request).await.map_err(|errors| report(&errors))?;
    ensure!(answer.errors.is_empty(), "the schema does not tell of itself: {:?}", answer.errors);
    let mut data = answer.data.into_json()?;
    // The framework puts the specification's words about `__Schema` here; the SDL says nothing.
    data["__schema"]["description"] = Value::Null;
    Ok(json!({ "data": data }))
}

fn report(errors: &[RequestError]) -> anyhow::Error {
    anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}
