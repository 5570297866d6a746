import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteAsyncDialect, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it } from 'vitest';
import * as rawTables from '../../src/db/raw-tables.ts';
import * as schema from '../../src/db/schema.ts';
import { columnsOf, referencesOf, rowsOf, tableNames } from '../support/tables.ts';

const configs = Object.values({ ...schema, ...rawTables })
  .filter((each) => is(each, SQLiteTable))
  .map((table) => getTableConfig(table));
type Config = (typeof configs)[number];

const dialect = new SQLiteAsyncDialect();
const sorted = <T extends { name: string }>(all: T[]): T[] => all.sort((a, b) => (a.name < b.name ? -1 : 1));

type Index = { name: string; unique: boolean; columns: string[]; where: string | null };

async function migratedIndexes(table: string): Promise<Index[]> {
  const list = await rowsOf<{ name: string; unique: number; origin: string }>(
    `pragma index_list("${table}")`,
  );
  const made = list.filter(({ origin }) => origin === 'c');
  const indexes = made.map(async ({ name, unique }): Promise<Index> => {
    const columns = await rowsOf<{ name: string }>(`pragma index_info("${name}")`);
    const [source] = await rowsOf<{ sql: string }>(`select sql from sqlite_master where name = '${name}'`);
    const where = /\swhere\s(.*)$/is.exec(source?.sql ?? '')?.[1] ?? null;
    return { name, unique: unique === 1, columns: columns.map((column) => column.name), where };
  });
  return sorted(await Promise.all(indexes));
}

function definedIndexes({ indexes, columns, name: table }: Config): Index[] {
  const named = indexes.map(({ config }) => ({
    name: config.name,
    unique: config.unique,
    columns: config.columns.map((column) => ('name' in column ? column.name : '')),
    where: config.where === undefined ? null : dialect.sqlToQuery(config.where).sql,
  }));
  const unique = columns
    .filter((column) => column.isUnique)
    .map(({ name, uniqueName }) => ({
      name: uniqueName ?? `${table}_${name}_unique`,
      unique: true,
      columns: [name],
      where: null,
    }));
  return sorted([...named, ...unique]);
}

it('defines the tables that the migrations make, and no others', async () => {
  expect(configs.map(({ name }) => name).sort()).toEqual(await tableNames());
});

describe.each(configs.map((config) => [config.name, config] as const))(
  '%s, as the migrations make it',
  (name, config) => {
    it('has the columns that the schema defines', async () => {
      const composite = config.primaryKeys.flatMap(({ columns }) => columns.map((column) => column.name));
      const defined = config.columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        notnull: column.notNull ? 1 : 0,
        pk: column.primary ? 1 : composite.indexOf(column.name) + 1,
      }));
      const migrated = (await columnsOf(name)).map(({ name: column, type, notnull, pk }) => ({
        name: column,
        type: type.toLowerCase(),
        notnull,
        pk,
      }));
      expect(migrated).toEqual(defined);
    });

    it('has the indexes that the schema defines', async () => {
      expect(await migratedIndexes(name)).toEqual(definedIndexes(config));
    });

    it('has the references that the schema defines', async () => {
      const defined = config.foreignKeys.map((key) => {
        const { columns, foreignTable, foreignColumns } = key.reference();
        return {
          name: columns.map((column) => column.name).join(),
          table: getTableConfig(foreignTable).name,
          to: foreignColumns.map((column) => column.name).join(),
          onDelete: key.onDelete ?? 'no action',
        };
      });
      const migrated = (await referencesOf(name)).map(({ from, table, to, on_delete: onDelete }) => ({
        name: from,
        table,
        to,
        onDelete: onDelete.toLowerCase(),
      }));
      expect(sorted(migrated)).toEqual(sorted(defined));
    });

    it('is searched by an index, which no plan shows, when what it refers to is deleted', async () => {
      for (const { from } of await referencesOf(name)) {
        const plan = await rowsOf<{ detail: string }>(
          `explain query plan select 1 from "${name}" where "${from}" = 1`,
        );
        expect(plan.map(({ detail }) => detail)).toEqual([expect.stringMatching(/^SEARCH .* USING .*INDEX/)]);
      }
    });

    it('gives no id twice where the schema says so', async () => {
      const [source] = await rowsOf<{ sql: string }>(`select sql from sqlite_master where name = '${name}'`);
      const isCounted = config.columns.some(
        (column) => 'autoIncrement' in column && column.autoIncrement === true,
      );
      expect(/\bAUTOINCREMENT\b/i.test(source?.sql ?? '')).toBe(isCounted);
    });
  },
);
