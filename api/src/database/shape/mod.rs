//! Statements whose text is made once.
//!
//! The text of a read depends on very little: which rule makes rows visible, which filters are there, in which order.
//! So a read is put together from [`Rule`]s: each has a name, the values that it sends, and how sea-query writes it. The
//! names in their order are the statement's *shape*. sea-query writes the text when a shape comes for the first time;
//! from then on the names find it, and only the values are collected.
//!
//! What a rule writes may depend on nothing but its name, the table, and the rules before it. Builds with debug
//! assertions, and so all tests, write each statement anew and compare text and values with what would be sent.

mod beside;
mod insert;
mod rule;
mod texts;

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use entity::row::{self, Row};
use sea_orm::sea_query::{Expr, LockType, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryResult, QuerySelect,
    QueryTrait, Select, Statement, Value,
};
use uuid::Uuid;

use crate::error::Result;

pub(super) use beside::read as read_pairs;
pub use beside::{Beside, Pair};
pub use insert::insert;
pub use rule::{Rule, among, at_least, below, equal};
pub(super) use texts::prepare;

/// How rows are held until the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// Others may hold it so, too, but nobody changes it.
    AsItIs,
    /// To change it; what refers to it may still be written.
    ForChange,
    Alone,
}

impl Lock {
    fn written(self) -> (&'static str, LockType) {
        match self {
            Self::AsItIs => ("as it is", LockType::Share),
            Self::ForChange => ("for change", LockType::NoKeyUpdate),
            Self::Alone => ("alone", LockType::Update),
        }
    }
}

/// A read of the rows of one table.
pub struct Ask<'a, E> {
    rule: Rule<'a>,
    lock: Option<Lock>,
    entity: PhantomData<fn() -> E>,
}

impl<'a, E: EntityTrait<Model: Row>> Ask<'a, E> {
    /// The rows that `rule` allows: the one of the noun's policy.
    pub fn of(rule: Rule<'a>) -> Self {
        Self { rule, lock: None, entity: PhantomData }
    }

    pub fn filter(mut self, rule: impl Into<Option<Rule<'a>>>) -> Self {
        if let Some(rule) = rule.into() {
            self.rule = self.rule.and(rule);
        }
        self
    }

