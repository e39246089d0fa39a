//! A role's name and place among the others, as far as the database is asked about them.

use sea_orm::DbErr;

use crate::error::{Error, UserError, violated_constraint};

/// What the database refuses of a role's name and place in the hierarchy.
pub fn out_of_place(cause: DbErr) -> Error {
    let conflict = |path, message| Error::refused(UserError::conflict(&[path], message));
    match violated_constraint(&cause) {
        Some("roles_name_key") => conflict("name", "There is a role of this name."),
        Some("roles_parent_acyclic") => {
            conflict("parentId", "A role does not inherit from itself, also not through others.")
        }
        Some("roles_depth_limit") => conflict("parentId", "At most 16 roles inherit from each other in a chain."),
        Some("roles_parent_fkey") => Error::refused(UserError::not_found(&["parentId"])),
        _ => cause.into(),
    }
}
