//! Pages by key, never by offset: a page costs the same at the end of a list as at its beginning, and inserts and
//! deletes between two pages neither repeat nor hide a row.
//!
//! An [`Order`] lists columns that together are unique and never null, all in one direction, so that "after this row" is
//! one row comparison which the matching index answers. Pages under many parents come from one statement: a lateral
//! join runs the limited query once for each parent.

mod parts;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::row::Row;
use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Query, SelectStatement};
use sea_orm::{ConnectionTrait, EntityTrait, IdenStatic, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::shape::{self, Around, Ask, table};
use crate::error::Result;

pub use parts::{page_of_parts, page_of_parts_beside};

/// One value of a row's place in an order.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Key {
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    #[serde(rename = "s")]
    Text(String),
    #[serde(rename = "n")]
    Number(i64),
    #[serde(rename = "i")]
    Id(Uuid),
}

impl Key {
    fn same_kind(&self, other: &Key) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Value {
        match key {
            Key::Time(at) => at.into(),
            Key::Text(text) => text.into(),
            Key::Number(number) => number.into(),
            Key::Id(id) => id.into(),
        }
    }
}

/// A column of an order: how SQL names it in a given table, and how a row shows it.
pub struct Column<M> {
    pub expr: fn(&'static str) -> Expr,
    pub key: fn(&M) -> Key,
    /// A value of the right kind, to check cursors against.
    pub sample: fn() -> Key,
    /// The type that a parameter needs to compare as the column does, where its own would not.
    pub cast: Option<&'static str>,
}

/// A way to order a list. Its name, the list's and the direction travel in the cursors, so that one kind of list refuses
/// another's.
pub struct Order<M: 'static> {
    pub list: &'static str,
    pub name: &'static str,
    pub columns: &'static [Column<M>],
    pub descending: bool,
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Order<M> {}

impl<M> Order<M> {
    pub fn cursor(&self, row: &M) -> String {
        let keys: Vec<Key> = self.columns.iter().map(|column| (column.key)(row)).collect();
        let json = serde_json::to_vec(&(self.list, self.name, self.descending, keys)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// The place a cursor names, or nothing if it is not a cursor of this order.
    pub fn parse(&self, cursor: &str) -> Option<Vec<Key>> {
        let json = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (list, name, descending, keys): (String, String, bool, Vec<Key>) = serde_json::from_slice(&json).ok()?;
        let fits = (list.as_str(), name.as_str(), descending) == (self.list, self.name, self.descending)
            && keys.len() == self.columns.len()
            && self.columns.iter().zip(&keys).all(|(column, key)| (column.sample)().same_kind(key))
            && !keys.iter().any(|key| matches!(key, Key::Text(text) if text.contains('\0')));
        fits.then_some(keys)
    }
}

/// The part of an ordered list that is asked for.
pub struct Window<M: 'static> {
    pub order: Order<M>,
    pub limit: u64,
    /// The rows after `cursor`, or before it if `backwards`.
    pub cursor: Option<Vec<Key>>,
    pub backwards: bool,
}

impl<M> Clone for Window<M> {
    fn clone(&self) -> Self {
        Self { order: self.order, limit: self.limit, cursor: self.cursor.clone(), backwards: self.backwards }
    }
}

impl<M> Window<M> {
    fn identity(&self) -> (&'static str, &'static str, bool, u64, &Option<Vec<Key>>, bool) {
        (self.order.list, self.order.name, self.order.descending, self.limit, &self.cursor, self.backwards)
    }

    /// Restricts, orders and limits a select over `table`; one row more than asked tells whether there are more.
    fn apply(&self, select: &mut SelectStatement, table: &'static str) {
        let descending = self.order.descending != self.backwards;
        if let Some(keys) = &self.cursor {
            let place = Expr::tuple(self.order.columns.iter().map(|column| (column.expr)(table)));
            let cursor = Expr::tuple(self.order.columns.iter().zip(keys).map(|(column, key)| match column.cast {
                Some(name) => Expr::val(key.clone()).cast_as(name),
                None => Expr::val(key.clone()),
            }));
            select.and_where(if descending { place.lt(cursor) } else { place.gt(cursor) });
        }
        self.order_by(select, table);
        select.limit(self.limit + 1);
    }