    /// Holds the rows until the end of the transaction.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = Some(lock);
        self
    }

    pub async fn all(self, db: &impl ConnectionTrait) -> Result<Vec<E::Model>> {
        let statement = self.statement(Around::as_is("rows"), |select| select);
        read::<E>(db, statement).await
    }

    /// The row, where at most one fits.
    pub async fn one(self, db: &impl ConnectionTrait) -> Result<Option<E::Model>> {
        Ok(self.all(db).await?.pop())
    }

    /// The rows under the keys that `key` reads from them.
    pub async fn by_key<K: Eq + Hash>(
        self,
        db: &impl ConnectionTrait,
        key: fn(&E::Model) -> K,
    ) -> Result<HashMap<K, Arc<E::Model>>> {
        Ok(self.all(db).await?.into_iter().map(|row| (key(&row), Arc::new(row))).collect())
    }

    pub async fn count(self, db: &impl ConnectionTrait) -> Result<i64> {
        let statement = self.statement(Around::as_is("count"), |mut select| {
            select.clear_selects().expr(Expr::cust("count(*)"));
            select
        });
        first_number(db, statement).await
    }

    /// What `figures` says of each row, in their order; `name` stands for them in the statement's shape.
    pub async fn figures<const N: usize>(
        self,
        db: &impl ConnectionTrait,
        name: &'static str,
        figures: [Expr; N],
    ) -> Result<Vec<QueryResult>> {
        let statement = self.statement(Around::as_is(name), |mut select| {
            select.clear_selects().exprs(figures);
            select
        });
        Ok(db.query_all_raw(statement).await?)
    }

    /// How many rows some reads have that have none in common.
    pub async fn count_of_parts<const N: usize>(parts: [Self; N], db: &impl ConnectionTrait) -> Result<i64> {
        let parts = Self::side_by_side(parts, &[]);
        let shape = [parts.shape, vec!["count of parts"]].concat();
        let statement = prepare(&shape, parts.values, || {
            let all = union(parts.writes, |part| {
                part.clear_selects().expr(Expr::cust("1"));
            });
            Query::select().expr(Expr::cust("count(*)")).from_subquery(all, "part").take()
        });
        first_number(db, statement).await
    }

    /// Reads that become one, each followed by the same values.
    pub(super) fn side_by_side<const N: usize>(parts: [Self; N], each: &[Value]) -> SideBySide<'a> {
        let (mut shape, mut values, mut writes) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts.map(Self::into_parts) {
            shape.extend(part.shape);
            shape.push("and");
            values.extend(part.values);
            values.extend_from_slice(each);
            writes.push(part.write);
        }
        SideBySide { shape, values, writes }
    }

    /// How many rows there are for each value of `column`; values without rows are not in the answer.
    pub async fn count_by<P: Eq + Hash + From<Uuid>>(
        self,
        db: &impl ConnectionTrait,
        column: E::Column,
    ) -> Result<HashMap<P, i64>> {
        let around = Around { shape: vec!["count by", column.as_str()], ..Around::as_is("") };
        let statement = self.statement(around, |mut select| {
            let column = column.as_column_ref();
            select.clear_selects().expr(Expr::col(column.clone())).expr(Expr::cust("count(*)"));
            select.group_by_col(column);
            select
        });
        let mut counts = HashMap::new();
        for row in db.query_all_raw(statement).await? {
            counts.insert(row.try_get_by_index::<Uuid>(0)?.into(), row.try_get_by_index(1)?);
        }
        Ok(counts)
    }

    /// The statement for this read inside of what `finish` puts around it.
    pub(super) fn statement(
        self,
        around: Around,
        finish: impl FnOnce(SelectStatement) -> SelectStatement,
    ) -> Statement {
        let Parts { mut shape, values, write } = self.into_parts();
        shape.extend(around.shape);
        let values = around.before.into_iter().chain(values).chain(around.after).collect();
        prepare(&shape, values, || finish(write()))
    }

    pub(super) fn into_parts(self) -> Parts<'a> {
        let Self { rule: Rule { mut shape, values, write }, lock, .. } = self;
        shape.insert(0, table::<E>());
        shape.extend(lock.map(|lock| lock.written().0));
        let write = Box::new(move || {
            let conditions = write.into_iter().fold(Condition::all(), |all, write| all.add(write()));
            let mut select: Select<E> = E::find().filter(conditions);
            if let Some(lock) = lock {
                select = select.lock(lock.written().1);
            }
            select.into_query()
        });
        Parts { shape, values, write }
    }
}

/// A read without its table: what its text is called, what it sends, and how it is written.
pub(super) struct Parts<'a> {
    pub shape: Vec<&'static str>,
    pub values: Vec<Value>,
    pub write: Box<dyn FnOnce() -> SelectStatement + Send + 'a>,
}

/// Several of them.
pub(super) struct SideBySide<'a> {
    pub shape: Vec<&'static str>,
    pub values: Vec<Value>,
    pub writes: Vec<Box<dyn FnOnce() -> SelectStatement + Send + 'a>>,
}

/// All of them as one select, each finished in the same way.
pub(super) fn union(
    writes: Vec<Box<dyn FnOnce() -> SelectStatement + Send + '_>>,
    finish: impl Fn(&mut SelectStatement),
) -> SelectStatement {
    let parts = writes.into_iter().map(|write| {
        let mut part = write();
        finish(&mut part);
        part
    });
    let together = parts.reduce(|mut all, part| all.union(UnionType::All, part).take());
    together.unwrap_or_default()
}

/// What stands around a read: the names of it, and the values that come before and after those of the rules.
pub(super) struct Around {
    pub shape: Vec<&'static str>,
    pub before: Vec<Value>,
    pub after: Vec<Value>,
}

impl Around {
    fn as_is(name: &'static str) -> Self {
        Self { shape: vec![name], before: Vec::new(), after: Vec::new() }
    }
}

/// The rows of a statement that selects what `E` selects.
pub(super) async fn read<E: EntityTrait<Model: Row>>(
    db: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Vec<E::Model>> {
    Ok(row::read(&db.query_all_raw(statement).await?)?)
}

async fn first_number(db: &impl ConnectionTrait, statement: Statement) -> Result<i64> {
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.first().map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}

pub(super) fn table<E: EntityTrait>() -> &'static str {
    // Entities are unit structs made by a derive; the name is a literal of theirs.
    sea_orm::EntityName::table_name(&E::default())
}
