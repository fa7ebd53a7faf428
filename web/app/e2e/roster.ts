/** The demo's roster as it lies on the disk: read to find people whom the entrance does not offer, and changed to name them otherwise. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Row = Readonly<Record<string, string>>;

/** A record with quotes around fields where they are needed (RFC 4180). */
const written = (fields: readonly string[]) =>
  fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');

function records(text: string): string[][] {
  const all: string[][] = [];
  let fields: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    if (fields.length > 1) all.push(fields);
    fields = [];
  }
  return all;
}

const pathOf = (data: string, file: string) => join(data, 'roster', `${file}.csv`);

/** The rows of one of its files, by the names of its columns. */
export function rowsOf(data: string, file: string): Row[] {
  const [header = [], ...rows] = records(readFileSync(pathOf(data, file), 'utf8'));
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}

/** Changes the rows of one of its files. */
export function changeRows(data: string, file: string, change: (row: Row) => Row): void {
  const rows = rowsOf(data, file);
  const header = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => written(header.map((name) => change(row)[name] ?? '')));
  writeFileSync(pathOf(data, file), [written(header), ...lines, ''].join('\n'));
}
