//! Who reaches what: random people, teams, workspaces, grants, expiries and revocations, held against a small model of the
//! rules that knows nothing of the service.

mod audience;
mod elevation;
mod explain;
mod links;
mod memberships;
mod model;
mod property;
mod scene;
mod sharing;
mod teams;
mod workspaces;
