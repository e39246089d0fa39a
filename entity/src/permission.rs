//! `permissions`: the rows behind the service's closed set; `name` is `resource:action`.

use sea_orm::entity::prelude::*;

use crate::id::PermissionId;
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "permissions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PermissionId,
        pub name: String,
        pub resource: String,
        pub action: String,
        pub description: String,
        pub created_at: DateTimeUtc,
    }
}

impl ActiveModelBehavior for ActiveModel {}
