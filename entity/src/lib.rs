//! The rows of the database, one file a table. Knows nobody: no policy, no GraphQL, no clock.

pub mod audit_entry;
pub mod confirmation;
pub mod conversation;
pub mod creation;
pub mod deprecated_use;
pub mod device;
pub mod event;
pub mod id;
pub mod identity;
pub mod invitation;
pub mod mail;
pub mod message;
pub mod participant;
pub mod permission;
pub mod reply;
pub mod role;
pub mod role_permission;
pub mod row;
pub mod security_event;
pub mod session;
pub mod setting;
pub mod share;
pub mod sign_in_flow;
pub mod tool_call;
pub mod user;
pub mod user_role;
