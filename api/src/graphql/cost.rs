//! `@cost`: what a field costs, declared where the field is. `limits/price.rs` reads it from the printed schema.
#![allow(non_camel_case_types, reason = "a directive is called as the schema writes it")]

use async_graphql::TypeDirective;

/// What resolving the field once costs, where it is not the default: 10 for a field of Mutation, 1 for one that has
/// fields of its own, 0 for a leaf. A connection costs its weight and, for each item of the page that is asked for
/// (`first` or `last`, else 20), what `nodes` and `edges` cost; `nodes(ids:)` costs its weight and what is below it for
/// each id. The price of a document is the sum, fragments written out; a response tells it in `extensions.cost`.
#[TypeDirective(location = "FieldDefinition")]
pub fn cost(#[graphql(desc = "Units, 0 or more.")] weight: i32) {}

/// The weight of what checks a secret, makes an account or sends mail: sign-in and its like.
pub const SIGN_IN: i32 = 20;
