//! Root mutations about links, one file an operation.

pub mod create;
pub mod fork;

use async_graphql::MergedObject;

#[derive(Default, MergedObject)]
pub struct LinkMutation(create::CreateLink, fork::ForkShared);
