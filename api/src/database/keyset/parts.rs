//! Pages of reads that have no row in common.

use std::sync::Arc;

use entity::row::Row;
use sea_orm::sea_query::{Asterisk, Query, SelectStatement};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait, Value};

use super::{Slice, Window};
use crate::database::shape::{self, Ask, Beside, table};
use crate::error::Result;

/// The first rows of several reads, merged.
struct Parts<'a> {
    shape: Vec<&'static str>,
    values: Vec<Value>,
    write: Box<dyn FnOnce() -> SelectStatement + Send + 'a>,
}

impl<'a> Parts<'a> {
    fn new<E: EntityTrait<Model: Row>, const N: usize>(parts: [Ask<'a, E>; N], window: &'a Window<E::Model>) -> Self {
        let parts = Ask::side_by_side(parts, &window.values());
        let writes = parts.writes;
        let write = Box::new(move || {
            let all = shape::union(writes, |part| {
                window.apply(part, table::<E>());
                *part = Query::select().column(Asterisk).from_subquery(part.take(), "part").take();
            });
            let mut select = E::find().into_query();
            select.from_clear().from_subquery(all, table::<E>());
            window.order_by(&mut select, table::<E>());
            select.limit(window.limit + 1);
            select
        });
        Self {
            shape: [parts.shape, window.shape("page of parts")].concat(),
            values: [parts.values, vec![Value::from(window.limit + 1)]].concat(),
            write,
        }
    }
}

/// One page of reads that have no row in common: the first rows of each, merged. Each is limited on its own, so that an
/// index in the list's order answers it without reading the rest.
pub async fn page_of_parts<E: EntityTrait<Model: Row>, const N: usize>(
    db: &impl ConnectionTrait,
    parts: [Ask<'_, E>; N],
    window: &Window<E::Model>,
) -> Result<Slice<E::Model>> {
    let Parts { shape, values, write } = Parts::new(parts, window);
    let statement = shape::prepare(&shape, values, write);
    Ok(window.slice(shape::read::<E>(db, statement).await?.into_iter().map(Arc::new).collect()))
}

/// The same, each row with the one beside it.
pub async fn page_of_parts_beside<E: EntityTrait<Model: Row>, F: EntityTrait<Model: Row>, const N: usize>(
    db: &impl ConnectionTrait,
    parts: [Ask<'_, E>; N],
    beside: Beside<'_, E, F>,
    window: &Window<E::Model>,
) -> Result<(Slice<E::Model>, Vec<Option<Arc<F::Model>>>)> {
    let parts = Parts::new(parts, window);
    let (named, sent, join) = beside.into_parts();
    let (shape, values) = ([parts.shape, named].concat(), [parts.values, sent].concat());
    let write = parts.write;
    let statement = shape::prepare(&shape, values, || {
        let mut select = E::find().into_query();
        select.from_clear().from_subquery(write(), table::<E>());
        join(&mut select);
        window.order_by(&mut select, table::<E>());
        select
    });
    let (rows, mut others): (Vec<_>, Vec<_>) = shape::read_pairs::<E, F>(db, statement).await?.into_iter().unzip();
    others.truncate(usize::try_from(window.limit).unwrap_or(usize::MAX));
    if window.backwards {
        others.reverse();
    }
    Ok((window.slice(rows), others))
}
