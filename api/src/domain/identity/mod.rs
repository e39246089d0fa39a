//! An identity: who a user is at a provider that they sign in with (OpenID Connect), and the sign-ins that are under way.
//!
//! - Providers are settings. An identity is the provider, its issuer and what that calls the person; it belongs to one
//!   account. Accounts are never put together because of an address: somebody whose address is an account's already signs
//!   in to that and links.
//! - A sign-in is begun here and completed with what the provider sends back. It counts once, for ten minutes, for the
//!   browser that holds its token. Begun by somebody signed in it links an identity to their account and does nothing else,
//!   and asks for their password, if there is one; begun by nobody it signs in.
//! - The last way in is not given up: without a password one identity of a provider of the settings stays.
//! - Identities are seen by their owner only, who is told of each that comes or goes.
//! - Edges: none.

pub mod flow;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
