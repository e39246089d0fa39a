//! The nouns, one folder each. The file name says the layer: `policy` decides, `rows` speaks SQL, `loader` batches,
//! `object` is the GraphQL type, `query` and `mutation` are the root fields.

pub mod account;
pub mod advisor;
pub mod api_key;
pub mod audit;
pub mod conversation;
pub mod deprecated_use;
pub mod device;
pub mod identity;
pub mod impersonation;
pub mod invitation;
pub mod link;
pub mod mail;
pub mod membership;
pub mod message;
pub mod role;
pub mod second_factor;
pub mod security_event;
pub mod share;
pub mod stream;
pub mod team;
pub mod thing;
pub mod tool;
pub mod tool_call;
pub mod user;
pub mod workspace;
