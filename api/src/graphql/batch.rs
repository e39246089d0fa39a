//! The plumbing of loaders whose keys carry arguments: one implementation by macro instead of one retyped per edge.

/// The parents of each distinct set of arguments. There are as many of those as there are aliases of one field at most,
/// and nearly always there is one.
pub fn groups<K, A: PartialEq, P>(keys: &[K], parts: impl Fn(&K) -> (&A, P)) -> Vec<(&A, Vec<P>)> {
    let mut groups: Vec<(&A, Vec<P>)> = Vec::new();
    for key in keys {
        let (args, parent) = parts(key);
        match groups.iter_mut().find(|(other, _)| *other == args) {
            Some((_, parents)) => parents.push(parent),
            None => groups.push((args, vec![parent])),
        }
    }
    groups
}

/// Teaches the request's loader a page or a count under parents. `load` gets the request's [`Loads`], the parents and the
/// arguments, and answers with a map by parent; it runs once for each distinct set of arguments in a batch.
///
/// [`Loads`]: super::context::Loads
macro_rules! loads_under {
    ($key:ident<$parent:ty, $args:ty> => $value:ty, $load:expr) => {
        impl async_graphql::dataloader::Loader<$crate::graphql::context::$key<$parent, $args>>
            for $crate::graphql::context::Loads
        {
            type Value = $value;
            type Error = $crate::error::Error;

            async fn load(
                &self,
                keys: &[$crate::graphql::context::$key<$parent, $args>],
            ) -> $crate::error::Result<std::collections::HashMap<$crate::graphql::context::$key<$parent, $args>, $value>>
            {
                self.db.batch(concat!(stringify!($parent), " / ", stringify!($args)), keys.len());
                let mut found = std::collections::HashMap::with_capacity(keys.len());
                for (args, parents) in $crate::graphql::batch::groups(keys, |key| (&key.args, key.parent)) {
                    let loaded = $load(self, &parents, args).await?;
                    found.extend(loaded.into_iter().map(|(parent, value)| {
                        ($crate::graphql::context::$key { parent, args: args.clone() }, value)
                    }));
                }
                Ok(found)
            }
        }
    };
}

/// Teaches the request's loader rows by their ids.
macro_rules! loads_by_id {
    ($id:ty => $model:ty, $by_ids:path) => {
        impl async_graphql::dataloader::Loader<$id> for $crate::graphql::context::Loads {
            type Value = std::sync::Arc<$model>;
            type Error = $crate::error::Error;

            async fn load(
                &self,
                ids: &[$id],
            ) -> $crate::error::Result<std::collections::HashMap<$id, std::sync::Arc<$model>>> {
                self.db.batch(stringify!($id), ids.len());
                $by_ids(&self.db, &self.viewer()?, ids).await
            }
        }
    };
}

pub(crate) use {loads_by_id, loads_under};
