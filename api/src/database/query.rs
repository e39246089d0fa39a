//! Small pieces of SQL that every noun needs.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef};
use uuid::Uuid;

/// `column = any($1)`: one statement text whatever the number of ids.
pub fn any<I: Into<Uuid> + Copy>(column: impl IntoColumnRef, ids: &[I]) -> Expr {
    let ids: Vec<Uuid> = ids.iter().map(|id| (*id).into()).collect();
    Expr::col(column).eq(PgFunc::any(Expr::val(ids).cast_as("uuid[]")))
}

/// A parameter that compares without regard to case. A bare text parameter would make the comparison exact.
pub fn citext(value: &str) -> Expr {
    Expr::val(value).cast_as("citext")
}

/// Rows grouped under the key that `parent` reads from each; every asked key is there, with no rows if none.
pub fn by_parent<P: Copy + Eq + Hash, M>(parents: &[P], rows: Vec<M>, parent: impl Fn(&M) -> P) -> HashMap<P, Vec<M>> {
    let mut groups: HashMap<P, Vec<M>> = parents.iter().map(|key| (*key, Vec::new())).collect();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}
