//! New rows.

use entity::row::{self, Row};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable,
    QueryTrait,
};

use super::{prepare, table};

/// Adds a row, and answers with it as the database has it then. What is not set the database gives.
pub async fn insert<E>(db: &impl ConnectionTrait, row: E::ActiveModel) -> Result<E::Model, DbErr>
where
    E: EntityTrait<Model: Row>,
    E::ActiveModel: Send,
{
    let (mut shape, mut values) = (vec!["insert into", table::<E>()], Vec::new());
    for column in E::Column::iter() {
        if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.get(column) {
            shape.push(column.as_str());
            values.push(value);
        }
    }
    let statement = prepare(&shape, values, || {
        let whole = E::Column::iter().map(|column| column.select_as(column.into_returning_expr(DbBackend::Postgres)));
        E::insert(row).into_query().returning(Query::returning().exprs(whole)).to_owned()
    });
    let rows = db.query_all_raw(statement).await?;
    row::read::<E::Model>(&rows)?.pop().ok_or(DbErr::RecordNotInserted)
}