    /// What of this window shows in a statement's text, and the values that it writes.
    fn shape(&self, kind: &'static str) -> Vec<&'static str> {
        let direction = if self.order.descending != self.backwards { "descending" } else { "ascending" };
        let cursor = if self.cursor.is_some() { "beyond" } else { "from the end" };
        vec![kind, self.order.list, self.order.name, direction, cursor]
    }

    fn values(&self) -> Vec<Value> {
        let keys = self.cursor.iter().flatten().cloned().map(Value::from);
        keys.chain([Value::from(self.limit + 1)]).collect()
    }

    fn order_by(&self, select: &mut SelectStatement, table: &'static str) {
        let descending = self.order.descending != self.backwards;
        let direction = if descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
        for column in self.order.columns {
            select.order_by_expr((column.expr)(table), direction.clone());
        }
    }

    /// The page made of rows that were read in the direction of paging, one more than asked if there are more.
    pub fn slice(&self, mut rows: Vec<Arc<M>>) -> Slice<M> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if self.backwards {
            rows.reverse();
        }
        let beyond = self.cursor.is_some();
        let (has_previous, has_next) = if self.backwards { (more, beyond) } else { (beyond, more) };
        Slice { rows, has_previous, has_next }
    }
}

impl<M> PartialEq for Window<M> {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl<M> Eq for Window<M> {}

impl<M> Hash for Window<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// A page of rows in list order. Beyond the cursor that was given there is taken to be more.
#[derive(Clone, Debug)]
pub struct Slice<M> {
    pub rows: Vec<Arc<M>>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<M> Slice<M> {
    pub fn empty() -> Self {
        Self { rows: Vec::new(), has_previous: false, has_next: false }
    }
}

/// One page of what is asked for.
pub async fn page<E: EntityTrait<Model: Row>>(
    db: &impl ConnectionTrait,
    ask: Ask<'_, E>,
    window: &Window<E::Model>,
) -> Result<Slice<E::Model>> {
    let around = Around { shape: window.shape("page"), before: Vec::new(), after: window.values() };
    let statement = ask.statement(around, |mut select| {
        window.apply(&mut select, table::<E>());
        select
    });
    Ok(window.slice(shape::read::<E>(db, statement).await?.into_iter().map(Arc::new).collect()))
}

/// The same page of what is asked for under each of `parents`, in one statement; `column` of the rows names their parent.
pub async fn pages<E: EntityTrait<Model: Row>, P: Copy + Eq + Hash + Into<Uuid>>(
    db: &impl ConnectionTrait,
    ask: Ask<'_, E>,
    column: E::Column,
    parents: &[P],
    parent_of: fn(&E::Model) -> P,
    window: &Window<E::Model>,
) -> Result<HashMap<P, Slice<E::Model>>> {
    let ids: Vec<Uuid> = parents.iter().map(|parent| (*parent).into()).collect();
    let mut shape = window.shape("pages under");
    shape.push(column.as_str());
    let around = Around { shape, before: vec![ids.clone().into()], after: window.values() };
    let statement = ask.statement(around, |mut inner| {
        inner.and_where(Expr::col((table::<E>(), column)).equals("parent"));
        window.apply(&mut inner, table::<E>());
        let mut outer = Query::select();
        outer
            .expr(Expr::cust("page.*"))
            .from_function(Func::cust("unnest").arg(Expr::val(ids).cast_as("uuid[]")), "parent")
            .join_lateral(JoinType::InnerJoin, inner, "page", Expr::cust("true"));
        window.order_by(&mut outer, "page");
        outer
    });
    let rows = shape::read::<E>(db, statement).await?.into_iter().map(Arc::new).collect();
    let groups = super::by_parent(parents, rows, |row: &Arc<E::Model>| parent_of(row));
    Ok(groups.into_iter().map(|(parent, rows)| (parent, window.slice(rows))).collect())
}
