//! Rows that come with another one: the row to which a column of theirs points, of another table and under its own rule, in
//! the same statement. One statement less costs much less than the join.

use std::sync::Arc;

use entity::row::{self, Row};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, SelectStatement};
use sea_orm::{ConnectionTrait, EntityTrait, IdenStatic, Statement, Value};

use super::{Around, Ask, Parts, table};
use crate::error::Result;

/// A row, and the one beside it; nothing if it points to none that the rule allows.
pub type Pair<E, F> = (Arc<<E as EntityTrait>::Model>, Option<Arc<<F as EntityTrait>::Model>>);

/// The rows that come along.
pub struct Beside<'a, E: EntityTrait, F: EntityTrait> {
    ask: Ask<'a, F>,
    /// What they are found by.
    id: F::Column,
    /// What points to them.
    column: E::Column,
}

impl<'a, E: EntityTrait<Model: Row>, F: EntityTrait<Model: Row>> Beside<'a, E, F> {
    /// The rows of `ask` whose `id` is in `column` of the others.
    pub fn new(column: E::Column, ask: Ask<'a, F>, id: F::Column) -> Self {
        Self { ask, id, column }
    }

    /// The name of it, its values, and how it is put into a select over the others.
    pub(in crate::database) fn into_parts(
        self,
    ) -> (Vec<&'static str>, Vec<Value>, impl FnOnce(&mut SelectStatement) + 'a)
    where
        E: 'a,
        F: 'a,
    {
        let Self { ask, id, column } = self;
        let Parts { mut shape, values, write } = ask.into_parts();
        shape.splice(0..0, ["beside", column.as_str()]);
        let join = move |select: &mut SelectStatement| {
            let mut inner = write();
            inner.and_where(Expr::col((Alias::new(table::<F>()), id)).equals((Alias::new(table::<E>()), column)));
            select.join_lateral(JoinType::LeftJoin, inner, "beside", Expr::cust("true"));
            select.expr(Expr::cust("beside.*"));
        };
        (shape, values, join)
    }
}

impl<'a, E: EntityTrait<Model: Row>> Ask<'a, E> {
    /// The rows, each with the one beside it.
    pub async fn all_beside<F: EntityTrait<Model: Row>>(
        self,
        db: &impl ConnectionTrait,
        beside: Beside<'a, E, F>,
    ) -> Result<Vec<Pair<E, F>>> {
        let (shape, before, join) = beside.into_parts();
        let around = Around { shape, before, after: Vec::new() };
        let statement = self.statement(around, |mut select| {
            join(&mut select);
            select
        });
        read::<E, F>(db, statement).await
    }
}

/// The pairs of a statement that selects what `E` selects and then what is beside it.
pub(in crate::database) async fn read<E: EntityTrait<Model: Row>, F: EntityTrait<Model: Row>>(
    db: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Vec<Pair<E, F>>> {
    let pairs = row::read_pairs::<E::Model, F::Model>(&db.query_all_raw(statement).await?)?;
    Ok(pairs.into_iter().map(|(row, other)| (Arc::new(row), other.map(Arc::new))).collect())
}
