//! What the new tables take over from the old ones beside their columns: whose they are, who may use them, how they are stored, and
//! their indexes with their names. `create table ... like` copies none of that.
//!
//! Names of tables, roles and columns cannot be bound: PostgreSQL itself writes the statements, from its catalogue.

use crate::Projection;
use sqlx::PgConnection;

/// The schema for the new tables. It belongs to the owner of the old ones: who rebuilds may be another one, such as an administrator
/// of PostgreSQL on the command line, and what that one leaves is taken up by the service.
pub(super) async fn make_schema(
    connection: &mut PgConnection,
    schema: &str,
    projection: Projection,
) -> Result<(), sqlx::Error> {
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("public.{table}")).collect();
    let statements = sqlx::query_scalar!(
        r#"select format('create schema %I authorization %I', $1::text, pg_get_userbyid(relowner)) as "statement!"
             from pg_class where oid = to_regclass(($2::text[])[1])"#,
        schema,
        &tables,
    )
    .fetch_all(&mut *connection)
    .await?;
    execute(connection, statements).await
}

/// Gives the new table the owner, the storage parameters and the grants of the old one, as far as it has others.
pub(super) async fn hand_down(connection: &mut PgConnection, schema: &str, table: &str) -> Result<(), sqlx::Error> {
    let kept = sqlx::query_scalar!(
        r#"with old as (select * from pg_class where oid = to_regclass('public.' || $2)),
                new as (select * from pg_class where oid = to_regclass($1 || '.' || $2))
           select format('alter table %I.%I owner to %I', $1::text, $2::text, pg_get_userbyid(old.relowner)) as "statement!"
             from old, new where old.relowner <> new.relowner
           union all
           select format('alter table %I.%I set (%s)', $1, $2, array_to_string(old.reloptions, ', '))
             from old, new where old.reloptions is distinct from new.reloptions and old.reloptions is not null"#,
        schema,
        table,
    )
    .fetch_all(&mut *connection)
    .await?;
    execute(connection, kept).await?;
    // From nothing, as whoever makes tables may have given rights to them by default. Rights that were never changed are none.
    let granted = sqlx::query_scalar!(
        r#"with old as (select * from pg_class where oid = to_regclass('public.' || $2)),
                new as (select * from pg_class where oid = to_regclass($1 || '.' || $2)),
                given as (
                    select false as old, a.grantee, a.privilege_type, a.is_grantable
                      from old, new, aclexplode(coalesce(new.relacl, acldefault('r', new.relowner))) a
                     where old.relacl is distinct from new.relacl
                    union all
                    select true, a.grantee, a.privilege_type, a.is_grantable
                      from old, new, aclexplode(coalesce(old.relacl, acldefault('r', old.relowner))) a
                     where old.relacl is distinct from new.relacl
                ),
                named as (
                    select given.*, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as name,
                           case when is_grantable then ' with grant option' else '' end as option
                      from given
                )
           select statement as "statement!" from (
               select distinct 1 as step, format('revoke all on %I.%I from %s', $1::text, $2::text, name) as statement
                 from named where not old
               union all
               select 2, format('grant %s on %I.%I to %s%s', privilege_type, $1, $2, name, option) from named where old
               union all
               select 3, format('grant %s (%I) on %I.%I to %s%s', a.privilege_type, c.attname, $1, $2,
                                case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
                                case when a.is_grantable then ' with grant option' else '' end)
                 from old join pg_attribute c on c.attrelid = old.oid and not c.attisdropped, aclexplode(c.attacl) a
           ) as statements order by step"#,
        schema,
        table,
    )
    .fetch_all(&mut *connection)
    .await?;
    execute(connection, granted).await
}

/// Makes what the table lacks of the live one's indexes: the unique ones only, which are its constraints, or all.
pub(super) async fn make_indexes(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
    unique: bool,
) -> Result<(), sqlx::Error> {
    let missing = sqlx::query_scalar!(
        r#"with index as (
               select i.indrelid, c.relname as name, i.indisunique, pg_get_constraintdef(k.oid) as key,
                      split_part(pg_get_indexdef(i.indexrelid), ' ON ', 1) as make,
                      substring(pg_get_indexdef(i.indexrelid) from ' USING .*') as over
                 from pg_index i join pg_class c on c.oid = i.indexrelid
                 left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
                where i.indisvalid and i.indrelid in (to_regclass('public.' || $1), to_regclass($2 || '.' || $1))
           )
           select case when key is null then format('%s ON %I.%I%s', make, $2::text, $1::text, over)
                       else format('alter table %I.%I add constraint %I %s', $2, $1, name, key) end as "statement!"
             from index
            where indrelid = to_regclass('public.' || $1) and (indisunique or not $3)
              and name not in (select name from index where indrelid = to_regclass($2 || '.' || $1))"#,
        table,
        schema,
        unique,
    )
    .fetch_all(&mut *connection)
    .await?;
    execute(connection, missing).await
}

/// What in the database depends on the tables, such as a view, and would be lost with the old ones. PostgreSQL does not let them go
/// then.
pub(super) async fn dependent(
    connection: &mut PgConnection,
    projection: Projection,
) -> Result<Option<String>, sqlx::Error> {
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("public.{table}")).collect();
    // What also belongs to the table itself, such as a check of its columns, goes with it.
    let dependent = sqlx::query_scalar!(
        r#"select coalesce(pg_describe_object('pg_class'::regclass, r.ev_class, 0),
                           pg_describe_object(d.classid, d.objid, d.objsubid)) as "what!"
             from unnest($1::text[]) as t (name)
             join pg_class c on c.oid = to_regclass(t.name)
             join pg_type y on y.oid = c.reltype
             join pg_depend d on d.deptype = 'n'
                             and (d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
                                  or d.refclassid = 'pg_type'::regclass and d.refobjid in (y.oid, y.typarray))
             left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
            where not exists (select from pg_depend own
                               where own.classid = d.classid and own.objid = d.objid and own.deptype in ('a', 'i')
                                 and own.refclassid = 'pg_class'::regclass and own.refobjid = c.oid)
            order by 1 limit 1"#,
        &tables,
    );
    dependent.fetch_optional(connection).await
}

async fn execute(connection: &mut PgConnection, statements: Vec<String>) -> Result<(), sqlx::Error> {
    for statement in statements {
        sqlx::query(&statement).execute(&mut *connection).await?;
    }
    Ok(())
}
